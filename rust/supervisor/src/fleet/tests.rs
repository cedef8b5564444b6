//! Scenarios with stepped time; no process is started.

use askr_exchange::control::{Mode, ProcessEnd, TemplateConfig};

use super::*;

const TEMPLATE_PID: u32 = 1000;

/// A fleet, its clock, and every order so far that was not looked at.
struct Scene {
    fleet: Fleet,
    now: Instant,
    orders: Vec<Order>,
}

impl Scene {
    /// A fleet whose template is asked for.
    fn new(workers: u16) -> Self {
        Self::with(workers, |_| {})
    }

    fn with(workers: u16, change: impl FnOnce(&mut SupervisorConfig)) -> Self {
        let template = TemplateConfig {
            mode: Mode::Classic,
            root: "/app/public".into(),
            app_base: None,
            ini: Vec::new(),
            environment: Vec::new(),
        };
        let mut config = SupervisorConfig::new(template, workers);
        change(&mut config);
        let now = Instant::now();
        let mut scene = Self {
            fleet: Fleet::new(&config, now),
            now,
            orders: Vec::new(),
        };
        scene.happen(Event::Due);
        scene
    }

    /// A fleet whose workers are all ready; nothing is left to look at.
    fn serving(workers: u16) -> Self {
        Self::new(workers).served()
    }

    fn served(mut self) -> Self {
        self.start_template();
        loop {
            let forks = self.take_forks();
            if forks.is_empty() {
                break;
            }
            forks
                .into_iter()
                .for_each(|worker| self.become_ready(worker));
        }
        self.orders.clear();
        self
    }

    fn happen(&mut self, event: Event) {
        let orders = self.fleet.handle(event, self.now);
        self.orders.extend(orders);
    }

    fn say_as(&mut self, sender: u32, message: ToMain) {
        self.happen(Event::Packet {
            message,
            sender: Some(sender),
        });
    }

    fn say(&mut self, message: ToMain) {
        self.say_as(TEMPLATE_PID, message);
    }

    fn start_template(&mut self) {
        assert_eq!(self.take_orders(), [Order::StartTemplate]);
        self.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
        assert_eq!(self.take_orders(), [Order::Boot]);
        self.say(ToMain::EngineReady {
            php_version: "8.4.24".to_owned(),
        });
    }

    fn fork(&mut self, worker: WorkerId) {
        self.say(ToMain::Forked {
            worker,
            pid: pid_of(worker),
        });
    }

    fn become_ready(&mut self, worker: WorkerId) {
        self.fork(worker);
        self.say_as(pid_of(worker), ToMain::Ready { worker });
    }

    fn exit(&mut self, worker: WorkerId, end: ProcessEnd) {
        self.say(ToMain::Exited {
            worker,
            pid: pid_of(worker),
            end,
        });
    }

    fn fail_boot(&mut self, worker: WorkerId, message: &str) {
        self.fork(worker);
        let message = message.to_owned();
        self.say_as(pid_of(worker), ToMain::BootFailed { worker, message });
        self.exit(worker, ProcessEnd::Code(255));
    }

    /// Lets time pass, with a look at every moment at which something is due.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.fleet.due().filter(|due| *due <= until) {
            assert!(due >= self.now, "due in the past: the shell would spin");
            self.now = due;
            self.happen(Event::Due);
            assert!(
                self.fleet.due() != Some(due),
                "still due: the shell would spin"
            );
        }
        self.now = until;
    }

    fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// The workers that were ordered forked; other orders are dropped.
    fn take_forks(&mut self) -> Vec<WorkerId> {
        let orders = self.take_orders().into_iter();
        orders
            .filter_map(|order| match order {
                Order::Tell(ToTemplate::Fork { worker, .. }) => Some(worker),
                _ => None,
            })
            .collect()
    }

    fn ready_workers(&self) -> Vec<WorkerId> {
        self.fleet
            .members()
            .filter(|member| member.is_ready())
            .map(|member| member.worker)
            .collect()
    }
}

fn pid_of(worker: WorkerId) -> u32 {
    2000 + worker.incarnation
}

fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn message_of(orders: &[Order]) -> Option<&RunError> {
    orders.iter().find_map(|order| match order {
        Order::Finish(Err(error)) => Some(error),
        _ => None,
    })
}

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
                    .any(|order| matches!(order, Order::Tell(_)))
            );
            scene.pass(secs(1));
        }
    }
    assert!(scene.take_orders().contains(&Order::KillTemplate));

    scene.happen(Event::TemplateGone {
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
        [Order::Tell(ToTemplate::Kill { worker })]
    );

    scene.exit(worker, ProcessEnd::Signal(9));
    scene.happen(Event::TemplateGone {
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
            Order::Tell(ToTemplate::Kill { worker }),
            Order::KillTemplate,
            Order::Bury(worker),
            Order::StartTemplate
        ]
    );
}

