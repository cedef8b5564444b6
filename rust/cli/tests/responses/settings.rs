//! What is cached, and what `.env` says.

use std::fs;

use askr_testkit::{Application, Response, Server};

use crate::ask::Ask;
use crate::differences::differs;
use crate::peers::Peers;
use crate::visitor::{Visitor, comparable};

/// Pages that use settings, routes with names and closures, events and views.
const PAGES: [&str; 6] = [
    "/settings/event",
    "/responses/view",
    "/responses/signed/7",
    "/responses/flash",
    "/deferred/closure",
    "/nowhere",
];

/// Each command, and the file that shows that it did something.
const CACHES: [(&str, &str); 3] = [
    ("config:cache", "bootstrap/cache/config.php"),
    ("route:cache", "bootstrap/cache/routes-v7.php"),
    ("event:cache", "bootstrap/cache/events.php"),
];

#[test]
fn a_cached_application_answers_as_an_uncached_one() {
    let application = Application::copy();
    let before = pages(&application.booted().workers(1).start());
    let statuses: Vec<_> = before.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [200, 200, 403, 302, 200, 404]);
    let same = |command: &str| {
        // Twice: the second time finds what the first has left in the worker.
        let server = application.booted().workers(1).start();
        assert!(pages(&server) == before, "{command}");
        assert!(pages(&server) == before, "{command}, asked again");
    };

    for (command, file) in CACHES {
        artisan(&application, &[command]);
        assert!(application.path(file).is_file(), "{command}");
    }
    same("each cache");
    artisan(&application, &["optimize:clear"]);
    for (command, file) in CACHES {
        assert!(!application.path(file).exists(), "{command} was cleared");
    }
    assert_eq!(compiled_views(&application), 0);
    artisan(&application, &["view:cache"]);
    assert!(compiled_views(&application) > 0);
    artisan(&application, &["optimize"]);
    assert!(application.path(CACHES[0].1).is_file());
    same("optimize");
}

fn compiled_views(application: &Application) -> usize {
    let folder = application.path("storage/framework/views");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "php"))
        .count()
}

#[test]
fn what_env_says_is_read_when_a_worker_boots_and_is_found_where_fpm_has_it() {
    let application = Application::copy();
    name(&application, "first");
    let peers = Peers::over(application);
    let look = Ask::get("/settings/name");
    let mut visitors = peers.visitors();

    for _ in 0..3 {
        assert_eq!(visitors.ask(&look).text(), everywhere("first"));
        assert_eq!(visitors.ask(&Ask::get("/settings/put")).text(), "put put");
    }
    name(&peers.application, "second");
    differs("`.env`");
    let (here, there) = (
        visitors.of_worker_mode().ask(&look),
        visitors.of_fpm().ask(&look),
    );
    assert_eq!(here.text(), everywhere("first"));
    assert_eq!(there.text(), everywhere("second"));
    for pid in peers.booted.worker_pids() {
        peers.booted.kill(pid);
    }
    peers
        .booted
        .eventually("a new worker knows the new name", |server| {
            server.get("/settings/name").text() == everywhere("second")
        });
}

#[test]
fn with_a_cached_configuration_nothing_reads_env_any_more() {
    let application = Application::copy();
    name(&application, "first");
    artisan(&application, &["config:cache"]);
    name(&application, "second");
    let peers = Peers::over(application);

    let found = peers.visitors().ask(&Ask::get("/settings/name"));

    let nowhere = r#"{"config":"first","env":null,"getenv":false,"_ENV":null,"_SERVER":null}"#;
    assert_eq!(found.text(), nowhere);
}

fn everywhere(name: &str) -> String {
    let places = ["config", "env", "getenv", "_ENV", "_SERVER"];
    let found = places.map(|place| format!(r#""{place}":"{name}""#));
    format!("{{{}}}", found.join(","))
}

fn name(application: &Application, name: &str) {
    let key = "APP_KEY=base64:YXNrci1maXh0dXJlLWtleS0zMi1ieXRlcy1sb25nISE=";
    application.write(".env", &format!("{key}\nAPP_NAME={name}\n"));
}

#[track_caller]
fn artisan(application: &Application, words: &[&str]) {
    let output = application.artisan(words);
    assert!(output.status.success(), "{words:?}: {output:?}");
}

fn pages(server: &Server) -> Vec<(u16, Vec<String>, Vec<u8>)> {
    let mut visitor = Visitor::new(server.client());
    let mut answer = |page: &&str| -> Response { visitor.ask(&Ask::get(page)) };
    PAGES.iter().map(|page| comparable(&answer(page))).collect()
}
