//! A deployment as it is done: releases, a link to the current one, `php artisan askr:reload`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant, SystemTime};

use askr_testkit::{Application, Load, Server, ServerBuilder};
use tempfile::TempDir;

use crate::routes;

/// Says of which release everything is that a deployment brings.
const ROUTE: &str = "Route::get('/release', fn (): string => implode(' ', [
    'route RELEASE', config('app.name'), config('own.name'), Fixture\\Release::NAME, trim(view('release')->render()),
]));
Route::get('/up', fn (): string => 'up');
";

/// What it says.
fn says(name: &str) -> String {
    format!("route {name} env {name} config {name} class {name} view {name}")
}

/// The folder of an application's deployments.
struct Deployments {
    folder: TempDir,
    releases: Vec<Application>,
}

impl Deployments {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            releases: Vec::new(),
        }
    }

    /// One more release, with a folder of packages of its own; `current` leads to it.
    fn deploy(&mut self, name: &str) {
        let release = Application::copy();
        let key = fs::read_to_string(release.path(".env")).unwrap();
        release.write(".env", &format!("{key}APP_NAME=\"env {name}\"\n"));
        release.write(
            "config/own.php",
            &format!("<?php return ['name' => 'config {name}'];"),
        );
        release.write("routes/own.php", &routes(&ROUTE.replace("RELEASE", name)));
        release.write("resources/views/release.blade.php", &format!("view {name}"));
        make_older(&release.path("resources/views/release.blade.php"));
        let class = "<?php namespace Fixture; class Release { public const NAME = 'class NAME'; }";
        release.write(
            "app/Release.php",
            &class.replace("class NAME", &format!("class {name}")),
        );
        install(&release);
        self.switch_to(&release.path(""));
        self.releases.push(release);
    }

    fn switch_to(&self, release: &Path) {
        let next = self.folder.path().join("next");
        symlink(release, &next).unwrap();
        fs::rename(next, self.current()).unwrap();
    }

    fn current(&self) -> PathBuf {
        self.folder.path().join("current")
    }

    /// What `php artisan askr:start` would start in the current release.
    fn server(&self) -> ServerBuilder {
        let script = "vendor/askr/askr-laravel/laravel/worker.php";
        Server::classic()
            .root(self.current().join("public"))
            .variable("ASKR_APP_BASE", self.current())
            .variable("XDG_RUNTIME_DIR", self.folder.path())
            .flag("worker-script", self.current().join(script))
            .flag("canary-window", "300ms")
            .workers(2)
    }

    /// `php artisan` in the current release.
    fn artisan(&self, words: &[&str]) -> Output {
        let release = self.releases.last().unwrap();
        let mut command = release.artisan_command(words);
        command
            .current_dir(self.current())
            .env_remove("COMPOSER_VENDOR_DIR")
            .env("PWD", self.current())
            .env("XDG_RUNTIME_DIR", self.folder.path());
        command.output().unwrap()
    }
}

/// Laravel compiles a view again and again, in place, while it is not older than its compiled file:
/// within its first second one visitor may find that file empty while another writes it.
fn make_older(view: &Path) {
    let view = fs::File::options().write(true).open(view).unwrap();
    view.set_modified(SystemTime::now() - Duration::from_secs(60))
        .unwrap();
}

