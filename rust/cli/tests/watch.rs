//! `--watch`: code that has changed is loaded, and code that is broken is told of.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::PathBuf;

use askr_testkit::{Server, ServerBuilder};
use tempfile::TempDir;

/// Boots `config/name.php`, and reads `app/page.php` when a request needs it.
const WORKER: &str = "<?php
$name = require __DIR__.'/config/name.php';
while (askr_handle_request(function () use ($name): void {
    static $page = require __DIR__.'/app/page.php';
    echo $name, ' ', $page;
})) {
}
";

/// A small application in a folder of its own.
struct Application {
    folder: TempDir,
}

impl Application {
    fn new() -> Application {
        let folder = tempfile::tempdir().unwrap();
        let application = Application { folder };
        for folder in ["app", "config", "public", "storage/framework"] {
            fs::create_dir_all(application.path(folder)).unwrap();
        }
        application.write("worker.php", WORKER);
        application.write("config/name.php", "<?php return 'one';");
        application.write("app/page.php", "<?php return 'page';");
        application
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        fs::write(self.path(below), text).unwrap();
    }

    /// As editors do it.
    fn replace(&self, below: &str, text: &str) {
        self.write("storage/next", text);
        fs::rename(self.path("storage/next"), self.path(below)).unwrap();
    }

    fn server(&self) -> ServerBuilder {
        Server::classic()
            .root(self.path("public"))
            .flag("app-base", self.folder.path())
            .flag("worker-script", self.path("worker.php"))
            .flag("ini", "opcache.validate_timestamps=0")
            .workers(2)
    }

    fn watched(&self) -> Server {
        self.server().argument("--watch").start()
    }
}

#[test]
fn changed_code_is_loaded_with_one_line_that_names_it() {
    let application = Application::new();
    let server = application.watched();
    assert_eq!(server.get("/").text(), "one page");

    application.replace("config/name.php", "<?php return 'two';");
    server.wait_for_log("ms (config/name.php)");

    assert_eq!(server.get("/").text(), "two page");
    assert_eq!(server.log().matches("reloaded in").count(), 1);
}

#[test]
fn a_checkout_is_one_reload() {
    let application = Application::new();
    let server = application.watched();
    fs::create_dir(application.path(".git")).unwrap();
    application.write(".git/index.lock", "");
    for number in 0..50 {
        fs::create_dir_all(application.path(&format!("app/{number}"))).unwrap();
        application.write(&format!("app/{number}/x.php"), "<?php return 1;");
    }
    application.write("config/name.php", "<?php return 'two';");
    fs::remove_file(application.path(".git/index.lock")).unwrap();
    server.wait_for_log("reloaded in");
    assert_eq!(server.get("/").text(), "two page");

    application.write("app/49/x.php", "<?php return 2;");
    server.wait_for_log("ms (app/49/x.php)");
    assert_eq!(server.log().matches("reloaded in").count(), 2);
}

#[test]
fn what_the_application_writes_is_no_reason_to_reload() {
    let application = Application::new();
    let server = application.watched();
    for path in [
        "storage/framework/view.php",
        "app/database.sqlite",
        "app/.page.php.swp",
        "public/x.css",
    ] {
        application.write(path, "");
    }
    application.write("config/name.php", "<?php return 'two';");
    server.wait_for_log("ms (config/name.php)");
    assert_eq!(server.log().matches("reloaded in").count(), 1);
}

#[test]
fn a_syntax_error_is_shown_and_the_old_code_serves_until_it_is_mended() {
    let application = Application::new();
    let server = application.watched();
    assert_eq!(server.get("/").text(), "one page");

    application.write("app/other.php", "<?php\n\nreturn <<;");
    server.wait_for_log("not reloaded");

    let log = server.log();
    assert_eq!(log.matches("app/other.php on line 3").count(), 1, "{log}");
    let response = server.get("/");
    let (page, banner) = response.text().split_at("one page".len());
    assert_eq!((response.status, page), (200, "one page"));
    assert!(
        banner.contains("syntax error, unexpected token &#34;&#60;&#60;&#34;"),
        "{banner}"
    );
    assert!(banner.contains("app/other.php on line 3"), "{banner}");

    application.write("app/other.php", "<?php return 1;");
    application.write("config/name.php", "<?php return 'two';");
    server.wait_for_log("reloaded in");
    assert_eq!(server.get("/").text(), "two page");
}

