//! systemd: what it is told, its watchdog, and the sockets it hands over.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::ErrorKind;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use askr_testkit::{Client, Server, ServerBuilder};
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

/// The socket of a service manager.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { folder, socket }
    }

    fn serving(&self, builder: ServerBuilder) -> ServerBuilder {
        builder.variable("NOTIFY_SOCKET", self.folder.path().join("notify"))
    }

    /// The next message, if one comes in time.
    fn next_within(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let mut message = [0; 4096];
        match self.socket.recv(&mut message) {
            Ok(count) => Some(String::from_utf8(message[..count].to_vec()).unwrap()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    #[track_caller]
    fn expect(&self, state: &str) -> String {
        loop {
            let message = self.next_within(Duration::from_secs(20));
            let message = message.unwrap_or_else(|| panic!("not told: {state}"));
            if message.lines().any(|line| line == state) {
                return message;
            }
        }
    }
}

fn server() -> ServerBuilder {
    Server::with_script("request.php").workers(1)
}

#[test]
fn it_is_told_of_the_start_a_reload_and_the_end() {
    let manager = Manager::new();
    let server = manager.serving(server()).start();
    manager.expect("READY=1");

    server.signal(Signal::HUP);
    let reloading = manager.expect("RELOADING=1");
    assert!(
        reloading.lines().any(|line| line
            .strip_prefix("MONOTONIC_USEC=")
            .is_some_and(|number| number.parse::<u64>().is_ok())),
        "{reloading}"
    );
    manager.expect("READY=1");

    assert_eq!(server.stop().code, Some(0));
    manager.expect("STOPPING=1");
}

#[test]
fn its_watchdog_hears_of_requests_that_workers_answer_and_of_nothing_else() {
    let manager = Manager::new();
    let server = manager
        .serving(server())
        .variable("WATCHDOG_USEC", "400000")
        .start();
    manager.expect("WATCHDOG=1");
    manager.expect("WATCHDOG=1");

    let worker = server.worker_pids()[0];
    kill_process(worker, Signal::STOP).unwrap();
    server.wait_for_log("no worker answers; the service manager's watchdog is not told");
    while manager.next_within(Duration::from_millis(1)).is_some() {}
    let told = manager.next_within(Duration::from_millis(1_000));
    assert_eq!(told, None);

    kill_process(worker, Signal::CONT).unwrap();
    manager.expect("WATCHDOG=1");
}

#[test]
fn php_knows_nothing_of_it() {
    let manager = Manager::new();
    let builder = Server::with_script("variables.php").workers(1);
    let server = manager
        .serving(builder)
        .variable("WATCHDOG_USEC", "60000000")
        .start();

    let environment = std::fs::read(format!(
        "/proc/{}/environ",
        server.template_pid().unwrap().as_raw_nonzero()
    ));

    let environment = String::from_utf8(environment.unwrap()).unwrap();
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS"] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[test]
fn sockets_that_it_hands_over_are_served_instead_of_others() {
    let sockets = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = sockets
        .each_ref()
        .map(|socket| socket.local_addr().unwrap());
    let [one, two] = sockets;
    // A client that is early waits instead of being turned away.
    let mut early = Client::connect(addresses[0]);

    let server = server()
        .listen("127.0.0.1:1")
        .hand_over(one)
        .hand_over(two)
        .start();

    assert!(addresses.contains(&server.address()));
    assert_eq!(early.get("/").status, 200);
    assert_eq!(Client::connect(addresses[1]).get("/").status, 200);
    let handed = &server.descriptors_of(server.main_pid())[&3];
    let template = server.descriptors_of(server.template_pid().unwrap());
    assert!(
        template.values().all(|target| target != handed),
        "{template:?}"
    );
}

#[test]
fn unix_sockets_that_it_hands_over_are_served_and_stay_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("http.sock");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();

    let server = server()
        .hand_over(UnixListener::bind(&path).unwrap())
        .hand_over(tcp)
        .variable("LISTEN_FDNAMES", "askr.socket:http")
        .start();

    let mut client = UnixStream::connect(&path).unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(Client::connect(address).get("/").status, 200);
    assert_eq!(server.stop().code, Some(0));
    assert!(path.exists());
}

#[test]
fn a_socket_that_is_to_speak_tls_wants_a_certificate() {
    let ended = server()
        .hand_over(TcpListener::bind("127.0.0.1:0").unwrap())
        .variable("LISTEN_FDNAMES", "https")
        .fail();

    assert_eq!(ended.code, Some(78));
    assert!(ended.log.contains("no certificate for https://127.0.0.1:"));
}
