//! Real scripts on the linked engine.

mod baseline;
mod deadlines;
mod deferred;
mod ends;
mod frankenphp;
mod garbage;
mod harness;
mod opcache;
mod stack;
mod store;

use harness::{Get, classic, worker};

#[test]
fn a_script_answers_with_status_headers_and_body() {
    let reply = classic(
        "<?php http_response_code(201); header('X-A: b'); echo 'hello ', PHP_SAPI;",
        Get("/"),
    );

    assert_eq!(reply.status, 201);
    assert!(
        reply.headers.contains(&"X-A: b".to_owned()),
        "{:?}",
        reply.headers
    );
    assert_eq!(reply.text(), "hello fpm-fcgi");
    assert!(reply.ended);
}

#[test]
fn query_cookies_and_server_variables_are_those_of_the_request() {
    let script =
        "<?php echo json_encode([$_GET, $_COOKIE, $_SERVER['REQUEST_URI'], $_SERVER['HTTP_X_A']]);";
    let reply = classic(
        script,
        Get("/a?b[c]=d").cookie("k=v%20w").variable("HTTP_X_A", "x"),
    );

    assert_eq!(
        reply.text(),
        r#"[{"b":{"c":"d"}},{"k":"v w"},"\/a?b[c]=d","x"]"#
    );
}

#[test]
fn a_form_reaches_post_and_a_raw_body_reaches_the_input_stream() {
    let form = Get("/").post("application/x-www-form-urlencoded", b"a[]=1&a[]=2");
    assert_eq!(
        classic("<?php echo json_encode($_POST);", form).text(),
        r#"{"a":["1","2"]}"#
    );

    let raw = Get("/").post("application/json", b"{\"a\":1}");
    assert_eq!(
        classic("<?php echo file_get_contents('php://input');", raw).text(),
        "{\"a\":1}"
    );
}

#[test]
fn an_uncaught_exception_is_a_500_whose_log_line_names_class_file_and_line() {
    let reply = classic("<?php throw new DomainException('broken');", Get("/"));

    assert_eq!(reply.status, 500);
    assert_eq!(reply.text(), "");
    let log = reply.log.join("\n");
    assert!(
        log.contains("DomainException: broken") && log.contains(".php:1"),
        "{log}"
    );
}

#[test]
fn a_failure_after_the_first_output_is_marked_and_before_it_is_a_500() {
    let late = classic(
        "<?php echo 'half'; throw new LogicException('late');",
        Get("/"),
    );
    assert_eq!((late.status, late.failed), (200, true));

    let early = classic(
        "<?php ob_start(); echo 'half'; throw new LogicException('early');",
        Get("/"),
    );
    assert_eq!((early.status, early.failed), (500, false));

    let script = "<?php while (askr_handle_request(function () { echo 'half'; throw new LogicException('late'); })) {}";
    assert!(worker(script, vec![Get("/")])[0].failed);
}

#[test]
fn a_worker_script_answers_each_request_with_its_own_superglobals() {
    let script = "<?php $n = 0; while (askr_handle_request(function () use (&$n) {
        echo ++$n, ' ', $_GET['q'] ?? '-', ' ', $_POST['p'] ?? '-', ' ', file_get_contents('php://input');
    })) {}";
    let form = Get("/").post("application/x-www-form-urlencoded", b"p=1");
    let replies = worker(script, vec![Get("/?q=a"), form, Get("/?q=b")]);

    let texts: Vec<_> = replies.iter().map(|reply| reply.text()).collect();
    assert_eq!(texts, ["1 a - ", "2 - 1 p=1", "3 b - "]);
}

#[test]
fn the_handler_receives_the_request_array() {
    let script = "<?php while (askr_handle_request(function (array $request) {
        ksort($request); unset($request['server']); echo json_encode($request); })) {}";
    let replies = worker(script, vec![Get("/p?q=1").header("x-a", "b").cookie("c=d")]);

    assert_eq!(
        replies[0].text(),
        r#"{"body":"","cookies":{"c":"d"},"files":[],"headers":{"x-a":"b"},"method":"GET","query":"q=1","uri":"\/p?q=1"}"#
    );
}

