//! What a process closes before it forks copies of itself, and what a copy has of its own.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};

use askr_exchange::control::{Child, ProcessEnd, TemplateConfig, ToTemplate};

use crate::house::{COW, House, Life, Worker, end_of, is_alive};
use crate::json;
use crate::socket::Socket;

/// Two services that the script connects to for good while it boots.
struct Services {
    held: TcpListener,
    free: TcpListener,
}

impl Services {
    fn open() -> Services {
        let open = || TcpListener::bind("127.0.0.1:0").unwrap();
        Services {
            held: open(),
            free: open(),
        }
    }

    /// A generation that has booted beside them, and one worker of it.
    fn house(&self, change: impl FnOnce(&mut TemplateConfig)) -> (House, Socket, Worker) {
        let address = |service: &TcpListener| service.local_addr().unwrap().to_string();
        let variables = [
            ("LASTING_HELD", address(&self.held)),
            ("LASTING_FREE", address(&self.free)),
        ];
        let mut house = House::beside("lasting.php", &[COW], &variables, change);
        let (mut template, _) = house.booted();
        let worker = house.worker(&mut template, 0, 0);
        (house, template, worker)
    }
}

/// Whether the other side has closed its end.
fn is_closed(mut connection: TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    matches!(connection.read(&mut [0]), Ok(0))
}

#[test]
fn no_two_forks_draw_the_same_lot() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, _) = house.booted();
    let workers = [0, 1, 2].map(|seat| house.worker(&mut template, 0, seat));

    let said = workers.map(|worker| json(&house.ask_worker(worker, "/")));

    for moment in ["forked", "now"] {
        for lot in 0..5 {
            let drawn: HashSet<String> = said
                .iter()
                .map(|said| said[moment][lot].to_string())
                .collect();
            assert_eq!(drawn.len(), 3, "{moment} {lot}: {drawn:?}");
        }
    }
}

#[test]
fn lasting_connections_are_closed_unless_somebody_holds_them() {
    let services = Services::open();
    let (_house, _template, _) = services.house(|_| ());

    let (held, _) = services.held.accept().unwrap();
    let (free, _) = services.free.accept().unwrap();

    assert!(is_closed(free));
    assert!(!is_closed(held));
}

#[test]
fn garbage_of_the_boot_is_not_left_to_the_forks() {
    let services = Services::open();
    let (house, _template, worker) = services.house(|_| ());

    let roots = json(&house.ask_worker(worker, "/"))["roots"].as_u64();

    assert!(roots.is_some_and(|roots| roots < 100), "{roots:?}");
}

/// The template would have had its second after boot and hooks, and each copy was born into it.
#[test]
fn each_fork_has_all_the_time_that_a_script_may_take() {
    let services = Services::open();
    let limit = ("max_execution_time".to_owned(), "1".to_owned());
    let (house, _template, worker) = services.house(|config| config.ini.push(limit));

    assert_eq!(house.ask_worker(worker, "/burn").status, 200);
}

/// Otherwise an opcache that is full would begin anew under the code that runs.
#[test]
fn each_fork_keeps_opcaches_memory_from_being_wiped() {
    let services = Services::open();
    let (house, _template, worker) = services.house(|_| ());

    assert_eq!(json(&house.ask_worker(worker, "/"))["opcache"], true);
    let locks = fs::read_to_string("/proc/locks").unwrap();
    let is_ours = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[1] == "POSIX"
            && words[3] == "READ"
            && words[4] == worker.pid.to_string()
            && words[6..] == ["1", "1"]
    };
    assert_eq!(locks.lines().filter(is_ours).count(), 1, "{locks}");
}

#[test]
fn compiled_code_runs_in_forks() {
    let mut house = House::with("copies.php", &[COW], |config| {
        for (name, value) in [
            ("opcache.jit", "tracing"),
            ("opcache.jit_buffer_size", "16M"),
            ("opcache.jit_hot_loop", "2"),
            ("opcache.jit_hot_func", "2"),
        ] {
            config.ini.push((name.to_owned(), value.to_owned()));
        }
    });
    let (mut template, _) = house.booted();
    let workers = [0, 1].map(|seat| house.worker(&mut template, 0, seat));

    for served in 1..50 {
        for worker in workers {
            assert_eq!(json(&house.ask_worker(worker, "/"))["served"], served);
        }
    }
}

#[test]
fn what_php_started_and_left_behind_is_reaped() {
    let mut house = House::open("leaves-a-child.php", &[COW]);
    let (mut template, _) = house.booted();
    let worker = house.worker(&mut template, 0, 0);
    let program = json(&house.ask_worker(worker, "/"))["program"].as_u64();
    let program = u32::try_from(program.unwrap()).unwrap();

    let child = Child::Worker(worker.id);
    template.tell(&ToTemplate::Kill { child });
    assert_eq!(end_of(&mut template, child), ProcessEnd::Signal(9));
    let program_life = Life::of(program);
    program_life.kill();
    assert!(program_life.ends());

    // It looks for strangers whenever it has obeyed.
    house.nudge();
    house.nudge();
    assert!(!is_alive(program));
}
