//! Releases behind a link: what is served of which while one replaces another.

use std::time::Instant;

use askr_testkit::{Flaw, Load, Releases};

#[test]
fn files_of_the_release_before_are_served_while_and_after_another_replaces_it() {
    let releases = Releases::new(&["one", "two"]);
    let server = releases.server().workers(2).start();
    assert_eq!(server.get("/two.css").text(), "one");
    let files = Load::start(server.address(), 2, "/one.css");
    let pages = Load::start(server.address(), 2, "/");
    pages.wait_for(50);

    releases.switch_to("two");
    let output = server.command(&["reload", "--no-canary"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let since = Instant::now();
    pages.wait_for(50);
    files.wait_for(50);

    files.stop().assert_all(&["/* one */"]);
    let pages = pages.stop();
    pages.assert_all(&["one", "two"]);
    pages.since(since).assert_all(&["two"]);
    assert_eq!(server.get("/two.css").text(), "/* two */");
}

#[test]
fn the_files_of_a_release_that_does_not_boot_are_not_served() {
    let releases = Releases::new(&["one"]);
    let server = releases.server().workers(2).start();
    releases.add_flawed("two", Flaw::BootException);
    releases.switch_to("two");

    let output = server.command(&["reload", "--no-canary"]);

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(server.get("/").text(), "one");
    assert_eq!(server.get("/one.css").text(), "/* one */");
    server.eventually("its files are gone", |server| {
        server.get("/two.css").text() == "one"
    });
}
