//! Workers that are forked from a template that has booted the application.

use askr_exchange::control::{Child, Isolation, ProcessEnd, TemplateId};

use super::super::*;
use super::scene::*;
use crate::config::PoolConfig;

const COW: Isolation = Isolation::Worker { cow: true };
const KILLED: ProcessEnd = ProcessEnd::Signal(9);

impl Scene {
    /// A fleet of one pool whose template has booted, all workers ready.
    pub(super) fn booted(pool: PoolConfig, change: impl FnOnce(&mut SupervisorConfig)) -> Self {
        let mut scene = Self::of(vec![pool], change);
        scene.start_template();
        scene.boot();
        loop {
            let forks = scene.take_forks();
            if forks.is_empty() {
                return scene;
            }
            forks
                .into_iter()
                .for_each(|worker| scene.become_ready(worker));
        }
    }

    /// The template that was ordered boots; returns its name.
    pub(super) fn boot(&mut self) -> Parent {
        let orders = self.take_orders();
        let ordered = orders.iter().find_map(|order| match order {
            Order::Tell(parent, ToTemplate::ForkTemplate { template }) => {
                Some((parent.generation, Child::Template(*template)))
            }
            _ => None,
        });
        let (generation, child) = ordered.unwrap_or_else(|| panic!("{orders:?}"));
        let pid = child_pid(child);
        self.say_in(
            generation,
            first_pid(generation),
            ToMain::Forked { child, pid },
        );
        self.say_in(generation, pid, ToMain::TemplateReady { child });
        let child = Some(child);
        let parent = Parent { generation, child };
        assert!(
            self.orders.contains(&Order::Listen(parent)),
            "{:?}",
            self.orders
        );
        parent
    }

    /// The first template has reaped it.
    fn reaped(&mut self, child: Child, end: ProcessEnd) {
        let pid = child_pid(child);
        self.say(ToMain::Exited { child, pid, end });
    }
}

fn template(number: u32) -> Parent {
    Parent {
        generation: 1,
        child: Some(Child::Template(TemplateId(number))),
    }
}

fn served(count: u64) -> Activity {
    Activity {
        replies: count,
        ..Activity::default()
    }
}

#[test]
fn nobody_is_forked_before_the_application_is_booted() {
    let mut scene = Scene::of(vec![PoolConfig::new("http", COW, 2)], |_| {});
    scene.start_template();
    let template = TemplateId(1);
    assert_eq!(
        scene.orders,
        [Order::Tell(FIRST, ToTemplate::ForkTemplate { template })]
    );

    let parent = scene.boot();

    let forks = scene.take_forks();
    assert_eq!(forks.len(), 1, "one first");
    assert_eq!(scene.parent_of(forks[0]).0, parent);
}

#[test]
fn an_application_that_does_not_boot_in_a_template_is_given_up_with_its_message() {
    let mut scene = Scene::of(vec![PoolConfig::new("http", COW, 2)], |_| {});
    scene.start_template();
    for attempt in 1..=3 {
        let child = Child::Template(TemplateId(attempt));
        let pid = child_pid(child);
        scene.take_orders();
        scene.say(ToMain::Forked { child, pid });
        let message = "never calls askr_cow_ready()".to_owned();
        scene.say_as(pid, ToMain::BootFailed { child, message });
        scene.reaped(child, ProcessEnd::Code(70));
        scene.pass(secs(1));
    }
    scene.lose_first(1);

    let message = "never calls askr_cow_ready()".to_owned();
    let attempts = 3;
    let error = RunError::BootFailed { attempts, message };
    assert_eq!(message_of(&scene.take_orders()), Some(&error));
}

#[test]
fn a_booted_template_that_dies_leaves_orphans_and_is_replaced() {
    let mut scene = Scene::booted(PoolConfig::new("http", COW, 2), |_| {});
    let workers = scene.ready_workers();
    scene.pass(secs(1));

    scene.reaped(Child::Template(TemplateId(1)), KILLED);

    let orders = scene.take_orders();
    assert!(orders.contains(&Order::HangUp(template(1))));
    for worker in &workers {
        let (child, pid) = (Child::Worker(*worker), pid_of(*worker));
        let adopt = Order::Tell(FIRST, ToTemplate::Adopt { child, pid });
        assert!(orders.contains(&adopt), "{orders:?}");
    }
    let template = TemplateId(2);
    let again = Order::Tell(FIRST, ToTemplate::ForkTemplate { template });
    assert!(orders.contains(&again), "at once, as it had served");
    scene.orders = vec![again];
    scene.boot();
    for worker in workers {
        scene.reaped(Child::Worker(worker), KILLED);
        let buried = Order::Bury(0, worker, Some(KILLED));
        assert!(scene.orders.contains(&buried), "{:?}", scene.orders);
    }
    assert_eq!(scene.take_forks().len(), 2);
}

#[test]
fn a_worker_of_which_nothing_is_known_when_its_template_dies_is_waited_for() {
    let mut scene = Scene::booted(PoolConfig::new("http", COW, 1), |_| {});
    let worker = scene.ready_workers()[0];
    scene.pass(secs(1));
    scene.exit(worker, KILLED);
    let forked = scene.take_forks()[0];

    scene.reaped(Child::Template(TemplateId(1)), KILLED);

    let is_burial = |order: &Order| matches!(order, Order::Bury(..));
    assert!(!scene.take_orders().iter().any(is_burial));
    scene.pass(ms(100));
    assert!(scene.take_orders().contains(&Order::Bury(0, forked, None)));
}

