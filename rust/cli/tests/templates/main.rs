//! Templates that have booted the application, with real processes and the real engine: what they
//! fork, what a fork has of its own, and how each of them ends.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod hangs;
mod house;
mod renewal;
mod socket;

use std::collections::HashSet;

use askr_exchange::control::{Child, Isolation, ProcessEnd, TemplateId, ToMain, ToTemplate};
use house::{COW, House, Life, Reply, children, descriptors, end_of, is_alive, parent};
use serde_json::Value;
use socket::Socket;

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

fn pid(reply: &Reply) -> u64 {
    json(reply)["pid"].as_u64().unwrap()
}

#[test]
fn workers_are_forked_where_the_script_says_that_it_is_booted() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, booted) = house.booted();

    let worker = house.worker(&mut template, 0, 3);
    let said = json(&house.ask(0, "/"));

    assert_eq!(said["parent"], booted);
    assert_eq!(said["pid"], worker.pid);
    assert_eq!(said["worker"], 3);
    assert_eq!(parent(worker.pid), booted);
    assert_eq!(parent(booted), house.pid());
}

#[test]
fn a_reply_names_its_generation_and_worker_where_faults_are_looked_for() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, _) = house.booted();
    let worker = house.worker(&mut template, 0, 3);

    let headers = house.ask(0, "/").headers;

    let field = |name: &str, value: String| headers.contains(&(name.to_owned(), value));
    assert!(field("Askr-Generation", "7".to_owned()), "{headers:?}");
    assert!(field("Askr-Worker", worker.id.to_string()), "{headers:?}");
}

#[test]
fn each_fork_has_a_folder_of_its_own_for_uploads() {
    let mut house = House::open("copies.php", &[COW, COW]);
    let (mut template, _) = house.booted();
    let workers = [0, 1].map(|pool| house.worker(&mut template, pool, 0));

    let folders: HashSet<String> = workers
        .iter()
        .map(|&worker| json(&house.ask_worker(worker, "/"))["uploads"].to_string())
        .collect();

    assert_eq!(folders.len(), 2, "{folders:?}");
    assert!(
        folders
            .iter()
            .all(|folder| folder.contains("askr-uploads-"))
    );
}

#[test]
fn a_worker_that_boots_by_itself_is_not_held_up_by_the_call() {
    let mut house = House::open("copies.php", &[Isolation::Worker { cow: false }]);
    let mut control = std::mem::replace(&mut house.control, Socket::pair().0);

    let worker = house.worker(&mut control, 0, 0);

    assert_eq!(json(&house.ask(0, "/"))["parent"], worker.pid);
}

#[test]
fn what_another_template_forks_for_is_refused() {
    let mut house = House::open("copies.php", &[COW, Isolation::Request]);
    let (template, _) = house.booted();
    for (mut socket, pool) in [
        (template, 1),
        (std::mem::replace(&mut house.control, Socket::pair().0), 0),
    ] {
        let id = askr_exchange::WorkerId {
            seat: 0,
            incarnation: 90 + u32::from(pool),
        };
        socket.tell(&ToTemplate::Fork {
            worker: id,
            pool,
            max_requests: 0,
        });

        let refused = socket.hear(
            |said| matches!(said, ToMain::ForkFailed { child, .. } if *child == Child::Worker(id)),
        );

        assert!(format!("{refused:?}").contains("another template"));
    }
}

fn boot_failure(script: &str) -> String {
    let mut house = House::open(script, &[COW]);
    house.fork_template();
    let child = Child::Template(TemplateId(1));
    let said = house
        .control
        .hear(|said| matches!(said, ToMain::BootFailed { child: who, .. } if *who == child));
    assert_eq!(end_of(&mut house.control, child), ProcessEnd::Code(70));
    match said {
        ToMain::BootFailed { message, .. } => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_script_that_serves_without_saying_that_it_is_booted_is_told_so() {
    let message = boot_failure("counter.php");

    assert!(message.contains("askr_cow_ready()"), "{message}");
    assert!(message.contains("askr_handle_request()"), "{message}");
}

#[test]
fn a_script_that_asks_for_ever_is_told_so_too() {
    let message = boot_failure("asks-for-ever.php");

    assert!(message.contains("askr_cow_ready()"), "{message}");
}

#[test]
fn a_script_that_ends_without_a_word_is_told_what_it_missed() {
    let message = boot_failure("never-asks.php");

    assert!(
        message.contains("never called askr_cow_ready()"),
        "{message}"
    );
}

#[test]
fn a_boot_that_exits_is_told_what_it_missed() {
    let message = boot_failure("exits-while-booting.php");

    assert!(message.contains("ended with status 3"), "{message}");
    assert!(
        message.contains("never called askr_cow_ready()"),
        "{message}"
    );
}

#[test]
fn what_a_boot_throws_is_what_main_is_told() {
    let message = boot_failure("throws-while-booting.php");

    assert!(message.contains("throws-while-booting.php"), "{message}");
    assert!(!message.contains("askr_cow_ready"), "{message}");
}

#[test]
fn a_fork_takes_one_request_where_each_is_to_have_its_own() {
    let mut house = House::open("copies.php", &[Isolation::Fork]);
    house.max_requests = 1;
    let (mut template, booted) = house.booted();
    let workers = [0, 1].map(|seat| house.worker(&mut template, 0, seat));

    let answers = [house.ask(0, "/"), house.ask(0, "/")].map(|reply| json(&reply));

    assert_ne!(answers[0]["pid"], answers[1]["pid"]);
    for answer in answers {
        assert_eq!(answer["served"], 1);
        assert_eq!(answer["parent"], booted);
    }
    for worker in workers {
        let end = end_of(&mut template, Child::Worker(worker.id));
        assert_eq!(end, ProcessEnd::Code(0));
    }
}

#[test]
fn a_fork_serves_each_request_as_its_first_until_it_is_retired() {
    let mut house = House::open("copies.php", &[Isolation::Fork]);
    let (mut template, _) = house.booted();
    let worker = house.worker(&mut template, 0, 0);

    let mut forked = HashSet::new();
    for _ in 0..10 {
        let said = json(&house.ask(0, "/"));
        assert_eq!(
            (&said["pid"], &said["served"]),
            (&worker.pid.into(), &1.into())
        );
        // What the script does between its fork and its loop is done for each.
        forked.insert(said["forked"].to_string());
    }
    assert_eq!(forked.len(), 10);

    house.retire(worker);
    let end = end_of(&mut template, Child::Worker(worker.id));
    assert_eq!(end, ProcessEnd::Code(0));
}

/// A template lives for days and may fork for each request.
#[test]
fn a_template_keeps_nothing_of_those_it_has_forked() {
    let mut house = House::open("copies.php", &[Isolation::Fork]);
    house.max_requests = 1;
    let (mut template, booted) = house.booted();
    let serve = |house: &mut House, template: &mut Socket| {
        let worker = house.worker(template, 0, 0);
        house.ask(0, "/");
        end_of(template, Child::Worker(worker.id));
        house.bury(worker);
    };
    serve(&mut house, &mut template);
    let before = descriptors(booted);

    for _ in 0..30 {
        serve(&mut house, &mut template);
    }

    assert_eq!(descriptors(booted), before);
    assert_eq!(children(booted), 0);
}

#[test]
fn a_copy_whose_script_dies_answers_and_leaves() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, _) = house.booted();
    let worker = house.worker(&mut template, 0, 0);

    let reply = house.ask(0, "/fatal");

    assert_eq!(reply.status, 500);
    let end = end_of(&mut template, Child::Worker(worker.id));
    assert_eq!(end, ProcessEnd::Code(0));
}

