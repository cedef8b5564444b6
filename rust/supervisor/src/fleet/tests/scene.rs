//! A fleet, its clock and its orders, for the stories beside.

use askr_exchange::control::{Child, Isolation, ProcessEnd};

use super::super::*;
use crate::config::{PoolConfig, Releases};

pub(super) const TEMPLATE_PID: u32 = 1000;

/// A fleet, its clock, and every order so far that was not looked at.
pub(super) struct Scene {
    pub(super) fleet: Fleet,
    pub(super) now: Instant,
    start: Instant,
    pub(super) orders: Vec<Order>,
}

impl Scene {
    /// A fleet whose template is asked for.
    pub(super) fn new(workers: u16) -> Self {
        Self::with(workers, |_| {})
    }

    pub(super) fn with(workers: u16, change: impl FnOnce(&mut SupervisorConfig)) -> Self {
        let pool = PoolConfig::new("http", Isolation::Request, workers);
        Self::of(vec![pool], change)
    }

    pub(super) fn of(pools: Vec<PoolConfig>, change: impl FnOnce(&mut SupervisorConfig)) -> Self {
        let releases = Releases::new(|_| Err("the fleet resolves nothing".to_owned()));
        let mut config = SupervisorConfig::new(pools, releases);
        config.canary.window = Duration::ZERO;
        change(&mut config);
        let now = Instant::now();
        let mut scene = Self {
            fleet: Fleet::new(&config, now),
            now,
            start: now,
            orders: Vec::new(),
        };
        scene.happen(Event::Due);
        scene
    }

    /// A fleet whose workers are all ready; nothing is left to look at.
    pub(super) fn serving(workers: u16) -> Self {
        Self::new(workers).served()
    }

    pub(super) fn served(mut self) -> Self {
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

    pub(super) fn happen(&mut self, event: Event) {
        let orders = self.fleet.handle(event, self.now);
        self.orders.extend(orders);
    }

    pub(super) fn say_as(&mut self, sender: u32, message: ToMain) {
        self.say_in(1, sender, message);
    }

    pub(super) fn say(&mut self, message: ToMain) {
        self.say_as(TEMPLATE_PID, message);
    }

    /// On a socket of a generation.
    pub(super) fn say_in(&mut self, generation: u32, sender: u32, message: ToMain) {
        self.happen(Event::Packet(Packet {
            generation,
            has_socket: matches!(message, ToMain::TemplateReady { .. }),
            message,
            sender: Some(sender),
            activity: Activity::default(),
        }));
    }

    /// A look at everybody who takes requests, who says that he has done that.
    pub(super) fn look(&mut self, did: impl Fn(&Member) -> Activity) {
        let pools = self.fleet.pools.iter().map(|pool| PoolLook {
            waiting: 0,
            workers: pool
                .members()
                .filter(|member| !member.is_starting())
                .map(|member| Look {
                    worker: member.worker,
                    activity: did(member),
                    is_idle: true,
                })
                .collect(),
        });
        let looks = Looks {
            now_ms: self.now_ms(),
            pools: pools.collect(),
        };
        self.happen(Event::Looked(looks));
    }

    /// By the clock of the workers.
    pub(super) fn now_ms(&self) -> u64 {
        let passed = self.now.duration_since(self.start);
        u64::try_from(passed.as_millis()).unwrap() + 1_000_000
    }

    pub(super) fn start_template(&mut self) {
        assert_eq!(self.take_orders(), [Order::StartTemplate(1)]);
        self.start_first(1);
    }

    /// The first template of a generation was ordered, and starts.
    pub(super) fn start_first(&mut self, generation: u32) {
        let pid = first_pid(generation);
        self.happen(Event::TemplateStarted { generation, pid });
        assert_eq!(self.take_orders(), [Order::Boot(generation)]);
        let php_version = "8.4.24".to_owned();
        self.say_in(generation, pid, ToMain::EngineReady { php_version });
    }

    /// Who forks that worker, and its process.
    pub(super) fn parent_of(&self, worker: WorkerId) -> (Parent, u32) {
        let member = self.fleet.member(worker).expect("it is known");
        let parent = member.parent;
        let pid = match parent.child {
            None => first_pid(parent.generation),
            Some(child) => child_pid(child),
        };
        (parent, pid)
    }

    pub(super) fn fork(&mut self, worker: WorkerId) {
        let (parent, sender) = self.parent_of(worker);
        let forked = ToMain::Forked {
            child: Child::Worker(worker),
            pid: pid_of(worker),
        };
        self.say_in(parent.generation, sender, forked);
    }

    pub(super) fn become_ready(&mut self, worker: WorkerId) {
        self.fork(worker);
        let (parent, _) = self.parent_of(worker);
        self.say_in(parent.generation, pid_of(worker), ToMain::Ready { worker });
    }

    pub(super) fn exit(&mut self, worker: WorkerId, end: ProcessEnd) {
        self.exit_having(worker, end, Activity::default());
    }

    /// A worker is reaped that had done this.
    pub(super) fn exit_having(&mut self, worker: WorkerId, end: ProcessEnd, activity: Activity) {
        let (parent, sender) = self.parent_of(worker);
        let message = ToMain::Exited {
            child: Child::Worker(worker),
            pid: pid_of(worker),
            end,
        };
        self.happen(Event::Packet(Packet {
            generation: parent.generation,
            message,
            sender: Some(sender),
            has_socket: false,
            activity,
        }));
    }

    pub(super) fn fail_boot(&mut self, worker: WorkerId, message: &str) {
        self.fork(worker);
        let (parent, _) = self.parent_of(worker);
        let failed = ToMain::BootFailed {
            child: Child::Worker(worker),
            message: message.to_owned(),
        };
        self.say_in(parent.generation, pid_of(worker), failed);
        self.exit(worker, ProcessEnd::Code(255));
    }

    /// A first template is gone with everybody it forked.
    pub(super) fn lose_first(&mut self, generation: u32) {
        let how = "signal 9".to_owned();
        self.happen(Event::TemplateGone { generation, how });
    }

    /// Lets time pass, with a look at every moment at which something is due.
    pub(super) fn pass(&mut self, time: Duration) {
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

    pub(super) fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// The workers that were ordered forked; other orders are dropped.
    pub(super) fn take_forks(&mut self) -> Vec<WorkerId> {
        let orders = self.take_orders().into_iter();
        orders
            .filter_map(|order| match order {
                Order::Tell(_, ToTemplate::Fork { worker, .. }) => Some(worker),
                _ => None,
            })
            .collect()
    }

    pub(super) fn ready_workers(&self) -> Vec<WorkerId> {
        self.fleet
            .members()
            .filter(|member| member.is_ready())
            .map(|member| member.worker)
            .collect()
    }
}

/// The first template of the first generation.
pub(super) const FIRST: Parent = Parent {
    generation: 1,
    child: None,
};

pub(super) fn first_pid(generation: u32) -> u32 {
    TEMPLATE_PID - 1 + generation
}

pub(super) fn child_pid(child: Child) -> u32 {
    match child {
        Child::Worker(worker) => pid_of(worker),
        Child::Template(template) => 1500 + template.0,
    }
}

pub(super) fn pid_of(worker: WorkerId) -> u32 {
    2000 + worker.incarnation
}

pub(super) fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

pub(super) fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}

pub(super) fn message_of(orders: &[Order]) -> Option<&RunError> {
    orders.iter().find_map(|order| match order {
        Order::Finish(Err(error)) => Some(error),
        _ => None,
    })
}
