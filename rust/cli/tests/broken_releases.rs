//! Releases that are broken in every way, and what clients see of them: nothing but the answers
//! that the one worker on trial gives.

use std::time::Instant;

use askr_testkit::{Answer, Flaw, Load, Releases, ServerBuilder};

#[test]
fn a_broken_release_is_not_rolled_out() {
    for flaw in Flaw::ALL {
        is_not_rolled_out(flaw, |server| server);
    }
}

#[test]
fn a_broken_release_is_not_rolled_out_where_workers_share_a_booted_application() {
    for flaw in Flaw::ALL {
        is_not_rolled_out(flaw, ServerBuilder::cow);
    }
}

#[test]
fn a_broken_release_is_not_rolled_out_where_each_request_has_a_process_of_its_own() {
    for flaw in Flaw::ALL {
        is_not_rolled_out(flaw, |server| server.isolation("fork"));
    }
}

#[track_caller]
fn is_not_rolled_out(flaw: Flaw, mode: impl FnOnce(ServerBuilder) -> ServerBuilder) {
    let releases = Releases::new(&["one"]);
    let server = releases.server().workers(2).canary_window("1s");
    let server = mode(server.flag("boot-timeout", "3s")).start();
    let load = Load::start(server.address(), 4, "/");
    load.wait_for(50);
    releases.add_flawed("two", flaw);
    releases.switch_to("two");

    let output = server.command(&["reload"]);
    let since = Instant::now();
    load.wait_for(50);

    assert_eq!(output.status.code(), Some(1), "{flaw:?} {output:?}");
    let answers = load.stop();
    answers.since(since).assert_all(&["one"]);
    let is_good = |answer: &&Answer| match &answer.outcome {
        Ok((200, body)) => body == "one",
        Ok((500, body)) => flaw == Flaw::FailsEveryRequest && body == "failed",
        _ => false,
    };
    let bad: Vec<&Answer> = answers.answers.iter().filter(|it| !is_good(it)).collect();
    assert!(bad.is_empty(), "{flaw:?} {bad:?}");
}
