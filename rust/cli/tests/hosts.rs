//! Several applications in one server: each has its own workers, code, store and fate.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use askr_testkit::{Client, Ended, Flaw, Load, Releases, Response, Server, ServerBuilder};
use serde_json::Value;

/// The server of `own`, and beside it the shop.
fn server(own: &Releases, shop: &Releases) -> ServerBuilder {
    with_shop(own.server().workers(1), shop, "")
}

/// The same server with the shop beside its application, and what is said about that.
fn with_shop(server: ServerBuilder, shop: &Releases, more: &str) -> ServerBuilder {
    server
        .variable("XDG_RUNTIME_DIR", shop.path(""))
        .flag("host", host("shop", shop, more))
}

fn host(name: &str, releases: &Releases, more: &str) -> String {
    let current = releases.current();
    let current = current.display();
    format!(
        "{name} names={name}.example,*.{name}.example app_base={current} \
         worker_script={current}/worker.php {more}"
    )
}

fn ask(server: &Server, target: &str, host: &str) -> Response {
    send(&mut server.client(), target, host)
}

fn send(client: &mut Client, target: &str, host: &str) -> Response {
    client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    client.response()
}

fn text(server: &Server, target: &str, host: &str) -> String {
    ask(server, target, host).text().to_owned()
}

fn status(server: &Server, words: &[&str]) -> Value {
    let output = server.command(&[&["status", "--json"], words].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn told(server: &Server, words: &[&str]) -> String {
    let output = server.command(words);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{words:?}: {text}");
    text
}

#[test]
fn the_host_name_chooses_code_files_and_workers() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    let server = server(&own, &shop).start();

    for (host, name) in [
        ("shop.example", "first"),
        ("WWW.shop.example:80", "first"),
        ("other.example", "one"),
    ] {
        assert_eq!(text(&server, "/page", host), name, "{host}");
        let file = format!("/{name}.css");
        assert_eq!(text(&server, &file, host), format!("/* {name} */"));
    }
    // What is no file of its own is the application's to answer.
    assert_eq!(text(&server, "/one.css", "shop.example"), "first");
    let pid = |host| text(&server, "/pid", host);
    assert_ne!(pid("shop.example"), pid("other.example"));
}

#[test]
fn a_reload_is_one_applications() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first", "second"]));
    let server = server(&own, &shop).start();
    let before = text(&server, "/pid", "other.example");
    shop.switch_to("second");
    // As there are names in the flags of the server, a name alone says which is meant.
    let words = told(&server, &["reload", "--host", "shop", "--no-canary"]);

    assert!(words.contains("generation 2 serves"), "{words}");
    assert_eq!(text(&server, "/", "shop.example"), "second");
    assert_eq!(text(&server, "/pid", "other.example"), before);
    let all = status(&server, &[]);
    assert_eq!(
        (&all["generation"], &all["hosts"][0]["generation"]),
        (&1.into(), &2.into())
    );
    assert_eq!(all["hosts"][0]["name"], "shop");
    let one = status(&server, &["--host", "shop"]);
    assert_eq!(
        (&one["generation"], &one["hosts"]),
        (&2.into(), &Value::Null)
    );

    told(&server, &["rollback", "--host", "shop"]);
    assert_eq!(text(&server, "/", "shop.example"), "first");
    assert_eq!(text(&server, "/pid", "other.example"), before);
}

#[test]
fn an_application_has_a_socket_that_tells_of_itself_only() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first", "second"]));
    let socket = format!(
        "control_socket={}",
        shop.path("first").join("control.sock").display()
    );
    let server = with_shop(own.server().workers(1), &shop, &socket).start();
    shop.switch_to("second");
    let socket = shop.path("first").join("control.sock");
    let elsewhere = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askr"));
        command.args(words).arg("--control-socket").arg(&socket);
        command.output().unwrap()
    };

    let reloaded = elsewhere(&["reload"]);
    assert!(reloaded.status.success(), "{reloaded:?}");
    assert_eq!(text(&server, "/", "shop.example"), "second");
    let page: Value = serde_json::from_slice(&elsewhere(&["status", "--json"]).stdout).unwrap();
    assert_eq!(
        (&page["generation"], &page["hosts"]),
        (&2.into(), &Value::Null)
    );
}

