//! Whatever happens, in whatever order, by whomever it is claimed: some things always hold.

use askr_exchange::control::{Child, Isolation, ProcessEnd};
use proptest::prelude::*;

use super::super::generation::{BootedPhase, First};
use super::super::*;
use super::books::Books;
use super::scene::*;
use crate::config::PoolConfig;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happening {
    Says {
        message: Claim,
        about: u32,
        sender: Sender,
    },
    TemplateGone {
        which: usize,
    },
    /// Everybody does what he was told.
    AllIsWell,
    /// Somebody looks, and sees replies of which some have failed.
    Looked {
        failures: u64,
    },
    Passes {
        ms: u64,
    },
    Reload {
        has_canary: bool,
    },
    Rollback,
    Drain,
    Stop {
        ms: u64,
    },
}

#[derive(Clone, Copy, Debug)]
enum Claim {
    EngineReady,
    EngineFailed,
    TemplateReady,
    Forked,
    ForkFailed,
    Exited,
    ExitedWell,
    Ready,
    BootFailed,
    WantsRecycle,
}

#[derive(Clone, Copy, Debug)]
enum Sender {
    First,
    Parent,
    Itself,
    Somebody,
}

fn happening() -> impl Strategy<Value = Happening> {
    let claim = proptest::sample::select(vec![
        Claim::EngineReady,
        Claim::EngineFailed,
        Claim::TemplateReady,
        Claim::TemplateReady,
        Claim::Forked,
        Claim::ForkFailed,
        Claim::Exited,
        Claim::ExitedWell,
        Claim::Ready,
        Claim::Ready,
        Claim::BootFailed,
        Claim::WantsRecycle,
        Claim::WantsRecycle,
    ]);
    let sender = proptest::sample::select(vec![
        Sender::First,
        Sender::Parent,
        Sender::Itself,
        Sender::Somebody,
    ]);
    prop_oneof![
        30 => (claim, 0..64_u32, sender)
            .prop_map(|(message, about, sender)| Happening::Says { message, about, sender }),
        10 => (0..8_000_u64).prop_map(|ms| Happening::Passes { ms }),
        5 => Just(Happening::AllIsWell),
        3 => (0..60_u64).prop_map(|failures| Happening::Looked { failures }),
        2 => (0..4_usize).prop_map(|which| Happening::TemplateGone { which }),
        3 => any::<bool>().prop_map(|has_canary| Happening::Reload { has_canary }),
        1 => Just(Happening::Rollback),
    ]
}

fn ending() -> impl Strategy<Value = Vec<Happening>> {
    prop_oneof![
        4 => Just(Vec::new()),
        1 => (happening(), 0..5_000_u64)
            .prop_map(|(more, ms)| vec![Happening::Drain, more, Happening::Stop { ms }]),
        1 => (happening(), 0..5_000_u64)
            .prop_map(|(more, ms)| vec![Happening::Stop { ms }, more]),
    ]
}

fn pools() -> impl Strategy<Value = Vec<PoolConfig>> {
    let isolation = proptest::sample::select(vec![
        Isolation::Request,
        Isolation::Worker { cow: true },
        Isolation::Fork,
    ]);
    let pool = (isolation, 1..4_u16)
        .prop_map(|(isolation, workers)| PoolConfig::new("http", isolation, workers));
    proptest::collection::vec(pool, 1..3)
}

/// A scene, and what its orders add up to.
struct Play {
    scene: Scene,
    books: Books,
    changes: u32,
}

impl Play {
    fn new(pools: Vec<PoolConfig>, window: Duration) -> Self {
        let mut play = Self {
            scene: Scene::of(pools, |config| {
                config.canary.window = window;
                config.refork_after = 50;
            }),
            books: Books::default(),
            changes: 0,
        };
        play.settle();
        play
    }

    fn happens(&mut self, happening: &Happening) {
        match happening {
            Happening::Says {
                message,
                about,
                sender,
            } => self.says(*message, *about, *sender),
            Happening::TemplateGone { which } => self.lose_template(*which),
            Happening::AllIsWell => self.all_is_well(),
            Happening::Looked { failures } => {
                let activity = Activity {
                    replies: 60,
                    failures: *failures,
                    ..Activity::default()
                };
                self.scene.look(|_| activity);
            }
            Happening::Passes { ms } => self.scene.pass(Duration::from_millis(*ms)),
            Happening::Reload { has_canary } => {
                let generation = self.scene.fleet.next_generation();
                let change = self.next_change();
                self.scene.happen(Event::Reload(Reload {
                    change,
                    generation,
                    has_canary: *has_canary,
                }));
            }
            Happening::Rollback => {
                let change = self.next_change();
                self.scene.happen(Event::Rollback { change });
            }
            Happening::Drain => self.scene.happen(Event::Drain),
            Happening::Stop { ms } => {
                let deadline = self.scene.now + Duration::from_millis(*ms);
                self.scene.happen(Event::Stop { deadline });
            }
        }
        self.settle();
    }

