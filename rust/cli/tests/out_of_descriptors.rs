//! Main has no descriptors left: a line in the log and a pause, never the end.

use std::path::Path;

use askr_testkit::{Client, Server};

const REFUSED: &str = "connections cannot be accepted";

#[test]
fn main_without_descriptors_serves_whom_it_has_and_then_all_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php");
    let server = Server::with_script("counter.php")
        .root(root)
        .workers(1)
        .start();
    let mut early = server.client();
    assert_eq!(early.get("/first").status, 200);
    server.limit_descriptors(server.main_pid(), Some(3));

    let mut clients: Vec<Client> = (0..10).map(|_| server.client()).collect();
    server.wait_for_log(REFUSED);
    assert_eq!(early.get("/second").status, 200);
    // Another worker is forked meanwhile.
    let doomed = server.worker_pids()[0];
    server.kill(doomed);
    server.eventually("there is another worker", |server| {
        server
            .worker_pids()
            .first()
            .is_some_and(|&pid| pid != doomed)
    });
    assert_eq!(early.get("/third").status, 200);
    server.wait_for_log_times(REFUSED, 3);

    server.limit_descriptors(server.main_pid(), None);
    for client in &mut clients {
        assert_eq!(client.get("/waited").status, 200);
    }
    let log = server.log();
    assert!(
        log.contains("EMFILE: this process has too many open files"),
        "{log}"
    );
    let pauses: Vec<u64> = log
        .lines()
        .filter(|line| line.contains(REFUSED))
        .filter_map(|line| {
            line.split("pause_ms=")
                .nth(1)?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(pauses.starts_with(&[10, 20, 40]), "{pauses:?}");
    assert_eq!(server.stop().code, Some(0));
}
