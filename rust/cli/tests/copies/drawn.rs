//! Copies of one process draw different lots.

use std::collections::BTreeSet;

use askr_testkit::{Application, Server};

use crate::{ask_both, routes, ways};

/// Has every generator drawn from while the application boots, so that copies inherit its state.
const DRAW: &str = "mt_rand();
lcg_value();
uniqid('', true);
Str::ulid();
Str::orderedUuid();
Str::random();
";

/// Asks until two processes have answered, and then some more.
fn drawn(server: &Server) -> (BTreeSet<String>, Vec<String>) {
    let (mut pids, mut drawn) = (BTreeSet::new(), Vec::new());
    server.eventually("two processes answer", |server| {
        for response in ask_both(server, "/process/drawn") {
            let (pid, rest) = response.text().split_once(",\"drawn\":").unwrap();
            pids.insert(pid.to_owned());
            drawn.push(rest.to_owned());
        }
        pids.len() >= 2 && drawn.len() >= 10
    });
    (pids, drawn)
}

#[test]
fn tokens_sessions_and_identifiers_differ_between_copies() {
    let application = Application::copy();
    application.write("routes/own.php", &routes(DRAW));
    for (way, server) in ways(&application) {
        let (pids, drawn) = drawn(&server.start());

        assert!(pids.len() >= 2, "{way}: {pids:?}");
        let values: Vec<&str> = drawn.iter().flat_map(|all| all.split(',')).collect();
        let unique: BTreeSet<&&str> = values.iter().collect();
        assert_eq!(values.len(), 10 * drawn.len(), "{way}: {drawn:?}");
        assert_eq!(unique.len(), values.len(), "{way}: {drawn:?}");
    }
}

#[test]
fn each_request_of_fork_isolation_has_a_process_of_its_own_if_it_is_to_take_one() {
    let builder = Server::laravel().isolation("fork");
    let server = builder.flag("max-requests", "1").start();

    let pids: BTreeSet<String> = (0..20)
        .map(|_| server.get("/process/pid").text().to_owned())
        .collect();

    assert_eq!(pids.len(), 20);
}
