//! From one generation to the next, and back.

use askr_exchange::control::{Child, Isolation, ProcessEnd};

use super::super::*;
use super::scene::*;
use crate::config::PoolConfig;

const WINDOW: Duration = Duration::from_secs(10);

impl Scene {
    /// A reload is asked for; the first template of its generation starts.
    fn reload(&mut self, change: u32) -> u32 {
        let generation = self.fleet.next_generation();
        self.happen(Event::Reload(Reload {
            change,
            generation,
            has_canary: true,
        }));
        let orders = self.take_orders();
        assert!(
            orders.contains(&Order::StartTemplate(generation)),
            "{orders:?}"
        );
        self.start_first(generation);
        generation
    }

    /// A reload whose canary is ready.
    fn canary(&mut self, change: u32) -> (u32, WorkerId) {
        let generation = self.reload(change);
        let canary = self.take_forks()[0];
        assert_eq!(self.parent_of(canary).0, Parent::first(generation));
        self.become_ready(canary);
        (generation, canary)
    }

    /// Everybody who is forked becomes ready, everybody who is asked to leave does, or is killed.
    fn follow(&mut self) -> Vec<Order> {
        let mut all = Vec::new();
        loop {
            let orders = self.take_orders();
            if orders.is_empty() {
                return all;
            }
            for order in &orders {
                match order {
                    Order::Tell(_, ToTemplate::Fork { worker, .. }) => self.become_ready(*worker),
                    Order::Retire(_, worker) => self.exit(*worker, ProcessEnd::Code(0)),
                    Order::Tell(
                        _,
                        ToTemplate::Kill {
                            child: Child::Worker(worker),
                        },
                    ) => self.exit(*worker, ProcessEnd::Signal(9)),
                    _ => {}
                }
            }
            all.extend(orders);
        }
    }

    fn ends(orders: &[Order]) -> Vec<(u32, Progress)> {
        let ends = orders.iter().filter_map(|order| match order {
            Order::Report(change, progress) if progress.is_end() => {
                Some((*change, progress.clone()))
            }
            _ => None,
        });
        ends.collect()
    }

    fn generations(&self) -> Vec<u32> {
        let mut generations: Vec<u32> = self
            .fleet
            .members()
            .map(|member| member.parent.generation)
            .collect();
        generations.dedup();
        generations
    }
}

fn watched(workers: u16) -> Scene {
    Scene::with(workers, |config| config.canary.window = WINDOW).served()
}

fn replies(count: u64, failures: u64) -> Activity {
    Activity {
        replies: count,
        failures,
        ..Activity::default()
    }
}

#[test]
fn a_reload_without_a_window_replaces_everybody_a_quarter_at_a_time() {
    let mut scene = Scene::serving(4);
    let old = scene.ready_workers();
    let (generation, canary) = scene.canary(1);

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Current(2, Some(1))));
    assert!(orders.contains(&Order::Retire(0, old[0])), "{orders:?}");
    let forks = orders.iter().filter(|order| {
        matches!(order, Order::Tell(parent, ToTemplate::Fork { .. }) if *parent == Parent::first(2))
    });
    assert_eq!(forks.count(), 1, "one of four at a time");

    scene.orders = orders;
    let orders = scene.follow();
    let done = Progress::Done("generation 2 serves".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, done)]);
    assert_eq!(scene.generations(), [generation]);
    assert!(scene.ready_workers().contains(&canary));
    assert_eq!(scene.ready_workers().len(), 4);
}

#[test]
fn a_canary_is_favoured_and_judged_before_anybody_is_replaced() {
    let mut scene = watched(2);
    let old = scene.ready_workers();
    let (_, canary) = scene.canary(1);
    assert_eq!(scene.take_orders(), [Order::Favour(0, Some(canary))]);
    scene.look(|_| Activity::default());
    scene.pass(WINDOW - ms(1));
    scene.look(|_| replies(100, 0));
    assert_eq!(scene.take_orders(), []);

    scene.pass(ms(1));
    scene.look(|_| replies(101, 0));

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Favour(0, None)));
    let note = Progress::Note("canary healthy — rolling the rest".to_owned());
    assert!(orders.contains(&Order::Report(1, note)), "{orders:?}");
    assert!(orders.contains(&Order::Retire(0, old[0])));
    scene.orders = orders;
    scene.follow();
    assert_eq!(scene.generations(), [2]);
}

#[test]
fn a_canary_that_fails_everything_is_given_up_long_before_its_window_is_over() {
    let mut scene = watched(2);
    let old = scene.ready_workers();
    let (generation, canary) = scene.canary(1);
    scene.take_orders();
    scene.look(|_| Activity::default());
    scene.pass(ms(500));

    scene.look(|member| match member.worker == canary {
        true => replies(10, 10),
        false => replies(30, 0),
    });

    let orders = scene.follow();
    assert!(orders.contains(&Order::Retire(0, canary)));
    let ends = Scene::ends(&orders);
    assert!(
        matches!(&ends[..], [(1, Progress::Failed(why))] if why.contains("10")),
        "{ends:?}"
    );
    assert!(orders.contains(&Order::Tell(Parent::first(generation), ToTemplate::Stop)));
    assert_eq!(scene.ready_workers(), old);

    scene.lose_first(generation);
    assert_eq!(scene.take_orders(), [Order::Forget(generation)]);
}