#[test]
fn code_that_does_not_boot_is_shown_and_the_old_code_serves_until_it_is_mended() {
    let application = Application::new();
    let server = application.watched();
    server.wait_for_log_times("worker ready", 2);
    application.write("config/name.php", "<?php\nthrow new Exception('no name');");
    server.wait_for_log("not reloaded");

    let log = server.log();
    assert_eq!(log.matches("worker did not boot").count(), 1, "{log}");
    assert_eq!(log.matches("not reloaded").count(), 1, "{log}");
    assert!(log.contains("config/name.php:2"), "{log}");
    let response = server.get("/");
    let (page, banner) = response.text().split_at("one page".len());
    assert_eq!(page, "one page");
    assert!(banner.contains("no name"), "{banner}");
    assert!(banner.contains("config/name.php:2"), "{banner}");

    application.write("config/name.php", "<?php return 'two';");
    server.wait_for_log("reloaded in");
    assert_eq!(server.get("/").text(), "two page");
}

#[test]
fn the_message_goes_also_when_somebody_else_reloads() {
    let application = Application::new();
    let server = application.watched();
    application.write("app/other.php", "<?php return <<;");
    server.wait_for_log("not reloaded");
    assert_ne!(server.get("/").text(), "one page");

    let _ = server.command(&["reload", "--no-canary"]);

    server.eventually("the message goes", |server| {
        server.get("/").text() == "one page"
    });
}

#[test]
fn code_that_boots_for_ever_gives_way_to_the_next_change() {
    let application = Application::new();
    let server = application.watched();
    server.wait_for_log_times("worker ready", 2);
    let loops = "<?php touch(__DIR__.'/../storage/loops'); while (true) {}";
    application.write("config/name.php", loops);
    server.eventually("it boots for ever", |_| {
        application.path("storage/loops").exists()
    });
    assert_eq!(server.get("/").text(), "one page");

    application.write("config/name.php", "<?php return 'two';");
    server.wait_for_log("reloaded in");
    assert_eq!(server.get("/").text(), "two page");
}

#[test]
fn workers_that_share_a_booted_application_are_replaced_too() {
    let application = Application::new();
    let cow = WORKER.replace("while (", "askr_cow_ready();\nwhile (");
    application.write("worker.php", &cow);
    let server = application.server().cow().argument("--watch").start();
    assert_eq!(server.get("/").text(), "one page");

    application.replace("config/name.php", "<?php return 'two';");
    server.wait_for_log("ms (config/name.php)");

    assert_eq!(server.get("/").text(), "two page");
}

#[test]
fn laravel_is_reloaded_for_a_view_and_not_for_what_it_writes_itself() {
    let server = Server::laravel().workers(1).argument("--watch").start();
    // Compiles the view, and starts a session.
    assert!(server.get("/page").text().contains("<title>none</title>"));

    let application = server.application();
    application.write("resources/views/page.blade.php", "<b>{{ $title }}</b>");
    server.wait_for_log("ms (resources/views/page.blade.php)");

    let page = server.get("/page?title=%3C");
    assert_eq!(page.text(), "<b>&lt;</b>");
    application.write("routes/broken.php", "<?php\nRoute::get('/x', fn () =>);");
    server.wait_for_log("not reloaded");
    let page = server.get("/page?title=a");
    assert!(page.text().starts_with("<b>a</b>"), "{}", page.text());
    assert!(page.text().contains("routes/broken.php on line 2"));
    let length = page.body.len().to_string();
    assert_eq!(page.header("content-length"), Some(length.as_str()));
    assert_eq!(server.log().matches("reloaded in").count(), 1);
}

#[test]
fn nothing_is_reloaded_unless_it_is_asked_for() {
    let application = Application::new();
    let server = application.server().start();
    let is_event_thread = |task: &PathBuf| {
        let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
        name.starts_with("notify")
    };
    let tasks = fs::read_dir(format!("/proc/{}/task", server.main_pid().as_raw_nonzero()));
    let tasks: Vec<PathBuf> = tasks.unwrap().map(|task| task.unwrap().path()).collect();
    assert!(!tasks.iter().any(is_event_thread));
    let descriptors = server.descriptors_of(server.main_pid());
    let inotify = |target: &&PathBuf| target.to_string_lossy().contains("inotify");
    assert_eq!(descriptors.values().find(inotify), None);
}
