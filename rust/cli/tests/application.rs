//! The application of the other tests, `tests/fixtures/application`, in both modes.

use askr_testkit::{Application, Server};

#[test]
fn it_answers_alike_in_both_modes_and_has_its_own_storage() {
    let application = Application::copy();
    let (booted, classic) = (application.booted().start(), application.classic().start());

    for path in ["/", "/page?title=one", "/whoami"] {
        let (here, there) = (booted.get(path), classic.get(path));
        assert_eq!(here.status, 200, "{path}: {}", here.text());
        assert_eq!(here.text(), there.text(), "{path}");
    }
    let sessions = application.path("storage/framework/sessions");
    assert!(std::fs::read_dir(sessions).unwrap().count() > 5);
}

#[test]
fn its_artisan_runs() {
    let output = Application::copy().artisan(&["--version"]);

    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Laravel Framework"), "{text}");
}

#[test]
fn a_server_can_own_its_copy() {
    let server = Server::laravel().workers(1).start();

    server.application().write("storage/app/note", "x");

    assert_eq!(server.get("/whoami").text(), "{\"user\":null}");
}
