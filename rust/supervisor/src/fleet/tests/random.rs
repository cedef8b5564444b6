//! Whatever happens, in whatever order, by whomever it is claimed: some things always hold.

use std::collections::BTreeSet;

use askr_exchange::control::{Child, ProcessEnd};
use proptest::prelude::*;

use super::super::*;
use super::scene::*;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happening {
    Says {
        message: Claim,
        about: u32,
        sender: Sender,
    },
    TemplateGone,
    Passes {
        ms: u64,
    },
    Drain,
    Stop {
        ms: u64,
    },
}

#[derive(Clone, Copy, Debug)]
enum Claim {
    EngineReady,
    EngineFailed,
    Forked,
    ForkFailed,
    Exited,
    Ready,
    BootFailed,
    WantsRecycle,
}

#[derive(Clone, Copy, Debug)]
enum Sender {
    Template,
    Itself,
    Somebody,
}

fn happening() -> impl Strategy<Value = Happening> {
    let claim = proptest::sample::select(vec![
        Claim::EngineReady,
        Claim::EngineFailed,
        Claim::Forked,
        Claim::ForkFailed,
        Claim::Exited,
        Claim::Ready,
        Claim::Ready,
        Claim::BootFailed,
        Claim::WantsRecycle,
        Claim::WantsRecycle,
    ]);
    let sender = proptest::sample::select(vec![Sender::Template, Sender::Itself, Sender::Somebody]);
    prop_oneof![
        30 => (claim, 0..24_u32, sender)
            .prop_map(|(message, about, sender)| Happening::Says { message, about, sender }),
        10 => (0..8_000_u64).prop_map(|ms| Happening::Passes { ms }),
        1 => Just(Happening::TemplateGone),
        1 => Just(Happening::Drain),
        1 => (0..5_000_u64).prop_map(|ms| Happening::Stop { ms }),
    ]
}

/// What the orders so far add up to.
#[derive(Default)]
struct Books {
    living: BTreeSet<WorkerId>,
    template_runs: bool,
    finished: u32,
}

impl Books {
    fn enter(&mut self, order: &Order) {
        assert_eq!(self.finished, 0, "{order:?} after the end");
        match order {
            Order::StartTemplate => {
                assert!(!self.template_runs && self.living.is_empty());
                self.template_runs = true;
            }
            Order::Tell(ToTemplate::Fork { worker, .. }) => {
                let is_taken = self.living.iter().any(|other| other.seat == worker.seat);
                assert!(
                    self.template_runs && !is_taken,
                    "{worker} on a seat that is taken"
                );
                self.living.insert(*worker);
            }
            Order::Retire(worker) => assert!(self.living.contains(worker)),
            Order::Bury(worker, _) => assert!(self.living.remove(worker), "{worker} buried twice"),
            Order::Finish(_) => self.finished += 1,
            // From now on it counts as gone; if it never is, another is started in the end.
            Order::KillTemplate => self.template_runs = false,
            Order::Boot | Order::Serve | Order::Reloaded | Order::Tell(_) => {}
        }
    }
}

/// Plays one happening.
fn play(scene: &mut Scene, happening: &Happening) {
    match happening {
        Happening::Says {
            message,
            about,
            sender,
        } => {
            let worker = scene
                .fleet
                .members()
                .nth(*about as usize % 5)
                .map(|member| member.worker);
            let worker = worker.unwrap_or(WorkerId {
                seat: 3,
                incarnation: *about,
            });
            let sender = match sender {
                Sender::Template => TEMPLATE_PID,
                Sender::Itself => pid_of(worker),
                Sender::Somebody => 7,
            };
            scene.say_as(sender, message_of(*message, worker));
        }
        Happening::TemplateGone => scene.happen(Event::TemplateGone {
            how: "signal 9".to_owned(),
        }),
        Happening::Passes { ms } => scene.pass(Duration::from_millis(*ms)),
        Happening::Drain => scene.happen(Event::Drain),
        Happening::Stop { ms } => {
            let deadline = scene.now + Duration::from_millis(*ms);
            scene.happen(Event::Stop { deadline });
        }
    }
}

fn message_of(claim: Claim, worker: WorkerId) -> ToMain {
    let (pid, message) = (pid_of(worker), "boo".to_owned());
    match claim {
        Claim::EngineReady => ToMain::EngineReady {
            php_version: "8".to_owned(),
        },
        Claim::EngineFailed => ToMain::EngineFailed { message },
        Claim::Forked => ToMain::Forked {
            child: Child::Worker(worker),
            pid,
        },
        Claim::ForkFailed => ToMain::ForkFailed {
            child: Child::Worker(worker),
            message,
        },
        Claim::Exited => ToMain::Exited {
            child: Child::Worker(worker),
            pid,
            end: ProcessEnd::Signal(11),
        },
        Claim::Ready => ToMain::Ready { worker },
        Claim::BootFailed => ToMain::BootFailed {
            child: Child::Worker(worker),
            message,
        },
        Claim::WantsRecycle => ToMain::WantsRecycle { worker },
    }
}

/// Enters new orders, and starts a template that was ordered.
fn settle(scene: &mut Scene, books: &mut Books) {
    loop {
        let orders = scene.take_orders();
        if orders.is_empty() {
            return;
        }
        orders.iter().for_each(|order| books.enter(order));
        if orders.contains(&Order::StartTemplate) {
            scene.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
        }
    }
}

proptest! {
    #[test]
    fn seats_burials_and_the_end_are_in_order(
        workers in 1..4_u16,
        happenings in proptest::collection::vec(happening(), 0..120),
    ) {
        let mut scene = Scene::new(workers);
        let mut books = Books::default();
        settle(&mut scene, &mut books);
        for happening in &happenings {
            if matches!(happening, Happening::TemplateGone) {
                if matches!(scene.fleet.template, Template::Away { .. }) {
                    continue;
                }
                books.template_runs = false;
            }
            play(&mut scene, happening);
            settle(&mut scene, &mut books);
            prop_assert!(books.living.len() <= usize::from(workers) * 2);
            if books.finished > 0 {
                break;
            }
        }
        if books.finished == 0 {
            scene.happen(Event::Kill);
            settle(&mut scene, &mut books);
            scene.pass(Duration::from_secs(60));
            settle(&mut scene, &mut books);
        }
        prop_assert_eq!(books.finished, 1);
        prop_assert!(books.living.is_empty());
        prop_assert_eq!(scene.fleet.due(), None);
    }
}
