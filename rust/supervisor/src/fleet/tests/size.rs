//! Pools that grow and shrink, and pools that are given up.

use askr_exchange::control::{Isolation, ProcessEnd};

use super::super::*;
use super::scene::*;
use crate::config::PoolConfig;

impl Scene {
    /// A look that finds this many requests waiting, and everybody as `is_idle` says.
    fn find(&mut self, waiting: usize, is_idle: bool) {
        let workers = self.ready_workers().into_iter().map(|worker| Look {
            worker,
            activity: Activity::default(),
            is_idle,
        });
        let pools = vec![PoolLook {
            waiting,
            workers: workers.collect(),
        }];
        let now_ms = self.now_ms();
        self.happen(Event::Looked(Looks { now_ms, pools }));
    }
}

fn elastic() -> Scene {
    let pool = PoolConfig {
        workers: 1..=3,
        ..PoolConfig::new("http", Isolation::Request, 1)
    };
    Scene::of(vec![pool], |_| {}).served()
}

#[test]
fn workers_are_added_while_requests_wait_and_leave_when_they_are_idle() {
    let mut scene = elastic();
    assert_eq!(scene.ready_workers().len(), 1);
    for _ in 0..40 {
        scene.find(5, false);
        for worker in scene.take_forks() {
            scene.become_ready(worker);
        }
        scene.pass(ms(100));
    }
    assert_eq!(scene.ready_workers().len(), 3, "never more");

    for _ in 0..2000 {
        scene.find(0, true);
        for order in scene.take_orders() {
            if let Order::Retire(_, worker) = order {
                scene.exit(worker, ProcessEnd::Code(0));
            }
        }
        scene.pass(ms(100));
    }
    assert_eq!(scene.ready_workers().len(), 1, "never less");
}

#[test]
fn a_pool_in_which_nothing_becomes_ready_any_more_is_given_up_slowly() {
    let mut scene = Scene::serving(4);
    let began = scene.now;
    for worker in scene.ready_workers() {
        scene.exit(worker, ProcessEnd::Code(255));
    }
    let mut boots = 0;
    for _ in 0..1000 {
        if let Some(error) = message_of(&scene.orders) {
            let RunError::CrashLoop { pool, message, .. } = error else {
                panic!("{error:?}");
            };
            assert_eq!((&**pool, &**message), ("http", "disk full"));
            let took = scene.now.duration_since(began);
            assert!(took > secs(30) && took < secs(300), "{took:?}");
            assert!(boots < 40, "{boots} boots");
            return;
        }
        for worker in scene.take_forks() {
            scene.fail_boot(worker, "disk full");
            boots += 1;
        }
        scene.pass(secs(1));
        if scene.orders.contains(&Order::KillTemplate(1)) {
            scene.lose_first(1);
        }
    }
    panic!("it goes on for ever");
}

#[test]
fn a_pool_that_serves_is_not_given_up_for_workers_that_do_not_boot() {
    let mut scene = Scene::serving(2);
    let crashed = scene.ready_workers()[0];
    scene.exit(crashed, ProcessEnd::Code(255));
    for _ in 0..100 {
        scene.pass(secs(5));
        for worker in scene.take_forks() {
            scene.fail_boot(worker, "disk full");
        }
    }

    assert_eq!(message_of(&scene.take_orders()), None);
    assert_eq!(scene.ready_workers().len(), 1);
}
