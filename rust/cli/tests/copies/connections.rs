//! No two processes talk through one connection.

use std::collections::BTreeSet;
use std::net::TcpListener;

use askr_testkit::Application;
use rustix::process::Pid;

use crate::{ask_both, routes, ways};

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

#[test]
fn a_worker_that_becomes_the_template_closes_what_its_requests_have_opened() {
    let application = with_database();
    let server = application.booted().cow().workers(2);
    let server = server.flag("refork-after", "20").start();
    let said = "becomes the template of the others";
    let ask = || {
        let text = server.get("/process/database").text().to_owned();
        assert!(text.ends_with(r#""one":1,"after":1}"#), "{text}");
    };

    server.eventually("a warm worker is chosen", |server| {
        ask();
        server.log().contains(said)
    });
    server.wait_for_log("has booted generation=1 pid=");
    server.eventually("it has booted", |server| promoted(&server.log()).is_some());
    let template = promoted(&server.log()).unwrap();
    for _ in 0..20 {
        ask();
    }

    let file = application.path("storage/app/notes.sqlite");
    let open = server.descriptors_of(template);
    assert!(open.values().all(|path| *path != file), "{open:?}");
    assert_eq!(server.get("/forked-in").text(), "here");
}

/// The process of the worker that forks others by now.
fn promoted(log: &str) -> Option<Pid> {
    let mut lines = log.lines().filter(|line| line.contains("has booted"));
    let line = lines.find(|line| line.contains(": worker "))?;
    let (_, pid) = line.rsplit_once("pid=")?;
    Pid::from_raw(pid.trim().parse().ok()?)
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

/// A client for Laravel's Redis manager that connects as the real ones do, and says from where.
const REDIS: &str = r#"
class OwnRedis
{
    private mixed $socket;

    public function __construct(private string $address)
    {
        $this->connect();
    }

    public function connect(): void
    {
        $this->socket = stream_socket_client($this->address);
    }

    public function close(): void
    {
        fclose($this->socket);
        $this->socket = null;
    }

    public function id(): string
    {
        return $this->socket === null ? 'closed' : stream_socket_get_name($this->socket, false);
    }
}

class OwnConnection extends Illuminate\Redis\Connections\Connection
{
    public function __construct(OwnRedis $client)
    {
        $this->client = $client;
    }

    public function createSubscription($channels, Closure $callback, $method = 'subscribe')
    {
    }
}

config(['database.redis' => ['default' => []]]);
app('redis')->setDriver('own');
app('redis')->extend('own', fn () => new class
{
    public function connect(): OwnConnection
    {
        return new OwnConnection(new OwnRedis('tcp://127.0.0.1:PORT'));
    }
});
app()->instance('booted.id', app('redis')->connection()->client()->id());
Route::get('/redis', fn (): string => implode(' ', [
    getmypid(), app('booted.id'), app('redis')->connection()->client()->id(),
]));
"#;

#[test]
fn each_copy_has_a_redis_connection_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let application = Application::copy();
    application.write("routes/own.php", &routes(&REDIS.replace("PORT", &port)));
    for (way, server) in ways(&application) {
        let server = server.start();
        let (mut booted, mut own, mut pids) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        server.eventually("two processes answer", |server| {
            for answer in ask_both(server, "/redis") {
                let words: Vec<String> = answer.text().split(' ').map(str::to_owned).collect();
                let [pid, before, now] = words.try_into().expect("three words");
                pids.insert(pid);
                booted.insert(before);
                own.insert(now);
            }
            pids.len() >= 2
        });

        assert_eq!(booted.len(), 1, "{way}: {booted:?}");
        assert!(own.is_disjoint(&booted), "{way}: {own:?} {booted:?}");
        assert!(own.len() >= 2, "{way}: {own:?}");
        assert!(!server.log().contains("[askr] a connection"), "{way}");
    }
}
