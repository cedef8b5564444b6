//! What those who watch the workers want of one.

use askr_exchange::control::{Child, ProcessEnd};

use super::super::*;
use super::scene::*;

fn demand(scene: &mut Scene, worker: WorkerId, demand: Demand) {
    scene.happen(Event::Worker { worker, demand });
}

fn kill(worker: WorkerId) -> Order {
    let child = Child::Worker(worker);
    Order::Tell(FIRST, ToTemplate::Kill { child })
}

#[test]
fn the_template_of_a_worker_looks_at_it_and_interrupts_it() {
    let mut scene = Scene::serving(2);
    let worker = scene.ready_workers()[1];
    demand(&mut scene, worker, Demand::Trace);
    demand(&mut scene, worker, Demand::Interrupt);
    let orders = [
        Order::Tell(FIRST, ToTemplate::Trace { worker }),
        Order::Tell(FIRST, ToTemplate::Interrupt { worker }),
    ];
    assert_eq!(scene.take_orders(), orders);
}

#[test]
fn a_worker_that_is_to_die_is_retired_first_and_replaced_at_once() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    demand(&mut scene, worker, Demand::Retire);
    assert!(scene.orders.contains(&Order::Retire(0, worker)));
    let successor = scene.take_forks()[0];
    demand(&mut scene, worker, Demand::Kill);
    assert_eq!(scene.take_orders(), [kill(worker)]);
    scene.become_ready(successor);
    scene.exit(worker, ProcessEnd::Signal(9));
    let end = Some(ProcessEnd::Signal(9));
    assert!(scene.orders.contains(&Order::Bury(0, worker, end)));
    assert_eq!(scene.ready_workers(), [successor]);
}

#[test]
fn nothing_is_wanted_of_the_dead() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.exit(worker, ProcessEnd::Signal(11));
    scene.take_orders();
    for wanted in [
        Demand::Trace,
        Demand::Interrupt,
        Demand::Retire,
        Demand::Kill,
    ] {
        demand(&mut scene, worker, wanted);
    }
    assert_eq!(scene.take_orders(), []);
}

#[test]
fn only_who_may_know_says_what_a_worker_runs() {
    let mut scene = Scene::serving(2);
    let [worker, other] = scene.ready_workers()[..] else {
        panic!("there are two")
    };
    let frames = vec!["sleep()".to_owned()];
    let traced = |worker| ToMain::Traced {
        worker,
        frames: frames.clone(),
    };
    scene.say_as(pid_of(other), traced(worker));
    assert_eq!(scene.take_orders(), []);
    scene.say(traced(worker));
    assert_eq!(scene.take_orders(), [Order::Traced(worker, Ok(frames))]);
}