#[test]
fn a_name_that_nobody_has_is_refused() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    let server = server(&own, &shop).start();

    let refused = server.command(&["reload", "--host", "blog"]);

    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("no application of that name"), "{words}");
}

#[test]
fn sighup_reloads_all() {
    let (own, shop) = (
        Releases::new(&["one", "two"]),
        Releases::new(&["first", "second"]),
    );
    let server = server(&own, &shop).canary_window("0").start();
    own.switch_to("two");
    shop.switch_to("second");

    server.signal(rustix::process::Signal::HUP);

    server.wait_for_log_times("reload done", 2);
    assert_eq!(text(&server, "/", "shop.example"), "second");
    assert_eq!(text(&server, "/", "other.example"), "two");
}

#[test]
fn an_application_that_does_not_boot_rests_until_a_reload_and_harms_nobody() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    shop.add_flawed("broken", Flaw::BootException);
    shop.switch_to("broken");
    let server = with_shop(own.server().workers(1), &shop, "queue_timeout=1h").start();

    server.wait_for_log("given up; a reload begins anew");
    assert_eq!(text(&server, "/", "other.example"), "one");
    let refused = ask(&server, "/", "shop.example");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.text(), "503 the application does not start\n");
    assert_eq!(ask(&server, "/askr/ready", "shop.example").status, 503);
    assert_eq!(ask(&server, "/askr/ready", "other.example").status, 200);
    let change = status(&server, &["--host", "shop"])["change"].to_string();
    assert!(change.contains("no such release"), "{change}");
    let failed = server.command(&["reload", "--host", "shop"]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");

    shop.switch_to("first");
    told(&server, &["reload", "--host", "shop"]);

    assert_eq!(text(&server, "/", "shop.example"), "first");
    assert_eq!(text(&server, "/", "other.example"), "one");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_server_of_which_nothing_boots_ends() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    for releases in [&own, &shop] {
        releases.add_flawed("broken", Flaw::BootException);
        releases.switch_to("broken");
    }

    let Ended { code, log, .. } = server(&own, &shop).fail();

    assert_eq!(code, Some(70), "{log}");
    assert!(
        log.contains("askr: the server gives up: no worker became ready"),
        "{log}"
    );
}

#[test]
fn a_template_that_dies_takes_nothing_of_another_application() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    let server = server(&own, &shop).start();
    let load = Load::start(server.address(), 4, "/");
    load.wait_for(200);
    let before = text(&server, "/pid", "other.example");
    let worker: i32 = text(&server, "/pid", "shop.example").parse().unwrap();

    for times in 1..=3 {
        let template = parent_of(&text(&server, "/pid", "shop.example"));
        server.kill(rustix::process::Pid::from_raw(template).unwrap());
        server.wait_for_log_times("template ended", times);
        assert_eq!(text(&server, "/", "shop.example"), "first");
    }

    load.stop().assert_all(&["one"]);
    assert_eq!(text(&server, "/pid", "other.example"), before);
    assert_ne!(text(&server, "/pid", "shop.example"), worker.to_string());
}

