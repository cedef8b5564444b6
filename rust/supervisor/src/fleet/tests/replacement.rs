//! Workers and templates that crash, or have served enough.

use askr_exchange::control::{Child, ProcessEnd};

use super::super::*;
use super::scene::*;

#[test]
fn a_template_that_ignores_a_kill_is_killed_itself() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(worker, ProcessEnd::Signal(9));
    let worker = scene.take_forks()[0];
    scene.fork(worker);

    scene.pass(secs(71));

    let orders = scene.take_orders();
    assert_eq!(
        orders,
        [
            Order::Tell(
                FIRST,
                ToTemplate::Kill {
                    child: Child::Worker(worker)
                }
            ),
            Order::KillTemplate(1),
            Order::Bury(0, worker, None),
            Order::StartTemplate(1)
        ]
    );
}

#[test]
fn a_crashed_worker_is_buried_and_replaced_at_once() {
    let mut scene = Scene::serving(2);
    let victim = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(victim, ProcessEnd::Signal(11));

    let orders = scene.take_orders();
    assert_eq!(
        orders[0],
        Order::Bury(0, victim, Some(ProcessEnd::Signal(11)))
    );
    assert!(matches!(
        orders[1..],
        [Order::Tell(FIRST, ToTemplate::Fork { worker, .. })] if worker.incarnation > victim.incarnation
    ));
}

#[test]
fn a_crash_a_second_never_slows_the_replacement() {
    let mut scene = Scene::serving(2);
    for _ in 0..60 {
        scene.pass(secs(1));
        let victim = scene.ready_workers()[0];
        scene.exit(victim, ProcessEnd::Signal(9));
        let replacement = scene.take_forks();
        assert_eq!(replacement.len(), 1);
        scene.become_ready(replacement[0]);
    }
}

#[test]
fn a_crash_loop_backs_off() {
    let mut scene = Scene::serving(1);
    let mut worker = scene.ready_workers()[0];
    let mut waits = Vec::new();
    for _ in 0..8 {
        let crashed = scene.now;
        scene.exit(worker, ProcessEnd::Code(255));
        let due = scene.fleet.due().expect("a restart is planned");
        waits.push((due - crashed).as_millis());
        scene.take_orders();
        scene.pass(due - crashed);
        worker = scene.take_forks()[0];
        scene.become_ready(worker);
    }
    assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
}

#[test]
fn a_replacement_is_ready_before_the_old_worker_leaves() {
    let mut scene = Scene::serving(2);
    let old = scene.ready_workers()[0];
    scene.say_as(pid_of(old), ToMain::WantsRecycle { worker: old });
    let forks = scene.take_forks();
    assert_eq!(forks.len(), 1);
    assert_ne!(forks[0].seat, old.seat);
    assert_eq!(scene.ready_workers().len(), 2);

    scene.become_ready(forks[0]);
    assert_eq!(scene.take_orders(), [Order::Retire(0, old)]);

    scene.exit(old, ProcessEnd::Code(0));
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, old, Some(ProcessEnd::Code(0)))]
    );
    assert_eq!(scene.ready_workers().len(), 2);
}

#[test]
fn workers_recycle_one_at_a_time() {
    let mut scene = Scene::serving(3);
    let all = scene.ready_workers();
    for worker in &all {
        scene.say_as(pid_of(*worker), ToMain::WantsRecycle { worker: *worker });
    }
    for _ in 0..3 {
        let forks = scene.take_forks();
        assert_eq!(forks.len(), 1);
        assert_eq!(scene.ready_workers().len(), 3);
        scene.become_ready(forks[0]);
    }

    assert_eq!(scene.take_forks(), []);
    assert!(
        scene
            .ready_workers()
            .iter()
            .all(|worker| !all.contains(worker))
    );
}

