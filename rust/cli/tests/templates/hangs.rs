//! Requests that hang, each in its own way: what an interrupt does to them, what their worker is
//! seen to run, and what a kill leaves behind.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::Path;

use askr_exchange::control::{Child, Isolation, ProcessEnd, ToMain, ToTemplate};
use askr_exchange::{Activity, Lease};
use askr_testkit::eventually;
use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, mknodat};
use serde_json::Value;

use crate::house::{COW, House, Reply, Worker, end_of};
use crate::socket::Socket;

/// A house with one worker and a template that forks for it.
struct Scene {
    house: House,
    template: Socket,
}

impl Scene {
    fn open() -> Scene {
        Scene::with("hangs.php", &[])
    }

    fn with(script: &str, ini: &[(&str, &str)]) -> Scene {
        let ini = ini.iter().map(|&(name, value)| (name.into(), value.into()));
        let mut house = House::with(script, &[COW], |config| config.ini = ini.collect());
        let (template, _) = house.booted();
        Scene { house, template }
    }

    fn worker(&mut self, seat: u16) -> Worker {
        self.house.worker(&mut self.template, 0, seat)
    }

    /// Sends a request that hangs in the function of that name, and waits until it does.
    fn hang(&mut self, worker: Worker, how: &str, more: &str) -> Lease {
        let target = format!("/?how={how}{more}");
        let lease = self.house.send(0, Some(worker.id), &target);
        eventually(&format!("the request hangs in {how}"), || {
            let stack = self.trace(worker);
            stack.first().is_some_and(|line| line.starts_with(how))
        });
        lease
    }

    /// What PHP code the worker runs.
    fn trace(&mut self, worker: Worker) -> Vec<String> {
        let worker = worker.id;
        self.template.tell(&ToTemplate::Trace { worker });
        let said = self.template.hear(|said| {
            matches!(said, ToMain::Traced { worker: seen, .. } | ToMain::TraceFailed { worker: seen, .. } if *seen == worker)
        });
        match said {
            ToMain::Traced { frames, .. } => frames,
            other => panic!("{other:?}"),
        }
    }

    /// Says that the worker's request has had its time, and interrupts it.
    fn interrupt(&mut self, worker: Worker) {
        let since = self.activity(worker).busy_since_ms;
        self.house.exchanges[0].expire(worker.id, since);
        let worker = worker.id;
        self.template.tell(&ToTemplate::Interrupt { worker });
    }

    /// Interrupts the worker again and again, as some functions need.
    fn interrupt_until_answered(&mut self, worker: Worker, lease: Lease) -> Reply {
        let before = self.activity(worker).replies;
        eventually("an interrupt ends the request", || {
            self.interrupt(worker);
            self.activity(worker).replies > before
        });
        // Commands are obeyed in order: none of the interrupts is to come in the next request.
        self.trace(worker);
        self.house.answer(0, lease)
    }

    fn activity(&self, worker: Worker) -> Activity {
        self.house.exchanges[0].activity(worker.id).unwrap()
    }

    fn kill(&mut self, worker: Worker) {
        let child = Child::Worker(worker.id);
        self.template.tell(&ToTemplate::Kill { child });
        let killed = ProcessEnd::Signal(9);
        assert_eq!(end_of(&mut self.template, child), killed);
        self.house.exchanges[0].bury(worker.id);
    }
}

fn locked(path: &Path) -> File {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    file
}

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn an_interrupt_ends_what_hangs_and_the_worker_serves_on() {
    let folder = tempfile::tempdir().unwrap();
    let [lock, fifo] = ["lock", "fifo"].map(|name| folder.path().join(name));
    let _lock = locked(&lock);
    pipe(&fifo);
    let mut scene = Scene::open();
    let worker = scene.worker(0);

    for (how, more) in [
        ("spin", String::new()),
        ("sleep", String::new()),
        ("usleep", String::new()),
        ("time_nanosleep", String::new()),
        ("flock", format!("&at={}", lock.display())),
        ("fread", format!("&at={}", fifo.display())),
        ("stream_select", format!("&at={}", fifo.display())),
    ] {
        let lease = scene.hang(worker, how, &more);
        let reply = scene.interrupt_until_answered(worker, lease);

        assert_eq!(reply.status, 500, "{how}");
        let text = reply.body;
        assert!(
            text.starts_with("The request has exceeded its request_timeout: it has run for ")
                && text.ends_with(" seconds and is cleaned up"),
            "{how}: {text}"
        );
        let next = scene.house.ask_worker(worker, "/?how=nowhere");
        assert_eq!(
            (next.status, next.body.as_str()),
            (200, "done and is cleaned up")
        );
    }
}