    fn next_change(&mut self) -> u32 {
        self.changes += 1;
        self.books.open.insert(self.changes);
        self.changes
    }

    /// Those of whom something can be said.
    fn children(&self) -> Vec<(Parent, Child)> {
        let fleet = &self.scene.fleet;
        let members = fleet.members();
        let members = members.map(|member| (member.parent, Child::Worker(member.worker)));
        let booted = fleet.generations.iter().flat_map(|each| &each.booted);
        let booted = booted.map(|booted| (booted.parent, booted.child));
        members.chain(booted).collect()
    }

    fn says(&mut self, claim: Claim, about: u32, sender: Sender) {
        let children = self.children();
        let stranger = WorkerId {
            seat: 3,
            incarnation: 7000 + about,
        };
        let place = about as usize % (children.len() + 1);
        let known = children.get(place).copied();
        let (parent, child) = known.unwrap_or((FIRST, Child::Worker(stranger)));
        let sender = match (sender, parent.child) {
            (Sender::First, _) | (Sender::Parent, None) => first_pid(parent.generation),
            (Sender::Parent, Some(other)) => child_pid(other),
            (Sender::Itself, _) => child_pid(child),
            (Sender::Somebody, _) => 7,
        };
        let message = message_of(claim, child);
        self.scene.say_in(parent.generation, sender, message);
    }

    fn lose_template(&mut self, which: usize) {
        let generations = self.scene.fleet.generations.iter();
        let alive: Vec<u32> = generations
            .filter(|each| !each.is_away())
            .map(|each| each.number)
            .collect();
        let Some(generation) = alive.get(which % alive.len().max(1)).copied() else {
            return;
        };
        self.books.running.remove(&generation);
        let how = "signal 9".to_owned();
        self.scene.happen(Event::TemplateGone { generation, how });
    }

    /// Everybody does what he was told, as far as that goes in one step.
    fn all_is_well(&mut self) {
        for generation in self.first_templates() {
            self.first_does_well(generation);
        }
        for (parent, child) in self.children() {
            self.settle();
            self.child_does_well(parent, child);
        }
        self.settle();
        self.scene.look(|_| Activity::default());
    }

    fn first_templates(&self) -> Vec<u32> {
        let generations = self.scene.fleet.generations.iter();
        generations.map(|each| each.number).collect()
    }

    fn first_does_well(&mut self, generation: u32) {
        let Some(each) = self.scene.fleet.generation(generation) else {
            return;
        };
        match each.first {
            First::Starting { .. } => {
                let php_version = "8".to_owned();
                let message = ToMain::EngineReady { php_version };
                self.scene
                    .say_in(generation, first_pid(generation), message);
            }
            First::Stopping { .. } | First::Killed { .. } => {
                self.books.running.remove(&generation);
                let how = "exit code 0".to_owned();
                self.scene.happen(Event::TemplateGone { generation, how });
            }
            First::Away { .. } | First::Up { .. } => {}
        }
        self.settle();
    }

    fn child_does_well(&mut self, parent: Parent, child: Child) {
        let sender = match parent.child {
            None => first_pid(parent.generation),
            Some(other) => child_pid(other),
        };
        let generation = parent.generation;
        let pid = child_pid(child);
        let forked = ToMain::Forked { child, pid };
        let end = ProcessEnd::Code(0);
        let exited = ToMain::Exited { child, pid, end };
        let fleet = &self.scene.fleet;
        let booted = fleet.generation(generation).and_then(|it| it.booted(child));
        if let Some((phase, known)) = booted.map(|booted| (booted.phase, booted.pid)) {
            match phase {
                BootedPhase::Up { .. } if known != Some(pid) => {
                    self.scene.say_in(generation, sender, forked);
                }
                BootedPhase::Booting { .. } => {
                    self.scene.say_in(generation, sender, forked);
                    let ready = ToMain::TemplateReady { child };
                    self.scene.say_in(generation, pid, ready);
                }
                BootedPhase::Ending { .. } => self.scene.say_in(generation, sender, exited),
                BootedPhase::Up { .. } => {}
            }
            return;
        }
        let Child::Worker(worker) = child else { return };
        match fleet.member(worker).map(|member| member.phase) {
            Some(Phase::Booting { .. }) => {
                self.scene.say_in(generation, sender, forked);
                let ready = ToMain::Ready { worker };
                self.scene.say_in(generation, pid, ready);
            }
            Some(Phase::Retiring | Phase::Killed { .. }) => {
                self.scene.say_in(generation, sender, exited);
            }
            Some(Phase::Lost { .. } | Phase::Ready { .. }) | None => {}
        }
    }