#[test]
fn a_larger_fleet_recycles_a_quarter_at_a_time() {
    let mut scene = Scene::serving(8);
    for worker in scene.ready_workers() {
        scene.say_as(pid_of(worker), ToMain::WantsRecycle { worker });
    }

    assert_eq!(scene.take_forks().len(), 2);
}

#[test]
fn a_replacement_that_does_not_boot_leaves_the_old_worker_in_place() {
    let mut scene = Scene::serving(1);
    let old = scene.ready_workers()[0];
    scene.say_as(pid_of(old), ToMain::WantsRecycle { worker: old });
    let replacement = scene.take_forks()[0];
    scene.fail_boot(replacement, "disk full");
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, replacement, Some(ProcessEnd::Code(255)))]
    );
    assert_eq!(scene.ready_workers(), [old]);

    scene.pass(ms(100));
    let replacement = scene.take_forks()[0];
    scene.become_ready(replacement);
    assert_eq!(scene.take_orders(), [Order::Retire(0, old)]);
}

#[test]
fn an_old_worker_that_dies_early_is_not_replaced_twice() {
    let mut scene = Scene::serving(1);
    let old = scene.ready_workers()[0];
    scene.say_as(pid_of(old), ToMain::WantsRecycle { worker: old });
    let replacement = scene.take_forks()[0];
    scene.exit(old, ProcessEnd::Signal(9));
    scene.pass(secs(1));
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(0, old, Some(ProcessEnd::Signal(9)))]
    );

    scene.become_ready(replacement);
    assert_eq!(scene.take_orders(), []);
}

#[test]
fn each_worker_gets_its_own_share_of_requests() {
    let mut scene = Scene::with(4, |config| config.pools[0].max_requests = 1000).served();
    let mut shares = Vec::new();
    for worker in scene.ready_workers() {
        scene.say_as(pid_of(worker), ToMain::WantsRecycle { worker });
        for order in scene.take_orders() {
            let Order::Tell(
                FIRST,
                ToTemplate::Fork {
                    worker,
                    pool: 0,
                    max_requests,
                },
            ) = order
            else {
                continue;
            };
            shares.push(max_requests);
            scene.become_ready(worker);
        }
    }
    shares.dedup();
    assert_eq!(shares.len(), 4, "{shares:?}");
    assert!(
        shares.iter().all(|share| (750..=1000).contains(share)),
        "{shares:?}"
    );
}

#[test]
fn a_dead_template_takes_its_workers_along_and_is_replaced() {
    let mut scene = Scene::serving(2);
    let lost = scene.ready_workers();
    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });
    assert_eq!(
        scene.take_orders(),
        lost.iter()
            .map(|worker| Order::Bury(0, *worker, None))
            .collect::<Vec<_>>()
    );

    scene.pass(ms(100));
    scene.start_template();

    let forks = scene.take_forks();
    assert_eq!(
        forks.len(),
        2,
        "after it has served once, all boot together"
    );
}

#[test]
fn a_template_that_keeps_dying_backs_off() {
    let mut scene = Scene::serving(1);
    let mut waits = Vec::new();
    for _ in 0..4 {
        scene.happen(Event::TemplateGone {
            generation: 1,
            how: "signal 9".to_owned(),
        });
        let due = scene.fleet.due().expect("a restart is planned");
        waits.push((due - scene.now).as_millis());
        scene.pass(due - scene.now);
        scene.take_orders();
        scene.happen(Event::TemplateStarted {
            generation: 1,
            pid: TEMPLATE_PID,
        });
    }
    assert_eq!(waits, [100, 200, 400, 800]);
}

#[test]
fn a_fork_that_fails_is_tried_again_later() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(worker, ProcessEnd::Signal(9));
    let worker = scene.take_forks()[0];
    scene.say(ToMain::ForkFailed {
        child: Child::Worker(worker),
        message: "out of memory".to_owned(),
    });
    assert_eq!(scene.take_orders(), [Order::Bury(0, worker, None)]);

    scene.pass(ms(100));
    assert_eq!(scene.take_forks().len(), 1);
}