/// Packages as Composer would have put them there; all releases have the same ones.
fn install(release: &Application) {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("LARAVEL_VENDOR_DIR").filter(|path| !path.is_empty());
    let shared = named.map_or_else(|| checkout.join("laravel/demo/vendor"), PathBuf::from);
    let shared = shared.canonicalize().unwrap();
    fs::create_dir_all(release.path("vendor/askr")).unwrap();
    let autoload = format!("<?php return require '{}/autoload.php';", shared.display());
    release.write("vendor/autoload.php", &autoload);
    symlink(shared.join("composer"), release.path("vendor/composer")).unwrap();
    symlink(
        checkout.canonicalize().unwrap(),
        release.path("vendor/askr/askr-laravel"),
    )
    .unwrap();
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

/// Deploys under load, then rolls back.
#[track_caller]
fn assert_follows(serve: impl FnOnce(ServerBuilder) -> ServerBuilder) {
    let mut deployments = Deployments::new();
    deployments.deploy("one");
    let server = serve(deployments.server()).start();
    assert_eq!(server.get("/release").text(), says("one"));
    let load = Load::start(server.address(), 2, "/release");

    deployments.deploy("two");
    let reloaded = deployments.artisan(&["askr:reload"]);
    let is_two = Instant::now();
    assert!(reloaded.status.success(), "{}", text(&reloaded));
    load.wait_for(20);
    let tally = load.stop();
    tally.assert_all(&[&says("one"), &says("two")]);
    tally.since(is_two).assert_all(&[&says("two")]);

    let returned = deployments.artisan(&["askr:rollback"]);
    assert!(returned.status.success(), "{}", text(&returned));
    for _ in 0..10 {
        assert_eq!(server.get("/release").text(), says("one"));
    }
}

#[test]
fn workers_that_boot_by_themselves_follow_the_link_and_return() {
    assert_follows(|server| server);
}

#[test]
fn copies_of_the_booted_application_follow_the_link_and_return() {
    assert_follows(ServerBuilder::cow);
}

#[test]
fn requests_in_copies_of_their_own_follow_the_link_and_return() {
    assert_follows(|server| server.isolation("fork"));
}

#[test]
fn a_release_that_does_not_boot_is_given_up_and_the_command_says_why() {
    let mut deployments = Deployments::new();
    deployments.deploy("one");
    let server = deployments.server().cow().start();
    deployments.deploy("two");
    let broken = deployments.releases.last().unwrap();
    let throw = "app()->runningInConsole() ?: throw new RuntimeException('not in workers');";
    broken.write("routes/own.php", &routes(throw));

    let reloaded = deployments.artisan(&["askr:reload"]);

    assert_eq!(reloaded.status.code(), Some(1), "{}", text(&reloaded));
    assert!(
        text(&reloaded).contains("not in workers"),
        "{}",
        text(&reloaded)
    );
    for _ in 0..10 {
        assert_eq!(server.get("/release").text(), says("one"));
    }
    let status = deployments.artisan(&["askr:status"]);
    assert!(
        text(&status).contains("The server is running"),
        "{}",
        text(&status)
    );
}

#[test]
fn a_release_that_answers_nothing_but_errors_is_given_up_when_its_health_is_asked_for() {
    let mut deployments = Deployments::new();
    deployments.deploy("one");
    let server = deployments.server().cow().start();
    deployments.deploy("two");
    let broken = deployments.releases.last().unwrap();
    let throw = "Route::any('{any}', fn () => throw new RuntimeException('on purpose'));";
    broken.write("routes/a-first.php", &routes(throw));

    let reloaded = deployments.artisan(&["askr:reload"]);

    let unhealthy = "canary UNHEALTHY — aborting reload; remaining workers keep old code";
    assert_eq!(reloaded.status.code(), Some(1), "{}", text(&reloaded));
    assert!(
        text(&reloaded).contains("status 500"),
        "{}",
        text(&reloaded)
    );
    assert!(server.log().contains(unhealthy), "{}", server.log());
    for _ in 0..10 {
        assert_eq!(server.get("/release").text(), says("one"));
    }

    let forced = deployments.artisan(&["askr:reload", "--no-canary"]);
    assert!(forced.status.success(), "{}", text(&forced));
    assert_eq!(server.get("/release").status, 500);
    let returned = deployments.artisan(&["askr:rollback"]);
    assert!(returned.status.success(), "{}", text(&returned));
    assert_eq!(server.get("/release").text(), says("one"));
}

#[test]
fn without_a_server_reload_says_so() {
    let mut deployments = Deployments::new();
    deployments.deploy("one");

    let reloaded = deployments.artisan(&["askr:reload"]);

    assert_eq!(reloaded.status.code(), Some(69), "{}", text(&reloaded));
}
