//! Clients that send, or read, a byte a second: what does a client notice that does not?

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustix::net::{AddressFamily, SocketType, connect, socket};

use super::EdgeError;
use crate::bench::client::Client;
use crate::bench::result::{Finding, Results};
use crate::bench::row::{Row, ServerKind, Site};
use crate::bench::server::{Bench, Server};
use crate::bench::traffic::{self, Tally, Turn};

/// Of each kind.
const CLIENTS: usize = 500;

const PAUSE: Duration = Duration::from_secs(1);

/// How long the others are looked at.
const CALM: Duration = Duration::from_secs(6);

/// How long the slow ones have to come and to ask.
const GATHER: Duration = Duration::from_secs(2);

/// Longer than a head may take, so that those who send one are told so, and come again.
const CROWDED: Duration = Duration::from_secs(20);

/// Connections of the client that is not slow.
const WORKING: usize = 8;

/// What the slow ones may make of the others' p99.
const RATIO_MAX: f64 = 2.0;

/// Room for what a slow reader has not read: little, so that it is the server that has the rest.
const WINDOW_BYTES: usize = 2048;

/// What slow readers ask for: a file, and two answers of PHP, of which the larger is more than
/// the server keeps of a reply in memory.
const WANTED: [&str; 3] = ["/1m.txt", "/large?bytes=600000", "/large?bytes=3000000"];

/// What slow senders send, as far as they come.
const SENT: [&str; 2] = [
    "GET / HTTP/1.1\r\nHost: bench\r\nX-Much-To-Say: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 100000\r\n\r\n",
];

/// A connection that takes its time.
struct Slow {
    stream: TcpStream,
    number: usize,
    sent: usize,
}

pub(super) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), EdgeError> {
    let server = Server::start(bench, ServerKind::AskrWorker, site)?;
    let calm = visit(&server, CALM)?;
    let is_over = AtomicBool::new(false);
    let crowded = thread::scope(|scope| {
        let senders = scope.spawn(|| dawdle(server.address, &is_over, send));
        let readers = scope.spawn(|| dawdle(server.address, &is_over, read));
        let crowded = gathered(&server, results).and_then(|()| visit(&server, CROWDED));
        is_over.store(true, Ordering::Relaxed);
        for slow in [senders, readers] {
            slow.join().expect("slow clients do not panic")?;
        }
        crowded
    })?;
    tell(&calm, &crowded, results);
    Ok(())
}

/// What the slow ones have asked for is work like any other: the others are looked at once it is
/// done, which one who has asked behind all of them knows by the answer.
fn gathered(server: &Server, results: &mut Results) -> Result<(), EdgeError> {
    let started = Instant::now();
    thread::sleep(GATHER);
    let path = Row::SlowClients.path();
    Client::connect(server.address)?.get(path)?;
    let what = "1,000 slow clients: until PHP had done what they asked for";
    let took = started.elapsed().as_secs_f64();
    results.find_out(Finding::new(Row::SlowClients.name(), what, took, "s"));
    Ok(())
}

fn visit(server: &Server, lasts: Duration) -> Result<Tally, EdgeError> {
    let turn = |client: &mut Client, _| {
        Turn::get(client, Row::SlowClients.path(), Row::SlowClients.marker())
    };
    let wait = || thread::sleep(lasts);
    let ((), tally) = traffic::during(server.address, WORKING, turn, wait)?;
    tally.tell();
    Ok(tally)
}

fn tell(calm: &Tally, crowded: &Tally, results: &mut Results) {
    let row = Row::SlowClients.name();
    for (what, tally) in [("no slow clients", calm), ("1,000 slow clients", crowded)] {
        for (of, value, unit) in [
            ("p99 of the others", tally.within_ms(0.99), "ms"),
            ("longest of the others", tally.within_ms(1.0), "ms"),
            ("others", tally.rate().round(), "requests/s"),
        ] {
            results.find_out(Finding::new(row, format!("{what}: {of}"), value, unit));
        }
        let failed = Finding::count(row, format!("{what}: requests that failed"), tally.failed);
        results.find_out(failed.at_most(0.0, "0"));
    }
    let ratio = crowded.within_ms(0.99) / calm.within_ms(0.99);
    let what = "p99 of the others: with 500 slow senders and 500 slow readers ÷ without";
    results.find_out(Finding::new(row, what, ratio, "").at_most(RATIO_MAX, "≤ 2"));
}

/// Keeps so many clients doing one thing a second each; whoever is sent away comes again.
fn dawdle(
    address: SocketAddr,
    is_over: &AtomicBool,
    act: fn(&mut Slow) -> std::io::Result<()>,
) -> Result<(), EdgeError> {
    let come = |number| Slow::connect(address, number).map_err(EdgeError::Crowd);
    let mut all = (0..CLIENTS).map(come).collect::<Result<Vec<Slow>, _>>()?;
    while !is_over.load(Ordering::Relaxed) {
        let started = Instant::now();
        for slow in &mut all {
            if act(slow).is_err() {
                *slow = come(slow.number)?;
            }
        }
        thread::sleep(PAUSE.saturating_sub(started.elapsed()));
    }
    Ok(())
}

/// One byte more.
fn send(slow: &mut Slow) -> std::io::Result<()> {
    let text = SENT[slow.number % SENT.len()].as_bytes();
    let byte = text.get(slow.sent).unwrap_or(&b'a');
    slow.stream.write_all(&[*byte])?;
    slow.sent += 1;
    // The server may have said that this takes too long.
    match slow.stream.read(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        _ => Err(ErrorKind::ConnectionAborted.into()),
    }
}

/// One byte less; the first time what is wanted is said.
fn read(slow: &mut Slow) -> std::io::Result<()> {
    if slow.sent == 0 {
        let path = WANTED[slow.number % WANTED.len()];
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
        slow.stream.write_all(request.as_bytes())?;
        slow.sent = request.len();
    }
    match slow.stream.read(&mut [0]) {
        Ok(1) => Ok(()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        _ => Err(ErrorKind::ConnectionAborted.into()),
    }
}

impl Slow {
    /// Its window has to be small from the first packet on.
    fn connect(address: SocketAddr, number: usize) -> std::io::Result<Slow> {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        set_socket_recv_buffer_size(&socket, WINDOW_BYTES)?;
        connect(&socket, &address)?;
        let stream = TcpStream::from(socket);
        stream.set_nonblocking(true)?;
        Ok(Slow {
            stream,
            number,
            sent: 0,
        })
    }
}