#[test]
fn a_canary_that_nobody_asks_is_probed() {
    for (answer, is_taken) in [
        (Ok(204), true),
        (Ok(500), false),
        (Err("late".into()), false),
    ] {
        let mut scene = watched(1);
        let (_, canary) = scene.canary(1);
        scene.look(|_| Activity::default());
        scene.pass(WINDOW);
        scene.take_orders();
        scene.look(|_| Activity::default());
        assert_eq!(scene.take_orders(), [Order::Probe(0, canary)]);

        scene.happen(Event::Probed {
            asked: (0, canary),
            answer,
            now_ms: scene.now_ms(),
        });

        let orders = scene.follow();
        assert_eq!(orders.contains(&Order::Current(2, Some(1))), is_taken);
        assert_eq!(Scene::ends(&orders).len(), 1, "{orders:?}");
        assert_eq!(scene.generations(), [if is_taken { 2 } else { 1 }]);
    }
}

#[test]
fn a_canary_that_does_not_boot_leaves_the_old_generation_alone() {
    let mut scene = watched(2);
    let old = scene.ready_workers();
    let generation = scene.reload(1);
    let canary = scene.take_forks()[0];

    scene.fail_boot(canary, "syntax error");

    let orders = scene.take_orders();
    let failed = Progress::Failed("syntax error".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, failed)]);
    assert!(orders.contains(&Order::Tell(Parent::first(generation), ToTemplate::Stop)));
    assert_eq!(scene.ready_workers(), old);
}

#[test]
fn an_engine_that_does_not_start_again_leaves_the_old_generation_alone() {
    let mut scene = watched(1);
    let old = scene.ready_workers();
    let generation = scene.fleet.next_generation();
    scene.happen(Event::Reload(Reload {
        change: 1,
        generation,
        has_canary: true,
    }));
    let pid = first_pid(generation);
    scene.happen(Event::TemplateStarted { generation, pid });
    let message = "bad ini".to_owned();
    scene.say_in(generation, pid, ToMain::EngineFailed { message });

    let failed = Progress::Failed("bad ini".to_owned());
    assert_eq!(Scene::ends(&scene.take_orders()), [(1, failed)]);
    assert_eq!(scene.ready_workers(), old);
}

#[test]
fn a_newer_reload_takes_the_place_of_one_that_is_on_trial() {
    let mut scene = watched(1);
    let (_, first) = scene.canary(1);
    scene.take_orders();
    let generation = scene.fleet.next_generation();
    scene.happen(Event::Reload(Reload {
        change: 2,
        generation,
        has_canary: true,
    }));

    let orders = scene.take_orders();
    let failed = Progress::Failed("a newer reload was asked for".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, failed)]);
    assert!(orders.contains(&Order::Retire(0, first)));
    assert!(orders.contains(&Order::StartTemplate(generation)));
}

#[test]
fn a_newer_reload_takes_over_from_one_that_is_rolling() {
    let mut scene = Scene::serving(4);
    scene.canary(1);
    let rolling = scene.take_orders();
    let (_, _) = scene.canary(2);

    let orders = scene.take_orders();
    let failed = Progress::Failed("generation 3 takes over".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, failed)]);
    scene.orders = rolling.into_iter().chain(orders).collect();
    let orders = scene.follow();
    let done = Progress::Done("generation 3 serves".to_owned());
    assert!(Scene::ends(&orders).contains(&(2, done)), "{orders:?}");
    assert_eq!(scene.generations(), [3]);
    let stop = Order::Tell(FIRST, ToTemplate::Stop);
    assert!(orders.contains(&stop), "the first is not kept any more");
}

#[test]
fn the_generation_before_is_kept_for_a_while_and_comes_back_at_once() {
    let mut scene = Scene::serving(2);
    scene.canary(1);
    scene.follow();
    assert_eq!(scene.fleet.kept(), Some(1));

    scene.happen(Event::Rollback { change: 2 });

    let orders = scene.follow();
    assert!(orders.contains(&Order::Current(1, Some(2))));
    let is_start = |order: &Order| matches!(order, Order::StartTemplate(_));
    assert!(!orders.iter().any(is_start), "its template still runs");
    let done = Progress::Done("generation 1 serves".to_owned());
    assert_eq!(Scene::ends(&orders), [(2, done)]);
    assert_eq!(scene.generations(), [1]);
}

#[test]
fn without_an_earlier_generation_there_is_no_rollback() {
    let mut scene = Scene::serving(1);
    scene.happen(Event::Rollback { change: 1 });
    let failed = Progress::Failed("no earlier generation is kept".to_owned());
    assert_eq!(scene.take_orders(), [Order::Report(1, failed.clone())]);

    scene.canary(2);
    scene.follow();
    scene.pass(SupervisorConfig::ROLLBACK_KEEP);
    assert_eq!(scene.take_orders(), [Order::Tell(FIRST, ToTemplate::Stop)]);
    scene.happen(Event::Rollback { change: 3 });
    assert_eq!(scene.take_orders(), [Order::Report(3, failed)]);
}

