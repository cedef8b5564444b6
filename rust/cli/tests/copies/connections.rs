//! No two processes talk through one connection.

use std::net::TcpListener;

use askr_testkit::Application;

use crate::{routes, ways};

/// Asks something of the database while the application boots.
const QUERY: &str = "DB::statement('create table if not exists notes (text text)');
app('events')->listen(WorkerForked::class, fn () => app()->instance('forked.in', getmypid()));
Route::get('/forked-in', fn (): string => app('forked.in') === getmypid() ? 'here' : 'elsewhere');
";

fn with_database() -> Application {
    let application = Application::copy();
    let file = application.path("storage/app/notes.sqlite");
    std::fs::write(&file, "").unwrap();
    let environment = std::fs::read_to_string(application.path(".env")).unwrap();
    let line = format!("{environment}DB_DATABASE={}\n", file.display());
    application.write(".env", &line);
    application.write("routes/own.php", &routes(QUERY));
    application
}

#[test]
fn each_copy_opens_a_database_connection_of_its_own_when_it_needs_one() {
    let application = with_database();
    for (way, server) in ways(&application) {
        let server = server.start();

        // Both workers, all of cow's children of the template, and each again.
        let first: Vec<String> = (0..6)
            .map(|_| server.get("/process/database").text().to_owned())
            .collect();

        let opened = r#"{"before":0,"one":1,"after":1}"#;
        let kept = r#"{"before":1,"one":1,"after":1}"#;
        assert_eq!(first[0], opened, "{way}");
        let expected: &[&str] = if way == "fork" {
            &[opened]
        } else {
            &[opened, kept]
        };
        assert!(
            first.iter().all(|text| expected.contains(&text.as_str())),
            "{way}: {first:?}"
        );
        assert_eq!(server.get("/forked-in").text(), "here", "{way}");
    }
}

/// Connects while the application boots; closes what `close` names before the fork.
fn connecting(port: u16, close: &str) -> String {
    routes(&format!(
        "app()->instance('own.socket', $socket = stream_socket_client('tcp://127.0.0.1:{port}'));
app('events')->listen(TemplateForking::class, function () use ($socket): void {{
    {close}
}});
"
    ))
}

#[test]
fn a_connection_that_stays_open_is_named_in_the_log() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = format!("[askr] a connection to 127.0.0.1:{port} is open while workers are forked");
    for (close, is_named) in [("", true), ("fclose($socket);", false)] {
        let application = Application::copy();
        application.write("routes/own.php", &connecting(port, close));
        for (way, server) in ways(&application) {
            let server = server.start();
            assert_eq!(server.get("/").status, 200);

            assert_eq!(server.log().contains(&said), is_named, "{way} {close}");
        }
        let server = application.booted().start();
        assert!(!server.log().contains(&said), "nothing is forked");
    }
}
