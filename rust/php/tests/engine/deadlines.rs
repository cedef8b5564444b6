//! Requests whose time is over while they run.

use crate::harness::{Get, Reply, Request, classic, worker};

/// The host raises the signal whenever this line is logged.
const INTERRUPT: &str = "error_log('interrupt');";

/// A handler in a worker script, and an ordinary request after it that finds all in order.
fn handled(body: &str, request: Request) -> Reply {
    let script = format!(
        "<?php while (askr_handle_request(function () {{
            if (isset($_GET['next'])) {{ echo 'next'; return; }} {body} }})) {{}}"
    );
    let replies = worker(&script, vec![request, Get("/?next")]);
    assert_eq!(
        (replies[1].text().as_str(), replies[1].status),
        ("next", 200)
    );
    replies[0].clone()
}

fn log(reply: &Reply) -> String {
    reply.log.join("\n")
}

#[test]
fn an_endless_loop_ends_with_a_500_and_the_place_where_it_ran_in_the_log() {
    let body = format!("{INTERRUPT} for (;;) {{}}");

    for reply in [
        handled(&body, Get("/").expired()),
        classic(&format!("<?php {body}"), Get("/").expired()),
    ] {
        assert_eq!((reply.status, reply.ended), (500, true));
        let log = log(&reply);
        assert!(
            log.contains("Askr\\RequestTimeout: The request has exceeded its request_timeout: it has run for 1.5 seconds in "),
            "{log}"
        );
        assert!(
            log.contains(".php:") && log.contains("Stack trace:"),
            "{log}"
        );
    }
}

#[test]
fn the_error_can_be_caught_and_comes_once() {
    let body = format!(
        "try {{ {INTERRUPT} for (;;) {{}} }} catch (Askr\\RequestTimeout $e) {{ echo get_parent_class($e); }}
         {INTERRUPT} for ($i = 0; $i < 1000; $i++) {{ strlen('x'); }} echo ' done';"
    );

    for reply in [
        handled(&body, Get("/").expired()),
        classic(&format!("<?php {body}"), Get("/").expired()),
    ] {
        assert_eq!((reply.status, reply.text().as_str()), (200, "Error done"));
    }
}

#[test]
fn a_request_that_has_time_left_is_not_touched_by_an_interrupt() {
    let body = format!("{INTERRUPT} for ($i = 0; $i < 1000; $i++) {{ strlen('x'); }} echo 'done';");
    let reply = handled(&body, Get("/"));

    assert_eq!((reply.status, reply.text().as_str()), (200, "done"));
    assert_eq!(reply.log, ["interrupt"]);
}

#[test]
fn a_loop_in_native_code_that_calls_back_ends_too() {
    for body in [
        "usort($list, fn ($a, $b) => $a <=> $b);",
        "array_map(fn ($x) => $x, $list);",
        "array_map('strtoupper', array_map('strval', $list)); for (;;) {}",
        "preg_replace_callback('/./', fn ($m) => $m[0], str_repeat('x', 1000)); for (;;) {}",
    ] {
        let reply = handled(
            &format!("$list = range(1, 1000); {INTERRUPT} {body} echo 'not here';"),
            Get("/").expired(),
        );
        assert_eq!((reply.status, reply.text().as_str()), (500, ""), "{body}");
    }
}

#[test]
fn generators_fibers_and_finally_blocks_unwind() {
    let body = format!(
        "$log = [];
        $inner = function () use (&$log) {{ try {{ {INTERRUPT} for (;;) {{ yield 1; }} }} finally {{ $log[] = 'generator'; }} }};
        $fiber = new Fiber(function () use ($inner, &$log) {{
            try {{ foreach ((fn () => yield from $inner())() as $x) {{}} }} finally {{ $log[] = 'fiber'; }} }});
        try {{ $fiber->start(); }} catch (Error $e) {{ $log[] = get_class($e); }}
        echo implode(' ', $log);"
    );

    assert_eq!(
        handled(&body, Get("/").expired()).text(),
        "generator fiber Askr\\RequestTimeout"
    );
}

