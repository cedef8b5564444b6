//! Loads that come and go, a look every 100 ms.

use super::*;

const LOOK_MS: u64 = 100;

/// A pool whose steps are carried out at once, or a little later.
struct Pool {
    scale: Scale,
    workers: usize,
    coming: usize,
    now_ms: u64,
    steps: Vec<(u64, Step)>,
}

impl Pool {
    fn new(min: usize, max: usize) -> Self {
        Self {
            scale: Scale::new(min, max),
            workers: min,
            coming: 0,
            now_ms: 1_000_000,
            steps: Vec::new(),
        }
    }

    /// `load` requests are there at every look.
    fn run(&mut self, seconds: u64, load: usize) {
        for _ in 0..seconds * 1000 / LOOK_MS {
            self.look(load);
            self.workers += std::mem::take(&mut self.coming);
        }
    }

    fn look(&mut self, load: usize) {
        let demand = Demand {
            workers: self.workers + self.coming,
            coming: self.coming,
            idle: self.workers.saturating_sub(load),
            waiting: load.saturating_sub(self.workers),
        };
        let step = self.scale.decide(demand, self.now_ms);
        match step {
            Step::Stay => {}
            Step::Add(count) => self.coming += count,
            Step::Remove(count) => self.workers -= count,
        }
        if step != Step::Stay {
            self.steps.push((self.now_ms, step));
        }
        self.now_ms += LOOK_MS;
    }
}

#[test]
fn workers_come_when_requests_wait_and_no_more_than_allowed() {
    let mut pool = Pool::new(2, 6);
    pool.run(5, 40);
    assert_eq!(pool.workers, 6);
    let sizes: Vec<Step> = pool.steps.iter().map(|&(_, step)| step).collect();
    assert_eq!(sizes, [Step::Add(2), Step::Add(2)]);
}

#[test]
fn a_moment_of_waiting_brings_nobody() {
    let mut pool = Pool::new(2, 6);
    for _ in 0..50 {
        pool.look(9);
        pool.look(9);
        pool.look(1);
    }
    assert_eq!(pool.steps, []);
}

#[test]
fn those_on_their_way_are_counted() {
    let mut pool = Pool::new(2, 6);
    for _ in 0..200 {
        pool.look(4);
    }
    assert_eq!(pool.coming, 2, "they take twenty seconds to boot");
    assert_eq!(pool.steps.len(), 1);
}

#[test]
fn idle_workers_leave_one_by_one_down_to_the_least() {
    let mut pool = Pool::new(2, 6);
    pool.run(5, 6);
    assert_eq!(pool.workers, 6);
    pool.run(29, 0);
    assert_eq!(pool.workers, 6);
    pool.run(300, 0);
    assert_eq!(pool.workers, 2);
    let is_removal = |step: &&(u64, Step)| matches!(step.1, Step::Remove(_));
    let removals: Vec<_> = pool.steps.iter().filter(is_removal).collect();
    assert_eq!(removals.len(), 4, "{removals:?}");
    let mut gaps = removals.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert!(gaps.all(|gap_ms| gap_ms >= CALM_MS));
}

#[test]
fn a_load_that_comes_in_waves_does_not_make_the_pool_flap() {
    let mut pool = Pool::new(2, 6);
    for _ in 0..120 {
        pool.run(40, 1);
        pool.run(20, 3);
    }
    let removals = pool
        .steps
        .iter()
        .filter(|(_, step)| matches!(step, Step::Remove(_)));
    let count = removals.count();
    assert!(count <= 6, "{count} in two hours of waves of a minute");
}

#[test]
fn a_pool_of_a_fixed_size_stays_as_it_is() {
    let mut pool = Pool::new(3, 3);
    pool.run(20, 30);
    pool.run(200, 0);
    assert_eq!(pool.steps, []);
}

#[test]
fn a_pool_outside_its_bounds_is_brought_back_at_once() {
    let mut scale = Scale::new(2, 4);
    let of = |workers| Demand {
        workers,
        ..Demand::default()
    };
    assert_eq!(scale.decide(of(0), 0), Step::Add(2));
    assert_eq!(scale.decide(of(7), 100), Step::Remove(3));
}

#[test]
fn counts_that_contradict_each_other_do_no_harm() {
    let mut scale = Scale::new(1, usize::MAX);
    for now_ms in [0, u64::MAX, 5] {
        let demand = Demand {
            workers: 1,
            coming: usize::MAX,
            idle: usize::MAX,
            waiting: usize::MAX,
        };
        assert_eq!(scale.decide(demand, now_ms), Step::Stay);
    }
}
