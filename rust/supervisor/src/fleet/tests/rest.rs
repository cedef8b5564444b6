//! A fleet that stays when nothing boots any more.

use super::super::*;
use super::scene::*;

/// One that has given up and has nothing left.
fn resting() -> Scene {
    let mut scene = Scene::with(2, |config| config.rests = true);
    scene.start_template();
    for _ in 1..=3 {
        let worker = scene.take_forks()[0];
        scene.fail_boot(worker, "no such class");
        scene.pass(secs(1));
    }
    scene.take_orders();
    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });
    scene
}

fn failure() -> RunError {
    RunError::BootFailed {
        attempts: 3,
        message: "no such class".to_owned(),
    }
}

fn reload(scene: &mut Scene) -> u32 {
    let generation = scene.fleet.next_generation();
    scene.happen(Event::Reload(Reload {
        change: 7,
        generation,
        has_canary: true,
    }));
    generation
}

#[test]
fn it_says_why_and_waits() {
    let mut scene = resting();

    assert_eq!(scene.take_orders(), [Order::Rest(failure())]);
    assert_eq!(scene.fleet.due(), None);
    scene.pass(secs(3600));
    assert_eq!(scene.take_orders(), []);
    let change = scene.fleet.change().unwrap();
    assert!(change.ends_with("no such class"), "{change}");
}

#[test]
fn a_reload_begins_anew_and_ends_when_it_serves() {
    let mut scene = resting();
    scene.take_orders();

    let generation = reload(&mut scene);

    assert_eq!(
        scene.take_orders(),
        [
            Order::Forget(1),
            Order::Current(generation, None),
            Order::StartTemplate(generation)
        ]
    );
    scene.start_first(generation);
    let worker = scene.take_forks()[0];
    scene.become_ready(worker);
    let orders = scene.take_orders();
    let done = Progress::Done(format!("generation {generation} serves"));
    assert!(orders.contains(&Order::Report(7, done)), "{orders:?}");
    assert!(orders.contains(&Order::Serve), "{orders:?}");
    assert_eq!(scene.fleet.change(), None);
}

#[test]
fn a_reload_that_does_not_boot_either_is_told_so() {
    let mut scene = resting();
    scene.take_orders();
    let generation = reload(&mut scene);
    scene.take_orders();
    scene.start_first(generation);

    scene.say_in(
        generation,
        first_pid(generation),
        ToMain::EngineFailed {
            message: "no memory".to_owned(),
        },
    );

    let failed = Progress::Failed("PHP does not start: no memory".to_owned());
    assert!(scene.take_orders().contains(&Order::Report(7, failed)));
}

#[test]
fn there_is_nothing_to_roll_back_to() {
    let mut scene = resting();
    scene.take_orders();

    scene.happen(Event::Rollback { change: 7 });

    let failed = Progress::Failed("nothing runs; a reload begins anew".to_owned());
    assert_eq!(scene.take_orders(), [Order::Report(7, failed)]);
}

#[test]
fn it_ends_when_the_server_does() {
    for is_in_haste in [true, false] {
        let mut scene = resting();
        scene.take_orders();
        scene.happen(Event::Drain);
        assert_eq!(scene.take_orders(), []);

        let deadline = scene.now + secs(5);
        scene.happen(match is_in_haste {
            true => Event::Kill,
            false => Event::Stop { deadline },
        });

        assert_eq!(scene.take_orders(), [Order::Finish(Ok(()))]);
    }
}

#[test]
fn it_does_not_rest_when_the_server_ends_meanwhile() {
    let mut scene = Scene::with(1, |config| config.rests = true);
    scene.start_template();
    for _ in 1..=3 {
        let worker = scene.take_forks()[0];
        scene.fail_boot(worker, "no such class");
        scene.pass(secs(1));
    }
    scene.happen(Event::Kill);
    scene.take_orders();

    scene.happen(Event::TemplateGone {
        generation: 1,
        how: "signal 9".to_owned(),
    });

    assert_eq!(scene.take_orders(), [Order::Finish(Err(failure()))]);
}