#[test]
fn exit_ends_the_request_and_not_the_worker() {
    let script = "<?php $n = 0; while (askr_handle_request(function () use (&$n) {
        $n++; ob_start(); echo 'n', $n; if ($n === 1) exit(3); })) {}";
    let replies = worker(script, vec![Get("/"), Get("/")]);

    assert_eq!([replies[0].text(), replies[1].text()], ["n1", "n2"]);
}

#[test]
fn an_exception_that_leaves_the_handler_is_a_500_and_the_worker_goes_on() {
    let script = "<?php $n = 0; while (askr_handle_request(function () use (&$n) {
        if (++$n === 1) throw new LogicException('once'); echo $n; })) {}";
    let replies = worker(script, vec![Get("/"), Get("/")]);

    assert_eq!(replies[0].status, 500);
    assert!(replies[0].log.join("\n").contains("LogicException: once"));
    assert_eq!(
        (replies[1].status, replies[1].text()),
        (200, "2".to_owned())
    );
}

#[test]
fn a_fatal_error_ends_the_reply_and_restarts_the_script() {
    let script = "<?php $n = 0; while (askr_handle_request(function () use (&$n) {
        $n++; if (isset($_GET['die'])) { ini_set('memory_limit', '8M'); str_repeat('x', 64 << 20); }
        echo $n; })) {}";
    let replies = worker(script, vec![Get("/"), Get("/?die=1"), Get("/")]);

    assert_eq!(replies[1].status, 500);
    assert!(replies[1].log.join("\n").contains("Allowed memory size"));
    assert_eq!(replies[2].text(), "1", "the application was booted anew");
}

#[test]
fn shutdown_functions_of_a_request_run_at_its_end_and_those_of_the_boot_at_the_workers() {
    let script = "<?php register_shutdown_function(fn () => error_log('boot'));
        while (askr_handle_request(function () {
            register_shutdown_function(function () { echo 'late'; }); echo 'early '; })) {}
        error_log('loop over');";
    let replies = worker(script, vec![Get("/"), Get("/")]);

    assert_eq!(
        [replies[0].text(), replies[1].text()],
        ["early late", "early late"]
    );
    assert!(replies[0].log.is_empty(), "{:?}", replies[0].log);
    assert_eq!(replies[1].log, ["loop over", "boot"]);
}

#[test]
fn a_finished_request_has_its_reply_while_php_goes_on() {
    let script =
        "<?php echo 'seen'; var_dump(fastcgi_finish_request()); echo 'unseen'; error_log('after');";
    let reply = classic(script, Get("/"));

    assert_eq!(reply.text(), "seen");
    assert_eq!(reply.log, ["after"]);
}

#[test]
fn opcache_is_on() {
    let script = "<?php $s = opcache_get_status(false); echo $s['opcache_enabled'] ? 'on' : 'off', ' ', $s['opcache_statistics']['num_cached_scripts'] > 0 ? 'filled' : 'empty';";
    if askr_php::Runtime::version().starts_with("8.2") {
        return; // Debian's engine, whose opcache is a package of its own.
    }
    assert_eq!(classic(script, Get("/")).text(), "on filled");
}

#[test]
fn a_client_that_left_ends_the_script_and_not_the_worker() {
    let script = "<?php $n = 0; while (askr_handle_request(function () use (&$n) {
        $n++; if ($n > 1) { echo $n; return; }
        for (;;) { echo 'x'; flush(); } })) {}";
    let replies = worker(script, vec![Get("/").leaving_after(3), Get("/")]);

    assert_eq!(replies[0].text(), "xxx");
    assert_eq!(replies[1].text(), "2");
}
