//! The watch for state that requests leave to one another: in a server, and as a command.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use askr_testkit::{Application, Server, ServerBuilder, eventually};
use rustix::process::{Pid, Signal, kill_process_group};

const LEAKS: &str = r"<?php

declare(strict_types=1);

namespace Fixture;

class Leaks
{
    public static array $cache = [];

    public static array $names = [];

    public static ?object $request = null;
}
";

const ROUTES: &str = r"<?php

declare(strict_types=1);

use Fixture\Leaks;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

Route::get('/grow/{id}', fn (string $id): int => array_push(Leaks::$cache, $id));
Route::get('/hold', fn (Request $request): string => (Leaks::$request = $request)->path());
Route::get('/settle', fn (): array => Leaks::$names += ['x' => 1]);
Route::get('/endless', fn () => response()->stream(function (): void {
    while (! connection_aborted()) {
        echo '.';
        flush();
    }
}));
Route::get('/end/{id}', fn (string $id) => exit((string) array_push(Leaks::$cache, $id)));
";

fn leaky() -> Application {
    let application = Application::copy();
    application.write("app/Leaks.php", LEAKS);
    application.write("routes/leaks.php", ROUTES);
    application
}

/// A server with one worker that has set its baseline.
fn watched(application: &Application, flag: &str) -> Server {
    settled(application.booted().argument(flag))
}

fn settled(server: ServerBuilder) -> Server {
    let server = server.workers(1).start();
    for _ in 0..3 {
        assert_eq!(server.get("/").status, 200);
    }
    server
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn a_leak_is_logged_with_the_route_that_did_it() {
    let application = leaky();
    let server = watched(&application, "--paranoid");
    server.wait_for_log("[askr paranoid] baseline set after 2 requests — watching ");
    assert!(server.log().contains(" app classes"));

    for path in ["/grow/1", "/grow/2", "/"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }

    server.wait_for_log(
        "[askr paranoid] request #4 — state changed after reset (possible bleed):\n  \
         ↑ Fixture\\Leaks::$cache  array:0 → array:1  (+1)\n    \
         by GET /grow/{id} (request ",
    );
    let ended = server.stop();
    assert!(
        ended
            .log
            .contains("[askr paranoid] summary: 5 requests, 1 possible bleed, 0 settled"),
        "{}",
        ended.log
    );
}

#[test]
fn a_leak_is_found_in_workers_that_were_forked_from_the_booted_application() {
    let application = leaky();
    let server = settled(application.booted().cow().argument("--paranoid"));

    for path in ["/grow/1", "/grow/2", "/"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }

    server.wait_for_log("↑ Fixture\\Leaks::$cache  array:0 → array:1  (+1)\n    by GET /grow/{id}");
    let log = server.stop().log;
    assert!(log.contains("1 possible bleed, 0 settled"), "{log}");
}

#[test]
fn forked_workers_of_an_application_that_keeps_nothing_give_silence() {
    let server = Application::copy();
    let server = settled(server.booted().cow().argument("--paranoid"));
    for path in ["/page?title=one", "/whoami", "/nowhere", "/page?title=two"] {
        assert!(server.get(path).status < 500, "{path}");
    }

    let log = server.stop().log;

    assert_eq!(log.matches("[askr paranoid]").count(), 1, "{log}");
}

#[test]
fn a_request_that_ends_by_exit_is_found_as_well() {
    let application = leaky();
    let server = watched(&application, "--paranoid");

    assert_eq!(server.get("/end/1").text(), "1");
    assert_eq!(server.get("/").status, 200);

    server.wait_for_log("by GET /end/{id}");
}

#[test]
fn an_application_that_keeps_nothing_gives_silence() {
    let application = Application::copy();
    let server = watched(&application, "--paranoid");
    for path in ["/page?title=one", "/whoami", "/nowhere", "/page?title=two"] {
        assert!(server.get(path).status < 500, "{path}");
    }

    let ended = server.stop();

    assert_eq!(
        ended.log.matches("[askr paranoid]").count(),
        1,
        "{}",
        ended.log
    );
}

#[test]
fn nothing_is_watched_unless_somebody_asks() {
    let application = leaky();
    application.write(
        ".env",
        "ASKR_PARANOID=on\nAPP_KEY=base64:YXNrci1maXh0dXJlLWtleS0zMi1ieXRlcy1sb25nISE=\n",
    );
    let server = watched(&application, "--paranoid=off");

    assert_eq!(server.get("/grow/1").status, 200);

    assert!(!server.stop().log.contains("paranoid"));
}

#[test]
fn a_share_looks_at_some_requests_only() {
    let application = leaky();
    let server = watched(&application, "--paranoid=0.1");
    for id in 0..6 {
        assert_eq!(server.get(&format!("/grow/{id}")).status, 200);
    }
    assert!(!server.log().contains("possible bleed"));

    for path in ["/", "/", "/"] {
        assert_eq!(server.get(path).status, 200);
    }

    server.wait_for_log("[askr paranoid] request #10 — state changed after reset");
    server.wait_for_log("by one of GET /, GET /grow/{id} (8 requests)");
}

const WORKER: &str = r"<?php

require getenv('COMPOSER_VENDOR_DIR').'/autoload.php';

$app = require getenv('ASKR_APP_BASE').'/bootstrap/app.php';
$kernel = $app->make(Illuminate\Contracts\Http\Kernel::class);
$kernel->bootstrap();
$inspector = Askr\Laravel\Paranoid\Inspector::fromEnvironment($app);

while (askr_handle_request(function () use ($app, $kernel, $inspector) {
    $request = Illuminate\Http\Request::capture();
    $inspector?->inspect($request);
    $response = $kernel->handle($request);
    $response->send();
    $kernel->terminate($request, $response);
})) {
}
";

#[test]
fn a_worker_script_of_ones_own_can_take_part() {
    let application = leaky();
    application.write("worker.php", WORKER);
    let server = application
        .classic()
        .variable("ASKR_APP_BASE", application.path(""))
        .flag("worker-script", application.path("worker.php"))
        .workers(1)
        .argument("--paranoid")
        .start();

    for path in ["/", "/", "/", "/grow/1", "/"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }

    server.wait_for_log("  ↑ Fixture\\Leaks::$cache  array:0 → array:1  (+1)");
}

#[test]
fn the_command_fails_when_something_bleeds() {
    let application = leaky();

    let output = application.artisan(&["askr:paranoid", "/grow/1", "/hold", "/settle"]);

    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("  ↑ Fixture\\Leaks::$cache  array:0 → array:1"),
        "{text}"
    );
    assert!(
        text.contains("Illuminate\\Http\\Request of a request that has ended"),
        "{text}"
    );
    assert!(
        text.contains("keeps changing after reset (bleed):"),
        "{text}"
    );
    assert!(text.contains("2 possible bleeds, 1 settled"), "{text}");
    assert_eq!(application.process_count(), 0);
}