#[test]
fn children_that_took_their_one_request_are_replaced_without_a_word() {
    let mut pool = PoolConfig::new("http", Isolation::Fork, 1);
    pool.max_requests = 1;
    let mut scene = Scene::booted(pool, |_| {});
    let ready = scene.ready_workers();
    assert_eq!(ready.len(), 3, "two wait ahead");
    for round in 0..50 {
        let worker = scene.ready_workers()[0];
        scene.exit(worker, ProcessEnd::Code(0));
        let forks = scene.take_forks();
        assert_eq!(forks.len(), 1, "at once, round {round}");
        scene.become_ready(forks[0]);
        scene.take_orders();
    }
}

#[test]
fn where_no_worker_can_be_put_back_some_wait_ahead() {
    let mut scene = Scene::booted(PoolConfig::new("http", Isolation::Fork, 2), |_| {});
    let ready = scene.ready_workers();
    assert_eq!(ready.len(), 2);
    let obstacle = |worker, reason: &str, is_lasting| ToMain::NotRewound {
        worker,
        reason: reason.to_owned(),
        is_lasting,
    };

    scene.say_as(pid_of(ready[0]), obstacle(ready[0], "it forked", false));
    assert!(scene.take_forks().is_empty());
    scene.say_as(pid_of(ready[1]), obstacle(ready[0], "never", true));
    assert!(scene.take_forks().is_empty(), "it speaks for another");
    scene.say_as(pid_of(ready[0]), obstacle(ready[0], "never", true));

    assert_eq!(scene.take_forks().len(), 2);
}

#[test]
fn children_that_crash_are_slowed_down_unless_it_was_in_a_request() {
    let mut scene = Scene::booted(PoolConfig::new("http", Isolation::Fork, 2), |_| {});
    let workers = scene.ready_workers();

    scene.exit_having(workers[0], ProcessEnd::Signal(11), served(0));
    assert!(scene.take_forks().is_empty());
    scene.pass(ms(100));
    assert_eq!(scene.take_forks().len(), 1);

    scene.exit_having(workers[1], ProcessEnd::Signal(11), served(1));
    assert_eq!(scene.take_forks().len(), 1);
}

#[test]
fn the_warmest_worker_becomes_the_template_of_the_others() {
    let mut scene = Scene::booted(PoolConfig::new("http", COW, 2), |config| {
        config.refork_after = 1000;
    });
    let workers = scene.ready_workers();
    scene.look(|_| served(999));
    assert_eq!(scene.take_orders(), []);

    scene.look(|member| served(1000 + u64::from(member.worker == workers[1])));

    let successor = scene.take_forks()[0];
    scene.become_ready(successor);
    assert_eq!(scene.take_orders(), [Order::Promote(0, workers[1])]);
    let child = Child::Worker(workers[1]);
    scene.say_as(pid_of(workers[1]), ToMain::TemplateReady { child });
    let heir = Parent {
        generation: 1,
        child: Some(child),
    };
    let orders = scene.take_orders();
    assert!(orders.contains(&Order::Listen(heir)));
    assert!(
        orders.contains(&Order::Bury(0, workers[1], None)),
        "its seat is free"
    );

    scene.orders = orders;
    let mut rounds = 0;
    while let [worker] = scene.take_forks()[..] {
        assert_eq!(scene.parent_of(worker).0, heir);
        scene.become_ready(worker);
        let retired = scene.orders.iter().find_map(|order| match order {
            Order::Retire(_, worker) => Some(*worker),
            _ => None,
        });
        scene.exit(retired.unwrap(), ProcessEnd::Code(0));
        rounds += 1;
        if rounds == 2 {
            break;
        }
    }
    let stop = Order::Tell(template(1), ToTemplate::Stop);
    assert!(scene.take_orders().contains(&stop), "nobody is left of it");
    scene.reaped(Child::Template(TemplateId(1)), ProcessEnd::Code(0));
    let pid = pid_of(workers[1]);
    let adopt = Order::Tell(FIRST, ToTemplate::Adopt { child, pid });
    assert_eq!(scene.take_orders(), [Order::HangUp(template(1)), adopt]);
}

#[test]
fn nothing_is_lost_when_the_new_template_dies_at_once() {
    let mut scene = Scene::booted(PoolConfig::new("http", COW, 1), |config| {
        config.refork_after = 1;
    });
    let warm = scene.ready_workers()[0];
    scene.look(|_| served(1));
    let successor = scene.take_forks()[0];
    scene.become_ready(successor);
    scene.take_orders();

    let (child, pid, end) = (Child::Worker(warm), pid_of(warm), KILLED);
    let before = child_pid(Child::Template(TemplateId(1)));
    scene.say_as(before, ToMain::Exited { child, pid, end });

    assert!(scene.take_orders().contains(&Order::Bury(0, warm, None)));
    assert_eq!(scene.ready_workers(), [successor]);
    scene.look(|_| served(1));
    assert_eq!(scene.take_orders(), [], "not again for a while");
    scene.pass(secs(1));
    scene.exit(successor, KILLED);
    let next = scene.take_forks()[0];
    assert_eq!(
        scene.parent_of(next).0,
        template(1),
        "the one before is there"
    );
}
