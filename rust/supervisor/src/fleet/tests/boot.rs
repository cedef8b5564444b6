//! From the first order to the first ready worker, or to giving up.

use askr_exchange::control::{Child, ProcessEnd};

use super::super::*;
use super::scene::*;

#[test]
fn one_worker_boots_before_the_others() {
    let mut scene = Scene::new(3);
    scene.start_template();
    let first = scene.take_forks();
    assert_eq!(first.len(), 1);

    scene.become_ready(first[0]);

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Serve));
    assert_eq!(orders.len(), 3, "serve and two forks: {orders:?}");
}

#[test]
fn serving_is_announced_once() {
    let mut scene = Scene::new(2);
    scene.start_template();
    for _ in 0..2 {
        let worker = scene.take_forks()[0];
        scene.fork(worker);
        scene.say(ToMain::Ready { worker });
        scene.say(ToMain::Ready { worker });
    }

    assert_eq!(scene.take_orders(), []);
}

#[test]
fn three_failed_boots_end_everything_with_phps_message() {
    let mut scene = Scene::new(4);
    scene.start_template();
    for attempt in 1..=3 {
        let forks = scene.take_forks();
        assert_eq!(forks.len(), 1, "attempt {attempt}");
        scene.fail_boot(forks[0], "Uncaught Error: no such class in worker.php:3");
        if attempt < 3 {
            assert!(
                !scene
                    .take_orders()
                    .iter()
                    .any(|order| matches!(order, Order::Tell(..)))
            );
            scene.pass(secs(1));
        }
    }
    assert!(scene.take_orders().contains(&Order::KillTemplate(1)));

    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });

    let orders = scene.take_orders();
    let message = "Uncaught Error: no such class in worker.php:3".to_owned();
    assert_eq!(
        message_of(&orders),
        Some(&RunError::BootFailed {
            attempts: 3,
            message
        })
    );
    assert_eq!(scene.fleet.due(), None);
}

#[test]
fn a_boot_that_succeeds_at_last_is_served() {
    let mut scene = Scene::new(1);
    scene.start_template();
    let first = scene.take_forks()[0];
    scene.fail_boot(first, "database is starting up");
    scene.take_orders();
    scene.pass(ms(100));
    let second = scene.take_forks()[0];
    scene.become_ready(second);

    assert_eq!(scene.take_orders(), [Order::Serve]);
    assert_ne!(first.incarnation, second.incarnation);
}

#[test]
fn a_worker_that_dies_in_boot_without_a_word_is_reported_by_its_end() {
    let mut scene = Scene::with(1, |config| config.boot_attempts_max = 1);
    scene.start_template();
    let worker = scene.take_forks()[0];
    scene.fork(worker);
    scene.exit(worker, ProcessEnd::Signal(11));
    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });

    let orders = scene.take_orders();
    let message = "it ended: signal 11".to_owned();
    assert_eq!(
        message_of(&orders),
        Some(&RunError::BootFailed {
            attempts: 1,
            message
        })
    );
}

#[test]
fn a_worker_that_does_not_finish_booting_is_killed() {
    let mut scene = Scene::with(1, |config| {
        config.boot_timeout = secs(60);
        config.boot_attempts_max = 1;
    });
    scene.start_template();
    let worker = scene.take_forks()[0];
    scene.fork(worker);
    scene.pass(secs(59));
    assert_eq!(scene.take_orders(), []);

    scene.pass(secs(1));
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
    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });
    let orders = scene.take_orders();
    let message = "not ready within 60s (boot_timeout)".to_owned();
    assert_eq!(
        message_of(&orders),
        Some(&RunError::BootFailed {
            attempts: 1,
            message
        })
    );
}

#[test]
fn an_engine_that_does_not_start_ends_everything_at_once() {
    let mut scene = Scene::new(1);
    scene.take_orders();
    scene.happen(Event::TemplateStarted {
        generation: 1,
        pid: TEMPLATE_PID,
    });
    scene.say(ToMain::EngineFailed {
        message: "bad ini".to_owned(),
    });
    assert_eq!(
        scene.take_orders(),
        [Order::Boot(1), Order::KillTemplate(1)]
    );

    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "exit code 70".to_owned(),
    });

    let error = RunError::EngineFailed {
        message: "bad ini".to_owned(),
    };
    assert_eq!(scene.take_orders(), [Order::Finish(Err(error))]);
}

#[test]
fn a_template_that_keeps_dying_before_the_first_worker_is_given_up() {
    let mut scene = Scene::new(1);
    for attempt in 1..=3 {
        assert_eq!(
            scene.take_orders(),
            [Order::StartTemplate(1)],
            "attempt {attempt}"
        );
        scene.happen(Event::TemplateStarted {
            generation: 1,
            pid: TEMPLATE_PID,
        });
        scene.take_orders();
        scene.happen(Event::TemplateGone {
            generation: 1,
            how: "signal 11".to_owned(),
        });
        if attempt < 3 {
            assert_eq!(scene.take_orders(), []);
            scene.pass(secs(1));
        }
    }

    let message = "the template ended: signal 11".to_owned();
    let orders = scene.take_orders();
    assert_eq!(
        message_of(&orders),
        Some(&RunError::BootFailed {
            attempts: 3,
            message
        })
    );
}