#[test]
fn a_suspended_fiber_is_none_the_worse() {
    let body = format!(
        "$fiber = new Fiber(function () {{ Fiber::suspend(); echo 'resumed '; }}); $fiber->start();
        try {{ {INTERRUPT} for (;;) {{}} }} catch (Error) {{ $fiber->resume(); echo 'caught'; }}"
    );

    assert_eq!(handled(&body, Get("/").expired()).text(), "resumed caught");
}

#[test]
fn the_error_leaves_destructors_like_any_other() {
    let body = format!(
        "$spin = new class {{ function __destruct() {{ {INTERRUPT} for (;;) {{}} }} }};
        try {{ unset($spin); }} catch (Error $e) {{ echo get_class($e); }}"
    );
    assert_eq!(
        handled(&body, Get("/").expired()).text(),
        "Askr\\RequestTimeout"
    );

    let unwound = format!(
        "function f() {{ $spin = new class {{ function __destruct() {{ {INTERRUPT} for (;;) {{}} }} }};
            throw new LogicException('first'); }}
        try {{ f(); }} catch (Error $e) {{ echo get_class($e), ' ', get_class($e->getPrevious()); }}"
    );
    assert_eq!(
        handled(&unwound, Get("/").expired()).text(),
        "Askr\\RequestTimeout LogicException"
    );
}

#[test]
fn shutdown_functions_run_and_have_a_deadline_themselves() {
    let ran = handled(
        &format!(
            "register_shutdown_function(fn () => error_log('ran')); {INTERRUPT} for (;;) {{}}"
        ),
        Get("/").expired(),
    );
    assert!(log(&ran).ends_with("ran"), "{}", log(&ran));

    let body = format!(
        "register_shutdown_function(function () {{ {INTERRUPT} for (;;) {{}} }});
        register_shutdown_function(fn () => error_log('second')); echo 'page';"
    );
    for reply in [
        handled(&body, Get("/").expired()),
        classic(&format!("<?php {body}"), Get("/").expired()),
    ] {
        assert!(
            log(&reply).contains("Askr\\RequestTimeout"),
            "{}",
            log(&reply)
        );
        assert!(reply.ended);
    }
}

#[test]
fn a_session_that_is_never_written_has_a_deadline() {
    let body = format!(
        "$handler = new class extends SessionHandler {{
            function write($id, $data): bool {{ {INTERRUPT} for (;;) {{}} }} }};
        session_set_save_handler($handler, false); session_save_path(sys_get_temp_dir());
        session_start(); $_SESSION['a'] = 1; echo 'page';"
    );
    let reply = handled(&body, Get("/").expired());

    assert!(
        log(&reply).contains("Askr\\RequestTimeout"),
        "{}",
        log(&reply)
    );
    assert!(reply.ended);
}

#[test]
fn what_runs_after_a_fatal_error_or_an_exit_has_a_deadline() {
    let spin = format!("{INTERRUPT} for (;;) {{}}");
    for body in [
        format!(
            "register_shutdown_function(function () {{ {spin} }}); str_repeat('x', PHP_INT_MAX - 99);"
        ),
        format!("$spin = new class {{ function __destruct() {{ {spin} }} }}; exit('left');"),
        format!("register_shutdown_function(function () {{ {spin} }}); exit('left');"),
        format!("try {{ exit('left'); }} finally {{ {spin} }}"),
    ] {
        let reply = handled(&body, Get("/").expired());

        let is_run = log(&reply).contains("interrupt");
        assert!(
            !is_run || log(&reply).contains("Askr\\RequestTimeout"),
            "{body}: {}",
            log(&reply)
        );
        assert_eq!(is_run, !body.starts_with("try"), "{body}");
        assert!(reply.ended, "{body}");
    }
}

