//! What PHP code runs, as another process sees it.

use crate::harness::{Get, classic, worker};

/// The path of a script differs from run to run.
fn without_folders(lines: &[String]) -> Vec<String> {
    let shown = |line: &String| match line.split_once(" /") {
        Some((call, place)) => {
            let line = place.rsplit_once(':').map_or("", |(_, line)| line);
            format!("{call} :{line}")
        }
        None => line.clone(),
    };
    lines.iter().map(shown).collect()
}

#[test]
fn each_call_has_its_class_function_file_and_line() {
    let script = "<?php
namespace Shop;
class Cart {
    function total($prices) {
        return array_map(fn ($price) => self::round($price), $prices); }
    static function round($price) {
        error_log('trace');
        return $price; }
}
(new Cart)->total([1]);";
    let reply = classic(script, Get("/"));

    assert_eq!(
        without_folders(&reply.stack),
        [
            "error_log()",
            "Shop\\Cart::round() :7",
            closure(
                "Shop\\Cart::Shop\\{closure}() :5",
                "Shop\\Cart::{closure:Shop\\Cart::total():5}() :5"
            ),
            "array_map()",
            "Shop\\Cart::total() :5",
            "{main} :10",
        ]
    );
    assert!(reply.stack[1].contains(".php:7"), "{:?}", reply.stack);
}

#[test]
fn included_files_generators_and_fibers_are_on_the_stack() {
    let script = "<?php
$file = tempnam(sys_get_temp_dir(), 'stack').'.php';
file_put_contents($file, '<?php error_log(\"trace\");');
function pieces($file) { yield include $file; }
function run($file) { foreach (pieces($file) as $x) {} }
(new Fiber('run'))->start($file);
unlink($file);";
    let reply = classic(script, Get("/"));

    assert_eq!(
        without_folders(&reply.stack),
        [
            "error_log()",
            "include :1",
            "pieces() :4",
            "run() :5",
            "Fiber::start()",
            "{main} :6"
        ]
    );
}

#[test]
fn a_worker_script_and_its_handler_are_on_the_stack() {
    let script = "<?php class Handler { function __invoke() { error_log('trace'); } }
        while (askr_handle_request(new Handler)) {}";
    let reply = &worker(script, vec![Get("/")])[0];

    assert_eq!(
        without_folders(&reply.stack),
        [
            "error_log()",
            "Handler::__invoke() :1",
            "askr_handle_request()",
            "{main} :2"
        ]
    );
}

#[test]
fn an_endless_recursion_is_cut() {
    let script = "<?php function f($n) { $n ? f($n - 1) : error_log('trace'); } f(1000);";
    let reply = classic(script, Get("/"));

    assert_eq!(reply.stack.len(), 64);
    assert_eq!(without_folders(&reply.stack)[63], "f() :1");
}

#[test]
fn names_are_shown_without_what_a_log_should_not_have() {
    let script = "<?php (new class { function f() { error_log('trace'); } })->f();";

    assert_eq!(
        without_folders(&classic(script, Get("/")).stack)[1],
        "class@anonymous::f() :1"
    );
}

/// 8.4 gave closures longer names.
fn closure<'a>(before: &'a str, since: &'a str) -> &'a str {
    if askr_php::Runtime::version().as_str() < "8.4" {
        before
    } else {
        since
    }
}
