//! Messages that are not believed.

use askr_exchange::control::{Child, ProcessEnd};

use super::super::*;
use super::scene::*;

#[test]
fn messages_about_unknown_workers_change_nothing() {
    let mut scene = Scene::serving(2);
    let known = scene.ready_workers()[0];
    let stale = WorkerId {
        incarnation: known.incarnation + 70,
        ..known
    };
    let outside = WorkerId {
        seat: u16::MAX,
        incarnation: 1,
    };
    for worker in [stale, outside] {
        let message = "boo".to_owned();
        scene.say(ToMain::Forked {
            child: Child::Worker(worker),
            pid: 1,
        });
        scene.say(ToMain::ForkFailed {
            child: Child::Worker(worker),
            message: message.clone(),
        });
        scene.say(ToMain::Exited {
            child: Child::Worker(worker),
            pid: 1,
            end: ProcessEnd::Code(0),
        });
        scene.say(ToMain::Ready { worker });
        scene.say(ToMain::BootFailed {
            child: Child::Worker(worker),
            message,
        });
        scene.say(ToMain::WantsRecycle { worker });
    }
    scene.say(ToMain::EngineReady {
        php_version: "again".to_owned(),
    });

    assert_eq!(scene.take_orders(), []);
    assert_eq!(scene.ready_workers().len(), 2);
}

#[test]
fn a_worker_speaks_only_for_itself() {
    let mut scene = Scene::serving(2);
    let all = scene.ready_workers();
    let liar = pid_of(all[0]);
    scene.say_as(
        liar,
        ToMain::Exited {
            child: Child::Worker(all[1]),
            pid: 1,
            end: ProcessEnd::Code(0),
        },
    );
    scene.say_as(liar, ToMain::WantsRecycle { worker: all[1] });
    scene.say_as(
        liar,
        ToMain::EngineFailed {
            message: "boo".to_owned(),
        },
    );
    scene.happen(Event::Packet(Packet {
        generation: 1,
        message: ToMain::WantsRecycle { worker: all[1] },
        sender: None,
        has_socket: false,
        activity: Activity::default(),
    }));

    assert_eq!(scene.take_orders(), []);
    assert_eq!(scene.ready_workers(), all);
}

#[test]
fn a_ready_worker_cannot_claim_that_it_failed_to_boot() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.say_as(
        pid_of(worker),
        ToMain::BootFailed {
            child: Child::Worker(worker),
            message: "boo".to_owned(),
        },
    );

    assert_eq!(scene.ready_workers(), [worker]);
    assert_eq!(scene.take_orders(), []);
}

#[test]
fn readiness_may_arrive_before_the_report_of_the_fork() {
    let mut scene = Scene::new(1);
    scene.start_template();
    let worker = scene.take_forks()[0];
    scene.say_as(pid_of(worker), ToMain::Ready { worker });
    scene.fork(worker);

    assert_eq!(scene.take_orders(), [Order::Serve]);
}

#[test]
fn a_worker_cannot_put_off_its_boot_deadline() {
    let mut scene = Scene::new(1);
    scene.start_template();
    let worker = scene.take_forks()[0];
    scene.fork(worker);
    for _ in 0..4 {
        scene.say_as(
            pid_of(worker),
            ToMain::BootFailed {
                child: Child::Worker(worker),
                message: "later".to_owned(),
            },
        );
        scene.pass(secs(2));
    }

    assert!(scene.take_orders().contains(&Order::Tell(
        FIRST,
        ToTemplate::Kill {
            child: Child::Worker(worker)
        }
    )));
}