#[test]
fn what_no_interrupt_ends_a_kill_does_and_its_locks_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let session = format!("&session={}", folder.path().display());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let dsn = format!("&at=mysql:host=127.0.0.1;port={}", address.port());
    let mut scene = Scene::open();
    for (seat, how, more) in [
        (0, "fgets", format!("&at=tcp://{address}{session}")),
        (1, "PDO::__construct", dsn + &session),
    ] {
        let worker = scene.worker(seat);
        let lease = scene.hang(worker, how, &more);
        scene.interrupt(worker);
        assert!(scene.trace(worker)[0].starts_with(how));

        scene.kill(worker);

        assert!(scene.house.try_answer(0, lease).is_err());
        let successor = scene.worker(seat);
        let target = format!("/?how=nowhere{session}");
        let next = scene.house.ask_worker(successor, &target);
        assert_eq!(
            (next.status, next.body.as_str()),
            (200, "done and is cleaned up")
        );
    }
}

#[test]
fn who_waits_for_the_session_of_a_hung_request_gets_it_when_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let session = format!("&session={}", folder.path().display());
    let mut scene = Scene::open();
    let (holder, waiter) = (scene.worker(0), scene.worker(1));
    let _held = scene.hang(holder, "spin", &session);
    let target = format!("/?how=nowhere{session}");
    let waits = scene.house.send(0, Some(waiter.id), &target);
    eventually("the other waits for the session", || {
        scene
            .trace(waiter)
            .first()
            .is_some_and(|line| line == "session_start()")
    });

    scene.kill(holder);

    assert_eq!(scene.house.answer(0, waits).status, 200);
}

/// Requests that do all kinds of things, each interrupted at another moment.
fn interrupt_anywhere(ini: &[(&str, &str)], compiles: bool) {
    let mut scene = Scene::with("busy.php", ini);
    let worker = scene.worker(0);
    let look = |scene: &Scene| -> Value {
        let reply = scene.house.ask_worker(worker, "/?rounds=50");
        serde_json::from_str(&reply.body).unwrap()
    };
    look(&scene);
    let before = look(&scene);
    assert_eq!(before["jit"], compiles);

    for moment in 0..300 {
        let lease = scene.house.send(0, Some(worker.id), "/");
        eventually("the request runs", || {
            scene.activity(worker).busy_since_ms > 0
        });
        for _ in 0..moment % 13 {
            scene.trace(worker);
        }
        let reply = scene.interrupt_until_answered(worker, lease);
        assert_eq!((reply.status, reply.body.as_str()), (500, ""), "{moment}");
        if moment % 10 == 0 {
            look(&scene);
        }
    }

    let after = look(&scene);
    assert_eq!(after["sum"], before["sum"]);
    let [less, more] = [&before, &after].map(|seen| seen["bytes"].as_u64().unwrap());
    assert!(more < less + 4096, "{less} bytes became {more}");
}

#[test]
fn an_interrupt_at_any_moment_leaves_the_worker_whole() {
    interrupt_anywhere(&[], false);
}

#[test]
fn an_interrupt_at_any_moment_of_compiled_code_leaves_the_worker_whole() {
    let buffer = ("opcache.jit_buffer_size", "32M");
    interrupt_anywhere(&[buffer, ("opcache.jit", "function")], true);
    interrupt_anywhere(
        &[
            buffer,
            ("opcache.jit", "tracing"),
            ("opcache.jit_hot_func", "5"),
            ("opcache.jit_hot_loop", "5"),
        ],
        true,
    );
}

#[test]
fn a_stack_names_the_files_and_lines_of_code_that_opcache_keeps() {
    let mut scene = Scene::open();
    let worker = scene.worker(0);
    let lease = scene.hang(worker, "sleep", "");

    let stack = scene.trace(worker);

    assert_eq!(stack[0], "sleep()");
    let lines: Vec<&str> = stack[1..]
        .iter()
        .map(|line| {
            line.split_once('/')
                .map_or(line.as_str(), |(call, _)| call.trim())
        })
        .collect();
    assert_eq!(lines[0], "hang()");
    assert!(lines[1].starts_with("{closure"), "{stack:?}");
    assert_eq!(lines[2..], ["askr_handle_request()", "{main}"]);
    assert!(stack[1].contains("/hangs.php:"), "{stack:?}");
    scene.interrupt_until_answered(worker, lease);
    let idle = scene.trace(worker);
    assert_eq!(idle[0], "askr_handle_request()");
}

#[test]
fn a_worker_that_is_not_there_cannot_be_traced() {
    let mut house = House::open("hangs.php", &[Isolation::Worker { cow: false }]);
    let worker = askr_exchange::WorkerId {
        seat: 0,
        incarnation: 99,
    };
    house.control.tell(&ToTemplate::Trace { worker });

    let said = house
        .control
        .hear(|said| matches!(said, ToMain::TraceFailed { .. }));

    assert!(matches!(said, ToMain::TraceFailed { worker: seen, .. } if seen == worker));
}
