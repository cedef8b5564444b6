//! Routes that are requested once, ahead of all visitors.

use std::fs;

use askr_testkit::{Application, Server};

use crate::routes;

/// Notes each boot, and says how often the page was made in this process and those before it.
const BOOT: &str = "file_put_contents(storage_path('app/boots'), '.', FILE_APPEND);
Route::get('/made', function (): string {
    $GLOBALS['made'] = ($GLOBALS['made'] ?? 0) + 1;

    return $GLOBALS['made'].' '.(session()->isStarted() ? 'session' : 'none');
});
";

fn warming(warm: &str) -> Application {
    let application = Application::copy();
    let config = format!("<?php\n\nreturn ['warm' => [{warm}]];\n");
    application.write("config/askr.php", &config);
    application.write("routes/own.php", &routes(BOOT));
    application
}

fn boots(application: &Application) -> usize {
    fs::read_to_string(application.path("storage/app/boots"))
        .unwrap()
        .len()
}

fn files(application: &Application, folder: &str) -> usize {
    let entries = fs::read_dir(application.path(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names.filter(|name| name != ".gitignore").count()
}

fn replaced(server: &Server) {
    let before = server.get("/process/pid").text().to_owned();
    let pid = rustix::process::Pid::from_raw(before.parse().unwrap()).unwrap();
    server.kill(pid);
    server.eventually("another worker serves", |server| {
        server.get("/process/pid").text() != before
    });
}

#[test]
fn copies_find_what_the_template_has_requested() {
    let application = warming("'/made', '/page'");
    let server = application.booted().cow().workers(1).start();

    assert!(files(&application, "storage/framework/views") > 0);
    assert_eq!(server.get("/made").text(), "2 session");
    replaced(&server);
    assert_eq!(server.get("/made").text(), "2 session");
    assert_eq!(boots(&application), 1);
}

#[test]
fn with_fork_isolation_every_request_finds_it() {
    let application = warming("'/made'");
    let server = application.booted().isolation("fork").start();

    for _ in 0..5 {
        assert_eq!(server.get("/made").text(), "2 session");
    }
    assert_eq!(boots(&application), 1);
}

#[test]
fn workers_that_boot_by_themselves_request_it_themselves() {
    let application = warming("'/made'");
    let server = application.booted().workers(1).start();

    assert_eq!(server.get("/made").text(), "2 session");
    replaced(&server);
    assert_eq!(server.get("/made").text(), "2 session");
    assert_eq!(boots(&application), 2);
}

#[test]
fn no_session_is_stored_and_what_fails_is_logged() {
    let application = warming("'/made', '/fail', '/nowhere', 'no.such.route'");
    let server = application.booted().cow().workers(1).start();

    assert_eq!(files(&application, "storage/framework/sessions"), 0);
    server.wait_for_log("`warm` of config/askr.php: /fail was answered 500.");
    server.wait_for_log("`warm` of config/askr.php: /nowhere was answered 404.");
    server.wait_for_log("`warm` of config/askr.php: no.such.route failed: Route [no.such.route]");
    assert_eq!(server.get("/made").status, 200);
    assert_eq!(files(&application, "storage/framework/sessions"), 1);
}

#[test]
fn a_page_that_ends_the_boot_is_named() {
    let application = warming("'/made', '/left'");
    application.write(
        "routes/own.php",
        &routes("Route::get('/left', fn () => exit);"),
    );

    let ended = application.booted().cow().fail();

    assert_eq!(ended.code, Some(70), "{}", ended.log);
    let said = "`warm` of config/askr.php: /left called exit";
    assert!(ended.log.contains(said), "{}", ended.log);
}
