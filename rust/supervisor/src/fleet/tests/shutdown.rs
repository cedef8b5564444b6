//! Draining, stopping, killing.

use askr_exchange::control::{Child, ProcessEnd};

use super::super::*;
use super::scene::*;

#[test]
fn draining_replaces_nobody() {
    let mut scene = Scene::serving(2);
    let all = scene.ready_workers();
    scene.say_as(pid_of(all[0]), ToMain::WantsRecycle { worker: all[0] });
    scene.take_orders();
    scene.happen(Event::Drain);
    scene.exit(all[1], ProcessEnd::Signal(9));
    scene.pass(secs(20));

    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, all[1], Some(ProcessEnd::Signal(9)))]
    );
    assert_eq!(scene.ready_workers(), [all[0]]);
}

#[test]
fn stopping_retires_workers_then_the_template() {
    let mut scene = Scene::serving(2);
    let all = scene.ready_workers();
    scene.happen(Event::Drain);
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    assert_eq!(
        scene.take_orders(),
        all.iter()
            .map(|worker| Order::Retire(0, *worker))
            .collect::<Vec<_>>()
    );

    scene.exit(all[0], ProcessEnd::Code(0));
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, all[0], Some(ProcessEnd::Code(0)))]
    );
    scene.exit(all[1], ProcessEnd::Code(0));
    assert_eq!(
        scene.take_orders(),
        [
            Order::Bury(0, all[1], Some(ProcessEnd::Code(0))),
            Order::Tell(FIRST, ToTemplate::Stop)
        ]
    );

    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "exit code 0".to_owned(),
    });
    assert_eq!(scene.take_orders(), [Order::Finish(Ok(()))]);
    scene.pass(secs(60));
    assert_eq!(scene.take_orders(), []);
}

#[test]
fn what_is_left_at_the_deadline_is_killed() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    scene.take_orders();

    scene.pass(secs(30));
    assert_eq!(scene.take_orders(), [Order::KillTemplate(1)]);

    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, worker, None), Order::Finish(Ok(()))]
    );
}

#[test]
fn a_template_that_does_not_stop_is_killed_at_the_deadline() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    scene.exit(worker, ProcessEnd::Code(0));
    scene.take_orders();

    scene.pass(secs(40));

    assert_eq!(
        scene.take_orders(),
        [Order::KillTemplate(1), Order::Finish(Ok(()))]
    );
}

#[test]
fn booting_workers_are_killed_when_stopping() {
    let mut scene = Scene::new(1);
    scene.start_template();
    let worker = scene.take_forks()[0];
    scene.fork(worker);
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    assert_eq!(
        scene.take_orders(),
        [Order::Tell(
            FIRST,
            ToTemplate::Kill {
                child: Child::Worker(worker)
            }
        )]
    );

    scene.exit(worker, ProcessEnd::Signal(9));
    assert_eq!(
        scene.take_orders(),
        [
            Order::Bury(0, worker, Some(ProcessEnd::Signal(9))),
            Order::Tell(FIRST, ToTemplate::Stop)
        ]
    );
}

#[test]
fn a_second_signal_kills_at_once() {
    let mut scene = Scene::serving(1);
    scene.happen(Event::Drain);
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    scene.take_orders();

    scene.happen(Event::Kill);

    assert_eq!(scene.take_orders(), [Order::KillTemplate(1)]);
}

#[test]
fn a_template_that_dies_while_draining_is_not_replaced() {
    let mut scene = Scene::serving(1);
    scene.happen(Event::Drain);
    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });
    scene.pass(secs(60));
    assert_eq!(scene.take_orders().len(), 1, "only the burial");

    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    assert_eq!(scene.take_orders(), [Order::Finish(Ok(()))]);
}