#[test]
fn a_rollback_during_a_trial_ends_the_trial() {
    let mut scene = watched(1);
    let old = scene.ready_workers();
    scene.canary(1);
    scene.take_orders();

    scene.happen(Event::Rollback { change: 2 });

    let orders = scene.follow();
    let failed = Progress::Failed("a rollback was asked for".to_owned());
    let done = Progress::Done("generation 1 serves on".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, failed), (2, done)]);
    assert_eq!(scene.ready_workers(), old);
}

#[test]
fn a_template_that_dies_on_trial_ends_the_trial() {
    let mut scene = watched(2);
    let old = scene.ready_workers();
    let (generation, canary) = scene.canary(1);
    scene.take_orders();

    scene.lose_first(generation);

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Bury(0, canary, None)));
    assert_eq!(Scene::ends(&orders).len(), 1);
    assert!(orders.contains(&Order::Forget(generation)));
    assert_eq!(scene.ready_workers(), old);
}

#[test]
fn a_roll_whose_workers_do_not_boot_is_taken_back() {
    let mut scene = Scene::serving(2);
    scene.canary(1);
    let forks = scene.take_forks();
    let mut failed = forks[0];
    for attempt in 1..=3 {
        scene.fail_boot(failed, "no such table");
        if attempt < 3 {
            scene.take_orders();
            scene.pass(secs(1));
            failed = scene.take_forks()[0];
        }
    }

    let orders = scene.take_orders();
    let ends = Scene::ends(&orders);
    assert!(
        matches!(&ends[..], [(1, Progress::Failed(why))] if why.contains("no such table")),
        "{ends:?}"
    );
    assert!(orders.contains(&Order::Current(1, Some(2))));
    scene.orders = orders;
    scene.follow();
    scene.pass(secs(1));
    scene.follow();
    // The worker of the generation before that had left already has a successor of its own code.
    assert_eq!(scene.generations(), [1]);
    assert_eq!(scene.ready_workers().len(), 2);
}

#[test]
fn a_stop_in_the_middle_of_a_reload_ends_both_generations() {
    let mut scene = watched(1);
    let (generation, _) = scene.canary(1);
    scene.take_orders();
    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });

    let orders = scene.follow();
    let failed = Progress::Failed("the server is shutting down".to_owned());
    assert_eq!(Scene::ends(&orders), [(1, failed)]);
    for number in [1, generation] {
        assert!(orders.contains(&Order::Tell(Parent::first(number), ToTemplate::Stop)));
        scene.lose_first(number);
    }
    assert_eq!(scene.take_orders(), [Order::Finish(Ok(()))]);
}

#[test]
fn a_reload_while_the_server_drains_is_turned_down() {
    let mut scene = Scene::serving(1);
    scene.happen(Event::Drain);
    let generation = scene.fleet.next_generation();
    scene.happen(Event::Reload(Reload {
        change: 1,
        generation,
        has_canary: true,
    }));

    let failed = Progress::Failed("the server is shutting down".to_owned());
    assert_eq!(
        scene.take_orders(),
        [Order::Forget(generation), Order::Report(1, failed)]
    );
}

#[test]
fn every_pool_has_a_canary_and_all_have_to_pass() {
    let pools = vec![
        PoolConfig::new("http", Isolation::Request, 1),
        PoolConfig::new("slow", Isolation::Request, 1),
    ];
    let mut scene = Scene::of(pools, |config| config.canary.window = WINDOW).served();
    let (_, first) = scene.canary(1);
    let second = scene.take_forks()[0];
    assert_eq!(scene.fleet.pool_of(second), Some(1));
    scene.become_ready(second);
    scene.look(|_| Activity::default());
    scene.pass(WINDOW);
    scene.take_orders();

    scene.look(|member| match member.worker == first {
        true => replies(100, 0),
        false => Activity::default(),
    });

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Probe(1, second)), "{orders:?}");
    assert!(!orders.contains(&Order::Current(2, Some(1))));
}

#[test]
fn a_roll_does_not_wait_for_a_boot_of_the_code_before() {
    let mut scene = watched(2);
    scene.pass(secs(1));
    let dead = scene.ready_workers()[0];
    scene.exit(dead, ProcessEnd::Signal(11));
    let hanging = scene.take_forks()[0];
    let generation = scene.fleet.next_generation();
    scene.happen(Event::Reload(Reload {
        change: 1,
        generation,
        has_canary: false,
    }));
    scene.take_orders();
    scene.start_first(generation);
    for worker in scene.take_forks() {
        scene.become_ready(worker);
    }

    let orders = scene.follow();
    let is_kill = |order: &Order| matches!(order, Order::Tell(_, ToTemplate::Kill { child }) if *child == Child::Worker(hanging));
    assert!(orders.iter().any(is_kill), "{orders:?}");
    let ends = Scene::ends(&orders);

    assert!(matches!(&ends[..], [(1, Progress::Done(_))]), "{ends:?}");
    assert_eq!(scene.generations(), [generation]);
}