#[test]
fn a_copy_that_is_retired_leaves_in_good_order() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, _) = house.booted();
    let worker = house.worker(&mut template, 0, 0);

    house.retire(worker);

    let end = end_of(&mut template, Child::Worker(worker.id));
    assert_eq!(end, ProcessEnd::Code(0));
}

#[test]
fn a_worker_that_is_promoted_forks_workers_that_know_what_it_has_learned() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut first, booted) = house.booted();
    let warm = house.worker(&mut first, 0, 0);
    for _ in 0..3 {
        house.ask(0, "/");
    }

    house.exchanges[0].promote(warm.id);
    let ready = ToMain::TemplateReady {
        child: Child::Worker(warm.id),
    };
    let mut second = first.hear_with_socket(&ready);
    let fresh = house.worker(&mut second, 0, 1);
    let said = json(&house.ask(0, "/"));

    assert_eq!(said["pid"], fresh.pid);
    assert_eq!(said["served"], 4);
    assert_eq!(said["worker"], 1);
    assert_eq!(said["parent"], booted);
    assert_eq!(parent(fresh.pid), warm.pid);
}

#[test]
fn a_promoted_worker_outlives_the_template_before_and_is_adopted() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut first, booted) = house.booted();
    let warm = house.worker(&mut first, 0, 0);
    house.exchanges[0].promote(warm.id);
    let ready = ToMain::TemplateReady {
        child: Child::Worker(warm.id),
    };
    let mut second = first.hear_with_socket(&ready);

    first.tell(&ToTemplate::Stop);
    let end = end_of(&mut house.control, Child::Template(TemplateId(1)));
    assert_eq!(end, ProcessEnd::Code(0));
    assert!(first.is_over());
    house.control.tell(&ToTemplate::Adopt {
        child: Child::Worker(warm.id),
        pid: warm.pid,
    });

    let fresh = house.worker(&mut second, 0, 1);
    assert_eq!(pid(&house.ask(0, "/")), u64::from(fresh.pid));
    assert_eq!(parent(warm.pid), house.pid());
    assert!(!is_alive(booted));

    drop(second);
    let end = end_of(&mut house.control, Child::Worker(warm.id));
    assert_eq!(end, ProcessEnd::Code(0));
}

/// It took its parent-death signal back, so that it has to see for itself.
#[test]
fn a_promoted_worker_and_its_forks_end_when_main_is_gone() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut first, _) = house.booted();
    let warm = house.worker(&mut first, 0, 0);
    house.exchanges[0].promote(warm.id);
    let ready = ToMain::TemplateReady {
        child: Child::Worker(warm.id),
    };
    let mut second = first.hear_with_socket(&ready);
    let fresh = house.worker(&mut second, 0, 1);
    let lives = [warm.pid, fresh.pid].map(Life::of);

    drop((first, second, house));

    assert!(lives.iter().all(Life::ends));
}

#[test]
fn the_workers_of_a_template_that_was_killed_die_and_are_reported() {
    let mut house = House::open("copies.php", &[COW]);
    let (mut template, _) = house.booted();
    let workers = [0, 1].map(|seat| house.worker(&mut template, 0, seat));

    let child = Child::Template(TemplateId(1));
    house.control.tell(&ToTemplate::Kill { child });
    assert_eq!(end_of(&mut house.control, child), ProcessEnd::Signal(9));

    for worker in workers {
        let child = Child::Worker(worker.id);
        house.control.tell(&ToTemplate::Adopt {
            child,
            pid: worker.pid,
        });
        assert_eq!(end_of(&mut house.control, child), ProcessEnd::Signal(9));
    }
}