#[test]
fn an_engine_that_does_not_start_ends_everything_at_once() {
    let mut scene = Scene::new(1);
    scene.take_orders();
    scene.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
    scene.say(ToMain::EngineFailed {
        message: "bad ini".to_owned(),
    });
    assert_eq!(scene.take_orders(), [Order::Boot, Order::KillTemplate]);

    scene.happen(Event::TemplateGone {
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
            [Order::StartTemplate],
            "attempt {attempt}"
        );
        scene.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
        scene.take_orders();
        scene.happen(Event::TemplateGone {
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

#[test]
fn a_crashed_worker_is_buried_and_replaced_at_once() {
    let mut scene = Scene::serving(2);
    let victim = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(victim, ProcessEnd::Signal(11));

    let orders = scene.take_orders();
    assert_eq!(orders[0], Order::Bury(victim));
    assert!(matches!(
        orders[1..],
        [Order::Tell(ToTemplate::Fork { worker, .. })] if worker.incarnation > victim.incarnation
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
fn after_it_was_ready_failed_boots_never_end_the_server() {
    let mut scene = Scene::serving(1);
    let mut worker = scene.ready_workers()[0];
    scene.exit(worker, ProcessEnd::Code(255));
    for _ in 0..20 {
        scene.pass(secs(5));
        worker = scene.take_forks()[0];
        scene.fail_boot(worker, "syntax error");
    }

    assert_eq!(message_of(&scene.take_orders()), None);
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
    assert_eq!(scene.take_orders(), [Order::Retire(old)]);

    scene.exit(old, ProcessEnd::Code(0));
    assert_eq!(scene.take_orders(), [Order::Bury(old)]);
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
    assert_eq!(scene.take_orders(), [Order::Bury(replacement)]);
    assert_eq!(scene.ready_workers(), [old]);

    scene.pass(ms(100));
    let replacement = scene.take_forks()[0];
    scene.become_ready(replacement);
    assert_eq!(scene.take_orders(), [Order::Retire(old)]);
}

#[test]
fn an_old_worker_that_dies_early_is_not_replaced_twice() {
    let mut scene = Scene::serving(1);
    let old = scene.ready_workers()[0];
    scene.say_as(pid_of(old), ToMain::WantsRecycle { worker: old });
    let replacement = scene.take_forks()[0];
    scene.exit(old, ProcessEnd::Signal(9));
    scene.pass(secs(1));
    assert_eq!(scene.take_orders(), [Order::Bury(old)]);

    scene.become_ready(replacement);
    assert_eq!(scene.take_orders(), []);
}

#[test]
fn each_worker_gets_its_own_share_of_requests() {
    let mut scene = Scene::with(4, |config| config.max_requests = 1000).served();
    let mut shares = Vec::new();
    for worker in scene.ready_workers() {
        scene.say_as(pid_of(worker), ToMain::WantsRecycle { worker });
        for order in scene.take_orders() {
            let Order::Tell(ToTemplate::Fork {
                worker,
                max_requests,
            }) = order
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
        how: "signal 9".to_owned(),
    });
    assert_eq!(
        scene.take_orders(),
        lost.iter()
            .map(|worker| Order::Bury(*worker))
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
            how: "signal 9".to_owned(),
        });
        let due = scene.fleet.due().expect("a restart is planned");
        waits.push((due - scene.now).as_millis());
        scene.pass(due - scene.now);
        scene.take_orders();
        scene.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
    }
    assert_eq!(waits, [100, 200, 400, 800]);
}

#[test]
fn draining_replaces_nobody() {
    let mut scene = Scene::serving(2);
    let all = scene.ready_workers();
    scene.say_as(pid_of(all[0]), ToMain::WantsRecycle { worker: all[0] });
    scene.take_orders();
    scene.happen(Event::Drain);
    scene.exit(all[1], ProcessEnd::Signal(9));
    scene.pass(secs(20));

    assert_eq!(scene.take_orders(), [Order::Bury(all[1])]);
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
            .map(|worker| Order::Retire(*worker))
            .collect::<Vec<_>>()
    );

    scene.exit(all[0], ProcessEnd::Code(0));
    assert_eq!(scene.take_orders(), [Order::Bury(all[0])]);
    scene.exit(all[1], ProcessEnd::Code(0));
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(all[1]), Order::Tell(ToTemplate::Stop)]
    );

    scene.happen(Event::TemplateGone {
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
    assert_eq!(scene.take_orders(), [Order::KillTemplate]);

    scene.happen(Event::TemplateGone {
        how: "signal 9".to_owned(),
    });
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(worker), Order::Finish(Ok(()))]
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
        [Order::KillTemplate, Order::Finish(Ok(()))]
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
        [Order::Tell(ToTemplate::Kill { worker })]
    );

    scene.exit(worker, ProcessEnd::Signal(9));
    assert_eq!(
        scene.take_orders(),
        [Order::Bury(worker), Order::Tell(ToTemplate::Stop)]
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

    assert_eq!(scene.take_orders(), [Order::KillTemplate]);
}

#[test]
fn a_template_that_dies_while_draining_is_not_replaced() {
    let mut scene = Scene::serving(1);
    scene.happen(Event::Drain);
    scene.happen(Event::TemplateGone {
        how: "signal 9".to_owned(),
    });
    scene.pass(secs(60));
    assert_eq!(scene.take_orders().len(), 1, "only the burial");

    scene.happen(Event::Stop {
        deadline: scene.now + secs(30),
    });
    assert_eq!(scene.take_orders(), [Order::Finish(Ok(()))]);
}

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
        scene.say(ToMain::Forked { worker, pid: 1 });
        scene.say(ToMain::ForkFailed {
            worker,
            message: message.clone(),
        });
        scene.say(ToMain::Exited {
            worker,
            pid: 1,
            end: ProcessEnd::Code(0),
        });
        scene.say(ToMain::Ready { worker });
        scene.say(ToMain::BootFailed { worker, message });
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
            worker: all[1],
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
    scene.happen(Event::Packet {
        message: ToMain::WantsRecycle { worker: all[1] },
        sender: None,
    });

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
            worker,
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
fn a_fork_that_fails_is_tried_again_later() {
    let mut scene = Scene::serving(1);
    let worker = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(worker, ProcessEnd::Signal(9));
    let worker = scene.take_forks()[0];
    scene.say(ToMain::ForkFailed {
        worker,
        message: "out of memory".to_owned(),
    });
    assert_eq!(scene.take_orders(), [Order::Bury(worker)]);

    scene.pass(ms(100));
    assert_eq!(scene.take_forks().len(), 1);
}
