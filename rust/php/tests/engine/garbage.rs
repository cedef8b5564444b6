//! What a worker keeps in memory, and when it lets go of it.

use crate::harness::{Get, Request, worker};

const CYCLES: &str = "function cycles($count, $bytes) { for ($i = 0; $i < $count; $i++) {
        $a = new stdClass; $a->self = $a; $a->load = str_repeat('x', $bytes); } }";

/// What each request printed.
fn texts(script: &str, requests: Vec<Request>) -> Vec<String> {
    let script =
        format!("<?php {CYCLES} while (askr_handle_request(function () {{ {script} }})) {{}}");
    let replies = worker(&script, requests);
    replies
        .iter()
        .map(|reply| format!("{} {}", reply.status, reply.text()))
        .collect()
}

#[test]
fn garbage_is_collected_after_the_reply_and_not_in_the_request() {
    let roots = texts(
        "$before = gc_status()['roots']; cycles(1500, 1);
         echo $before < 1000 ? 'few' : 'many', ' ', gc_status()['roots'] > 1400 ? 'made' : 'none';",
        vec![Get("/"), Get("/"), Get("/"), Get("/")],
    );

    assert_eq!(roots, ["200 few made"; 4]);
}

#[test]
fn while_requests_wait_only_much_garbage_is_collected() {
    let runs = texts(
        "echo gc_status()['runs']; cycles(1500, 1);",
        vec![Get("/").awaited(); 6],
    );
    let runs: Vec<u32> = runs.iter().map(|text| text[4..].parse().unwrap()).collect();

    assert_eq!(runs[3], runs[0], "not after 4500 of them");
    assert_eq!(runs[5], runs[0] + 1, "but before 7500");
}

#[test]
fn a_little_garbage_with_much_memory_is_collected_too() {
    let used = texts(
        "echo memory_get_usage() < 16 << 20 ? 'little' : memory_get_usage(); cycles(50, 200000);",
        vec![Get("/").awaited(); 5],
    );

    assert_eq!(used, ["200 little"; 5]);
}

#[test]
fn a_request_that_makes_more_garbage_than_its_limit_holds_ends_well() {
    let ends = texts(
        "ini_set('memory_limit', '64M'); cycles(100000, 2000); echo 'done';",
        vec![Get("/"), Get("/")],
    );

    assert_eq!(ends, ["200 done"; 2]);
}

#[test]
fn destructors_of_garbage_may_print_and_throw() {
    let script = format!(
        "<?php {CYCLES} class Loud {{ public $self; function __destruct() {{ echo 'late'; throw new LogicException('gone'); }} }}
        while (askr_handle_request(function () {{
            $loud = new Loud; $loud->self = $loud; unset($loud); cycles(1500, 1); echo 'page'; }})) {{}}"
    );

    for reply in worker(&script, vec![Get("/"), Get("/")]) {
        assert_eq!(
            (reply.status, reply.text().as_str(), reply.failed),
            (200, "page", false)
        );
        assert!(
            reply.log.join("").contains("LogicException: gone"),
            "{:?}",
            reply.log
        );
    }
}

#[test]
fn garbage_is_left_alone_where_collecting_is_switched_off() {
    let script = format!(
        "<?php {CYCLES} gc_disable(); while (askr_handle_request(function () {{
            echo gc_status()['runs']; cycles(1500, 1); }})) {{}}"
    );
    let replies = worker(&script, vec![Get("/"), Get("/"), Get("/")]);

    assert_eq!(replies[0].text(), replies[2].text());
}

#[test]
fn memory_that_was_needed_once_is_given_back() {
    let mut requests = vec![Get("/?much")];
    requests.resize(130, Get("/"));
    let used = texts(
        "if (isset($_GET['much'])) { $all = []; for ($i = 0; $i < 300000; $i++) { $all[] = new stdClass; } }
         echo memory_get_usage(true) >> 20;",
        requests,
    );
    let mib = |text: &String| text[4..].parse::<u32>().unwrap();

    assert!(mib(&used[1]) >= mib(&used[129]) + 6, "{used:?}");
}
