//! A fleet, its clock and its orders, for the stories beside.

use askr_exchange::control::{Child, Isolation, ProcessEnd, TemplateConfig};

use super::super::*;

pub(super) const TEMPLATE_PID: u32 = 1000;

/// A fleet, its clock, and every order so far that was not looked at.
pub(super) struct Scene {
    pub(super) fleet: Fleet,
    pub(super) now: Instant,
    pub(super) orders: Vec<Order>,
}

impl Scene {
    /// A fleet whose template is asked for.
    pub(super) fn new(workers: u16) -> Self {
        Self::with(workers, |_| {})
    }

    pub(super) fn with(workers: u16, change: impl FnOnce(&mut SupervisorConfig)) -> Self {
        let template = TemplateConfig {
            script: None,
            pools: vec![Isolation::Request],
            root: "/app/public".into(),
            ini: Vec::new(),
            generation: 1,
            debug: false,
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
        self.happen(Event::Packet {
            message,
            sender: Some(sender),
        });
    }

    pub(super) fn say(&mut self, message: ToMain) {
        self.say_as(TEMPLATE_PID, message);
    }

    pub(super) fn start_template(&mut self) {
        assert_eq!(self.take_orders(), [Order::StartTemplate]);
        self.happen(Event::TemplateStarted { pid: TEMPLATE_PID });
        assert_eq!(self.take_orders(), [Order::Boot]);
        self.say(ToMain::EngineReady {
            php_version: "8.4.24".to_owned(),
        });
    }

    pub(super) fn fork(&mut self, worker: WorkerId) {
        self.say(ToMain::Forked {
            child: Child::Worker(worker),
            pid: pid_of(worker),
        });
    }

    pub(super) fn become_ready(&mut self, worker: WorkerId) {
        self.fork(worker);
        self.say_as(pid_of(worker), ToMain::Ready { worker });
    }

    pub(super) fn exit(&mut self, worker: WorkerId, end: ProcessEnd) {
        self.say(ToMain::Exited {
            child: Child::Worker(worker),
            pid: pid_of(worker),
            end,
        });
    }

    pub(super) fn fail_boot(&mut self, worker: WorkerId, message: &str) {
        self.fork(worker);
        let message = message.to_owned();
        self.say_as(
            pid_of(worker),
            ToMain::BootFailed {
                child: Child::Worker(worker),
                message,
            },
        );
        self.exit(worker, ProcessEnd::Code(255));
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
                Order::Tell(ToTemplate::Fork { worker, .. }) => Some(worker),
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
