//! Ends that only the engine can show: what was sent already, who left, what took too long.

use crate::harness::{Get, Reply, Request, classic, worker};

/// Both modes; in the worker with an ordinary request after it.
fn everywhere(body: &str, request: &Request) -> [Reply; 2] {
    let script = format!(
        "<?php while (askr_handle_request(function () {{
            if (isset($_GET['next'])) {{ echo 'next'; return; }} {body} }})) {{}}"
    );
    let replies = worker(&script, vec![request.clone(), Get("/?next")]);
    assert_eq!(replies[1].text(), "next");
    [
        classic(&format!("<?php {body}"), request.clone()),
        replies[0].clone(),
    ]
}

#[test]
fn a_page_whose_rest_is_lost_in_a_buffer_callback_is_cut() {
    let script = "<?php while (askr_handle_request(function () {
        echo 'half'; flush(); ob_start(fn () => throw new DomainException('lost')); echo 'rest'; })) {}";
    let replies = worker(script, vec![Get("/"), Get("/")]);

    for reply in &replies {
        assert_eq!((reply.text().as_str(), reply.failed), ("half", true));
        assert!(
            reply.log[0].contains("DomainException: lost"),
            "{:?}",
            reply.log
        );
    }
}

#[test]
fn a_client_that_left_ends_the_script_and_its_shutdown_functions_know() {
    let body = "register_shutdown_function(fn () => error_log('status '.connection_status()));
        for (;;) { echo 'x'; flush(); }";

    for reply in everywhere(body, &Get("/").leaving_after(3)) {
        assert_eq!(reply.text(), "xxx");
        assert_eq!(reply.log, ["status 1"]);
    }
}

#[test]
fn a_script_that_ignores_the_clients_leaving_goes_on_and_can_ask() {
    let body = "ignore_user_abort(true); $status = [connection_status()];
        while (! connection_aborted()) { echo 'x'; flush(); }
        $status[] = connection_status(); echo 'to nobody'; flush();
        error_log(json_encode($status));";

    for reply in everywhere(body, &Get("/").leaving_after(3)) {
        assert_eq!(reply.text(), "xxx");
        assert_eq!(reply.log, ["[0,1]"]);
    }
}

#[test]
fn a_client_that_left_is_not_missed_while_its_output_is_completed() {
    let body = "ob_implicit_flush(); ob_start(); echo 'kept back';";

    for reply in everywhere(body, &Get("/").leaving_after(1)) {
        assert_eq!((reply.text().as_str(), reply.log), ("kept back", vec![]));
    }
}

#[test]
fn a_script_that_runs_too_long_is_a_500_with_its_line_in_the_log() {
    let replies = worker(
        "<?php while (askr_handle_request(function () {
            if (isset($_GET['next'])) { echo ini_get('max_execution_time'); return; }
            set_time_limit(1); for (;;); })) {}",
        vec![Get("/"), Get("/?next")],
    );

    assert_eq!((replies[0].status, replies[0].text().as_str()), (500, ""));
    let log = replies[0].log.join("\n");
    assert!(
        log.contains("Maximum execution time of 1 second exceeded"),
        "{log}"
    );
    assert!(log.contains("on line 3"), "{log}");
    assert_eq!(replies[1].text(), "30");
}

#[test]
fn shutdown_functions_run_after_every_end_and_print_into_the_reply() {
    for end in [
        "exit;",
        "throw new LogicException;",
        "str_repeat('x', 1 << 40);",
        "",
    ] {
        let body = format!(
            "register_shutdown_function(function () {{
                echo 'first '; register_shutdown_function(fn () => print 'third');
            }}); register_shutdown_function(fn () => print 'second '); {end}"
        );
        for reply in everywhere(&body, &Get("/")) {
            assert_eq!(reply.text(), "first second third", "{end}");
        }
    }
}