    /// Enters new orders, and starts templates that were ordered.
    fn settle(&mut self) {
        loop {
            let orders = self.scene.take_orders();
            if orders.is_empty() {
                return;
            }
            orders.iter().for_each(|order| self.books.enter(order));
            for order in &orders {
                if self.books.finished == 0 {
                    self.follow(order);
                }
            }
        }
    }

    /// What the shell does at once.
    fn follow(&mut self, order: &Order) {
        match *order {
            Order::StartTemplate(generation) => {
                let pid = first_pid(generation);
                self.scene
                    .happen(Event::TemplateStarted { generation, pid });
            }
            Order::Probe(pool, worker) => {
                let probed = Event::Probed {
                    asked: (pool, worker),
                    answer: Ok(204),
                    now_ms: self.scene.now_ms(),
                };
                self.scene.happen(probed);
            }
            _ => {}
        }
    }

    /// Never two members too many on a post, and never more than there are seats.
    fn check_posts(&self) {
        for pool in &self.scene.fleet.pools {
            for post in pool.posts.iter().chain(&pool.beside) {
                assert!(post.members().len() <= 2, "{post:?}");
            }
            let seats = usize::from(pool.config.seat_count());
            assert!(pool.members().count() <= seats);
        }
    }

    /// Where all is well for long enough everybody runs the code of one generation.
    fn converge(&mut self) {
        for _ in 0..400 {
            if self.books.finished > 0 {
                return;
            }
            self.all_is_well();
            self.settle();
            self.scene.pass(secs(5));
            self.settle();
            self.check_posts();
        }
        let fleet = &self.scene.fleet;
        if !fleet.is_running() {
            return;
        }
        assert!(fleet.trial.is_none() && fleet.roll.is_none(), "{fleet:#?}");
        assert!(self.books.open.is_empty(), "somebody waits for ever");
        let generations: Vec<u32> = self.first_templates();
        assert_eq!(generations, [fleet.current], "one generation in the end");
        let booted = fleet.generations[0].booted.len();
        assert_eq!(booted, usize::from(fleet.pools.iter().any(Pool::is_booted)));
        for pool in &fleet.pools {
            let is_well =
                |member: &Member| member.is_ready() && member.parent.generation == fleet.current;
            assert!(pool.posts.iter().all(|post| post.members().len() == 1));
            assert!(pool.beside.is_empty());
            assert!(pool.members().all(is_well), "{pool:?}");
        }
    }

    fn kill(&mut self) {
        self.scene.happen(Event::Kill);
        self.settle();
        self.scene.pass(Duration::from_secs(60));
        self.settle();
    }
}

fn message_of(claim: Claim, child: Child) -> ToMain {
    let (pid, message) = (child_pid(child), "boo".to_owned());
    let worker = match child {
        Child::Worker(worker) => worker,
        Child::Template(template) => WorkerId {
            seat: 0,
            incarnation: template.0,
        },
    };
    let exited = |end| ToMain::Exited { child, pid, end };
    match claim {
        Claim::EngineReady => ToMain::EngineReady {
            php_version: "8".to_owned(),
        },
        Claim::EngineFailed => ToMain::EngineFailed { message },
        Claim::TemplateReady => ToMain::TemplateReady { child },
        Claim::Forked => ToMain::Forked { child, pid },
        Claim::ForkFailed => ToMain::ForkFailed { child, message },
        Claim::Exited => exited(ProcessEnd::Signal(11)),
        Claim::ExitedWell => exited(ProcessEnd::Code(0)),
        Claim::Ready => ToMain::Ready { worker },
        Claim::BootFailed => ToMain::BootFailed { child, message },
        Claim::WantsRecycle => ToMain::WantsRecycle { worker },
    }
}

proptest! {
    #[test]
    fn seats_generations_and_the_end_are_in_order(
        pools in pools(),
        window_ms in proptest::sample::select(vec![0_u64, 3_000]),
        happenings in proptest::collection::vec(happening(), 0..120),
        ending in ending(),
    ) {
        let mut play = Play::new(pools, ms(window_ms));
        for happening in happenings.iter().chain(&ending) {
            if play.books.finished > 0 {
                break;
            }
            play.happens(happening);
            play.check_posts();
        }
        if play.books.finished == 0 {
            play.converge();
        }
        if play.books.finished == 0 {
            play.kill();
        }
        prop_assert_eq!(play.books.finished, 1);
        prop_assert!(play.books.living.is_empty());
        prop_assert_eq!(play.scene.fleet.due(), None);
    }
}