#[test]
fn destructors_of_garbage_have_a_deadline() {
    let body = format!(
        "class Slow {{ public $self; function __destruct() {{ {INTERRUPT} for (;;) {{}} }} }}
        $slow = new Slow; $slow->self = $slow; unset($slow);
        for ($i = 0; $i < 2000; $i++) {{ $a = new stdClass; $a->self = $a; }} echo 'page';"
    );
    let reply = handled(&body, Get("/").expired());

    assert_eq!((reply.text().as_str(), reply.failed), ("page", false));
    assert!(
        log(&reply).contains("Askr\\RequestTimeout"),
        "{}",
        log(&reply)
    );
}

#[test]
fn callbacks_of_the_output_have_a_deadline() {
    let body = format!("ob_start(function ($x) {{ {INTERRUPT} for (;;) {{}} }}); echo 'page';");

    for reply in [
        handled(&body, Get("/").expired()),
        classic(&format!("<?php {body}"), Get("/").expired()),
    ] {
        assert!(
            log(&reply).contains("Askr\\RequestTimeout"),
            "{}",
            log(&reply)
        );
        assert!(reply.ended);
    }
}

#[test]
fn work_after_the_reply_has_a_deadline() {
    for late in [
        "askr_defer(function () { LOOP });",
        "register_shutdown_function(function () { askr_finish_request(); LOOP });",
        "askr_finish_request(); LOOP",
    ] {
        let body = "echo 'page'; ".to_owned()
            + &late.replace("LOOP", &format!("{INTERRUPT} for (;;) {{}}"));
        let reply = handled(&body, Get("/").expired());

        assert_eq!(
            (reply.text().as_str(), reply.failed),
            ("page", false),
            "{late}"
        );
        assert!(log(&reply).contains("Askr\\RequestTimeout"), "{late}");
    }
}

#[test]
fn an_interrupt_between_two_requests_is_nobodys() {
    let body = "register_shutdown_function(fn () => error_log('late'));
        $GLOBALS['late'] = new class { function __destruct() { } }; echo 'page';";
    let reply = handled(body, Get("/").expired().interrupted_at_its_end());

    assert_eq!((reply.status, reply.text().as_str()), (200, "page"));
    assert_eq!(reply.log, ["late"]);
}

#[test]
fn more_time_can_be_asked_for_as_long_as_a_request_runs() {
    let body = "foreach ([2, 0.25, 0] as $seconds) { askr_extend_deadline($seconds); }
        foreach ([-1, NAN, INF] as $wrong) {
            try { askr_extend_deadline($wrong); } catch (ValueError $e) { echo $e->getMessage(), '|'; } }";
    let reply = handled(body, Get("/"));

    let refusal = "askr_extend_deadline(): Argument #1 ($seconds) must be a number of seconds, or 0 for no limit|";
    assert_eq!(reply.text(), refusal.repeat(3));
    assert_eq!(reply.extensions, ["2s", "250ms", "none"]);

    let boot =
        "<?php try { askr_extend_deadline(1); } catch (Error $e) { $said = $e->getMessage(); }
        while (askr_handle_request(function () use ($said) { echo $said; })) {}";
    assert_eq!(
        worker(boot, vec![Get("/")])[0].text(),
        "askr_extend_deadline() needs a request that runs"
    );
}

#[test]
fn a_request_that_was_given_more_time_is_told_again() {
    let body = format!(
        "for ($i = 0; $i < 2; $i++) {{
            try {{ {INTERRUPT} for (;;) {{}} }} catch (Error $e) {{ echo get_class($e), ' '; }}
            askr_extend_deadline(1);
        }}"
    );

    assert_eq!(
        handled(&body, Get("/").expired()).text(),
        "Askr\\RequestTimeout Askr\\RequestTimeout "
    );
}

#[test]
fn a_worker_asks_to_be_recycled() {
    let replies = worker(
        "<?php while (askr_handle_request(function () { if ($_GET) askr_recycle(); })) {}",
        vec![Get("/"), Get("/?now")],
    );

    assert_eq!((replies[0].recycles, replies[1].recycles), (false, true));
}