#[test]
fn the_command_tells_what_has_filled_from_what_bleeds() {
    let application = leaky();

    let output = application.artisan(&["askr:paranoid", "/", "/settle", "/nowhere"]);
    let (lenient, code) = (text(&output), output.status.code());
    let strict = application.artisan(&["askr:paranoid", "/", "/settle", "--strict"]);

    assert_eq!(code, Some(0), "{lenient}");
    assert!(lenient.contains("1 that was filled once"), "{lenient}");
    assert!(lenient.contains("404 (14×)"), "{lenient}");
    assert_eq!(strict.status.code(), Some(1), "{}", text(&strict));
}

#[test]
fn an_answer_that_never_ends_is_left_and_noted() {
    let application = leaky();

    let output = application.artisan(&[
        "askr:paranoid",
        "/",
        "/endless",
        "--timeout=1",
        "--rounds=1",
    ]);

    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("no answer in time (1×)"), "{text}");
    assert_eq!(application.process_count(), 0);
}

#[test]
fn the_demo_is_clean() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../laravel/demo");
    let binary =
        std::env::var_os("ASKR_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_askr").into());

    let output = Command::new(&binary)
        .args(["php", "artisan", "--no-ansi", "askr:paranoid", "--rounds=5"])
        .env("ASKR_BINARY", &binary)
        .current_dir(demo)
        .output()
        .unwrap();

    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("Clean: no request leaves state to the next."),
        "{text}"
    );
}

#[test]
fn the_command_says_when_it_cannot_say_anything() {
    let application = Application::copy();
    let nowhere = application.artisan(&["askr:paranoid", "/nowhere", "--rounds=1"]);
    let list = application.artisan(&["askr:paranoid", "--file=nowhere.txt"]);

    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere));
    assert_eq!(list.status.code(), Some(2), "{}", text(&list));
    assert_eq!(application.process_count(), 0);
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let application = Application::copy();
    let mut command = application.artisan_command(&["askr:paranoid", "/", "--rounds=1000000"]);
    let mut trial = command
        .stdout(Stdio::piped())
        .process_group(0) // as a shell would, which interrupts them all
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(trial.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("baseline set")));
    assert!(application.process_count() > 0);

    kill_process_group(Pid::from_child(&trial), Signal::INT).unwrap();

    assert_eq!(trial.wait().unwrap().code(), Some(2));
    eventually("the server is gone", || application.process_count() == 0);
}