/// The process that forked another.
fn parent_of(pid: &str) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, behind) = stat.rsplit_once(") ").unwrap();
    behind.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn what_one_application_stores_another_does_not_see() {
    let folder = tempfile::tempdir().unwrap();
    let script = "<?php
while (askr_handle_request(function () {
    $found = askr_cache_get('key');
    askr_cache_set('key', $_SERVER['HTTP_HOST']);
    echo $found ?? 'nothing';
})) {
}
";
    let place = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir_all(place.join("public")).unwrap();
        fs::write(place.join("worker.php"), script).unwrap();
        place
    };
    let (own, shop) = (place("own"), place("shop"));
    let shown = |path: &Path| path.display().to_string();
    let shop = shown(&shop);
    let server = Server::classic()
        .workers(1)
        .root(own.join("public"))
        .flag("worker-script", own.join("worker.php"))
        .flag(
            "host",
            format!("shop names=shop.example root={shop}/public worker_script={shop}/worker.php"),
        )
        .start();

    for (host, found) in [
        ("other.example", "nothing"),
        ("shop.example", "nothing"),
        ("other.example", "other.example"),
        ("shop.example", "shop.example"),
    ] {
        assert_eq!(text(&server, "/", host), found);
    }
    let all = status(&server, &[]);
    let socket = |status: &Value| status["store"]["socket"].as_str().unwrap().to_owned();
    assert_ne!(socket(&all), socket(&all["hosts"][0]));
}

#[test]
fn an_application_learns_nothing_of_where_another_lies() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    let public = shop.path("first").join("public");
    fs::write(
        public.join("base.php"),
        "<?php echo json_encode(getenv('ASKR_APP_BASE'));",
    )
    .unwrap();
    let host = format!("shop names=shop.example root={}", public.display());
    let server = Server::classic()
        .workers(1)
        .root(own.current().join("public"))
        .variable("ASKR_APP_BASE", own.current())
        .flag("host", host)
        .start();

    assert_eq!(text(&server, "/base.php", "shop.example"), "false");
}

#[test]
fn watched_applications_reload_by_themselves() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    fs::create_dir(shop.path("first").join("app")).unwrap();
    let server = with_shop(own.server().workers(1), &shop, "watch=on").start();
    let other = text(&server, "/pid", "other.example");
    let before = text(&server, "/pid", "shop.example");

    fs::write(
        shop.path("first").join("release.php"),
        "<?php return 'changed';",
    )
    .unwrap();
    fs::write(shop.path("first").join("app/New.php"), "<?php").unwrap();

    server.wait_for_log("reloaded in");
    assert_eq!(text(&server, "/", "shop.example"), "changed");
    assert_ne!(text(&server, "/pid", "shop.example"), before);
    assert_eq!(text(&server, "/pid", "other.example"), other);
}

#[test]
fn redirects_and_pools_are_taken_from_the_file() {
    let (own, shop) = (Releases::new(&["one"]), Releases::new(&["first"]));
    let file = own.current().join("askr.toml");
    let (own_base, shop_base) = (own.current(), shop.current());
    let toml = format!(
        "workers = 1\n\
         [redirects.www]\nfrom = 'www.shop.example'\nto = 'https://shop.example'\nstatus = 308\n\
         [hosts.shop]\nnames = 'shop.example'\napp_base = '{shop}'\n\
         worker_script = '{shop}/worker.php'\n\
         [hosts.shop.pools.slow]\npaths = '/slow'\nworkers = 1\n\
         [hosts.blog]\nnames = 'blog.example'\napp_base = '{own}'\n\
         worker_script = '{own}/worker.php'\n",
        shop = shop_base.display(),
        own = own_base.display(),
    );
    fs::write(&file, toml).unwrap();
    let server = Server::classic()
        .bare()
        .listen("127.0.0.1:0")
        .flag("config", &file)
        .start();

    let sent = ask(&server, "/a?b", "www.shop.example");
    assert_eq!(
        (sent.status, sent.header("location")),
        (308, Some("https://shop.example/a?b"))
    );
    assert_eq!(text(&server, "/", "shop.example"), "first");
    assert_eq!(text(&server, "/", "blog.example"), "one");
    assert_eq!(ask(&server, "/", "127.0.0.1").status, 421);
    assert_eq!(ask(&server, "/askr/ready", "127.0.0.1").status, 200);
    let slow = text(&server, "/slow/pid", "shop.example");
    assert_eq!(slow, "first", "a page of the pool");
    let shop = status(&server, &["--host", "shop"]);
    assert_eq!(shop["pools"][1]["name"], "slow");
}
