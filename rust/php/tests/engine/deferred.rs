//! `askr_defer()`: work that runs when the reply is complete.

use crate::harness::{Get, Reply, classic, worker};

/// Runs the body in a worker's handler and in classic mode, and once more in the worker.
fn everywhere(body: &str) -> [Reply; 3] {
    let script = format!("<?php while (askr_handle_request(function () {{ {body} }})) {{}}");
    let replies = worker(&script, vec![Get("/"), Get("/")]);
    [
        classic(&format!("<?php {body}"), Get("/")),
        replies[0].clone(),
        replies[1].clone(),
    ]
}

#[test]
fn deferred_work_runs_in_order_after_the_reply_and_prints_nothing() {
    let body = "if (! function_exists('second')) {
            function second() { error_log('second'); ob_start(); echo 'unseen'; }
        }
        askr_defer(function () { echo 'unseen'; error_log(headers_sent() ? 'first' : 'early'); });
        askr_defer('second'); register_shutdown_function(fn () => error_log('shutdown'));
        echo 'seen'; ob_start(); echo ' whole';";

    for reply in everywhere(body) {
        assert_eq!(reply.text(), "seen whole");
        assert_eq!(reply.log, ["shutdown", "first", "second"]);
        assert_eq!(reply.log_before_end, 1);
    }
}

#[test]
fn what_one_deferred_call_throws_or_exits_with_does_not_keep_the_next_from_running() {
    let body = "echo 'seen';
        askr_defer(fn () => throw new DomainException('deferred'));
        askr_defer(function () { exit; });
        askr_defer(fn () => error_log('reached'));";

    for reply in everywhere(body) {
        assert_eq!(
            (reply.text().as_str(), reply.status, reply.failed),
            ("seen", 200, false)
        );
        assert!(
            reply.log[0].contains("DomainException: deferred"),
            "{:?}",
            reply.log
        );
        assert_eq!(reply.log[1..], ["reached"]);
    }
}

#[test]
fn deferred_work_may_defer_more_and_register_shutdown_functions() {
    let body = "askr_defer(function () {
            askr_defer(fn () => error_log('second'));
            register_shutdown_function(fn () => error_log('last'));
            error_log('first');
        });";

    for reply in everywhere(body) {
        assert_eq!(reply.log, ["first", "second", "last"]);
    }
}

#[test]
fn deferred_work_runs_after_an_exit_and_after_an_exception() {
    for end in ["exit('left');", "throw new LogicException;"] {
        for reply in everywhere(&format!("askr_defer(fn () => error_log('ran')); {end}")) {
            assert_eq!(reply.log.last().map(String::as_str), Some("ran"), "{end}");
        }
    }
}

#[test]
fn the_session_is_written_and_free_before_deferred_work_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().display();
    let body = format!(
        "session_save_path('{folder}'); session_start(); $_SESSION['a'] = 1;
        $id = session_id(); askr_defer(function () use ($id) {{
            $file = fopen('{folder}/sess_'.$id, 'r');
            error_log(flock($file, LOCK_EX | LOCK_NB) ? fgets($file) : 'locked');
        }});"
    );

    for reply in everywhere(&body) {
        assert_eq!(reply.log, ["a|i:1;"]);
    }
}
