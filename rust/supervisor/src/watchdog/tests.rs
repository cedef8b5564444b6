//! Requests that take too long, and words that make no sense; a look every 100 ms.

use super::*;

const NEVER: [u64; 0] = [];
const LOOK_MS: u64 = 100;
const START_MS: u64 = 5_000_000;
const WORKER: WorkerId = WorkerId {
    seat: 1,
    incarnation: 7,
};

/// A worker that is looked at, and what came of it.
struct Scene {
    watchdog: Watchdog,
    now_ms: u64,
    sight: Sight,
    /// With the time from the beginning.
    alarms: Vec<(u64, Step)>,
    elapsed: Vec<Duration>,
}

impl Scene {
    /// Slow after 2 s, over after 10 s, dead after 3 s more.
    fn new() -> Self {
        Self::with(Deadlines {
            slow_request: Duration::from_secs(2),
            request_timeout: Duration::from_secs(10),
            grace: Duration::from_secs(3),
        })
    }

    fn with(deadlines: Deadlines) -> Self {
        let sight = Sight {
            worker: WORKER,
            activity: Activity::default(),
            lease: None,
            served: 40,
        };
        let mut scene = Self {
            watchdog: Watchdog::new(deadlines),
            now_ms: START_MS,
            sight,
            alarms: Vec::new(),
            elapsed: Vec::new(),
        };
        scene.look();
        scene
    }

    fn look(&mut self) {
        for alarm in self.watchdog.look(&[self.sight], self.now_ms) {
            assert_eq!(alarm.worker, WORKER);
            self.alarms.push((self.now_ms - START_MS, alarm.step));
            self.elapsed.push(alarm.elapsed);
        }
        self.now_ms += LOOK_MS;
    }

    fn looks_for(&mut self, seconds: u64) {
        (0..seconds * 1000 / LOOK_MS).for_each(|_| self.look());
    }

    /// The worker takes a request, 30 ms before the next look.
    fn take(&mut self, lease: u64) {
        self.sight.lease = Some(LeaseId(lease));
        self.sight.activity.busy_since_ms = self.now_ms - 30;
        self.sight.activity.deadline_ms = 0;
    }

    /// Its reply ends, and is given out.
    fn reply(&mut self) {
        self.sight.lease = None;
        self.sight.served += 1;
    }

    fn finish(&mut self) {
        self.reply();
        self.sight.activity.busy_since_ms = 0;
    }

    fn times(&self, is_it: impl Fn(&Step) -> bool) -> Vec<u64> {
        let found = self.alarms.iter().filter(|(_, step)| is_it(step));
        found.map(|&(at_ms, _)| at_ms).collect()
    }

    fn traced(&self) -> Vec<u64> {
        self.times(|step| *step == Step::Trace)
    }

    fn expired(&self) -> Vec<u64> {
        self.times(|step| matches!(step, Step::Expire { is_news: true, .. }))
    }

    fn retired(&self) -> Vec<u64> {
        self.times(|step| *step == Step::Retire)
    }

    fn killed(&self) -> Vec<u64> {
        self.times(|step| *step == Step::Kill)
    }
}

#[test]
fn a_request_that_never_ends_is_traced_told_and_killed_once_each() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(60);
    assert_eq!(scene.traced(), [2100]);
    assert_eq!(scene.expired(), [10_100]);
    assert_eq!(scene.retired(), [12_900]);
    assert_eq!(scene.killed(), [13_100]);
    assert_eq!(
        scene.alarms.last().unwrap().1,
        Step::Kill,
        "nothing after it"
    );
    assert_eq!(scene.elapsed.last().unwrap().as_millis(), 13_030);
}

#[test]
fn php_is_told_in_the_workers_own_words_and_reminded_ever_more_rarely() {
    let mut scene = Scene::new();
    scene.take(1);
    let own_ms = scene.sight.activity.busy_since_ms;
    scene.looks_for(60);
    let is_told = |step: &Step| matches!(step, Step::Expire { busy_since_ms, .. } if *busy_since_ms == own_ms);
    let told = scene.times(is_told);
    assert_eq!(told, [10_100, 10_200, 10_300, 10_500, 10_900, 11_700]);
}

#[test]
fn quick_requests_one_after_the_other_are_nobodys_business() {
    let mut scene = Scene::new();
    for lease in 0..600 {
        scene.take(lease);
        scene.look();
        scene.finish();
    }
    assert_eq!(scene.alarms, []);
}

#[test]
fn a_worker_that_is_never_seen_idle_still_has_many_requests() {
    let mut scene = Scene::new();
    for lease in 0..100 {
        scene.take(lease);
        scene.looks_for(1);
        scene.reply();
        scene.look();
    }
    assert_eq!(scene.alarms, []);
}

#[test]
fn what_is_done_after_the_reply_belongs_to_the_request() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(1);
    scene.reply();
    scene.looks_for(60);
    assert_eq!(scene.expired(), [10_100]);
    assert_eq!(scene.killed(), [13_100]);
}

#[test]
fn php_that_handles_the_error_in_time_is_left_alone_and_so_is_the_next_request() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(11);
    assert_eq!(scene.expired(), [10_100]);
    scene.finish();
    scene.look();
    scene.take(2);
    scene.looks_for(9);
    assert_eq!(scene.expired(), [10_100]);
    assert_eq!((scene.retired(), scene.killed()), (vec![], vec![]));
}

#[test]
fn php_may_have_more_time_or_all_of_it_but_not_less() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.sight.activity.deadline_ms = scene.now_ms + 30_000;
    scene.looks_for(60);
    assert_eq!(scene.expired(), [30_100]);

    let mut scene = Scene::new();
    scene.take(1);
    scene.sight.activity.deadline_ms = scene.now_ms + 1_000;
    scene.looks_for(11);
    assert_eq!(scene.expired(), [10_100]);

    let mut scene = Scene::new();
    scene.take(1);
    scene.sight.activity.deadline_ms = u64::MAX;
    scene.looks_for(600);
    assert_eq!(scene.alarms, [(2100, Step::Trace)]);
}

#[test]
fn what_a_client_takes_is_not_the_time_of_its_request() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(1);
    scene.sight.activity.waited_ms = 3_600_000;
    scene.looks_for(60);
    scene.sight.activity.waited_ms = 60_000;
    assert_eq!(scene.alarms, []);
    scene.looks_for(10);
    assert_eq!(scene.expired(), [70_100]);
}

#[test]
fn time_that_is_given_after_the_end_stays_the_execution() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(11);
    scene.sight.activity.deadline_ms = scene.now_ms + 4_000;
    scene.looks_for(60);
    assert_eq!(scene.expired(), [10_100, 15_100]);
    assert_eq!(scene.killed(), [18_100]);
}

#[test]
fn limits_that_are_zero_are_none() {
    let mut scene = Scene::with(Deadlines {
        slow_request: Duration::ZERO,
        request_timeout: Duration::ZERO,
        grace: Duration::ZERO,
    });
    scene.take(1);
    scene.looks_for(600);
    assert_eq!(scene.alarms, []);
    scene.sight.activity.deadline_ms = scene.now_ms + 5_000;
    scene.looks_for(10);
    assert_eq!(scene.alarms, [], "more than all is no less");
}

#[test]
fn without_grace_the_worker_still_takes_no_further_request_before_it_dies() {
    let mut scene = Scene::with(Deadlines {
        grace: Duration::ZERO,
        request_timeout: Duration::from_secs(1),
        ..Deadlines::default()
    });
    scene.take(1);
    scene.looks_for(5);
    assert_eq!(scene.retired(), [1100]);
    assert_eq!(scene.killed(), [1200]);
}

#[test]
fn a_request_that_ends_between_retirement_and_death_ends_well() {
    let mut scene = Scene::new();
    scene.take(1);
    while scene.retired().is_empty() {
        scene.look();
    }
    scene.finish();
    scene.looks_for(5);
    assert_eq!(scene.killed(), NEVER);
}

#[test]
fn senseless_times_do_not_shorten_a_request() {
    for claimed_ms in [1, START_MS - 1_000_000, START_MS * 2, u64::MAX, 0] {
        let mut scene = Scene::new();
        scene.take(1);
        scene.sight.activity.busy_since_ms = claimed_ms;
        scene.sight.activity.deadline_ms = 17;
        scene.looks_for(9);
        assert_eq!(scene.expired(), NEVER, "busy since {claimed_ms}");
        scene.finish();
        scene.looks_for(60);
        assert_eq!(scene.killed(), NEVER, "busy since {claimed_ms}");
    }
}

#[test]
fn senseless_times_do_not_prolong_one() {
    for claimed_ms in [1, START_MS * 2, u64::MAX, 0] {
        let mut scene = Scene::new();
        scene.take(1);
        scene.sight.activity.busy_since_ms = claimed_ms;
        scene.looks_for(60);
        assert_eq!(scene.killed(), [13_100], "busy since {claimed_ms}");
    }
}

#[test]
fn a_worker_that_pretends_to_have_ever_new_requests_is_not_believed() {
    let mut scene = Scene::new();
    scene.take(1);
    for _ in 0..200 {
        scene.sight.activity.busy_since_ms = scene.now_ms;
        scene.sight.activity.replies += 1;
        scene.look();
    }
    assert_eq!(scene.killed(), [13_100], "the lease is the same");

    let mut scene = Scene::new();
    scene.take(1);
    scene.look();
    scene.reply();
    scene.look();
    for _ in 0..300 {
        scene.sight.activity.busy_since_ms = scene.now_ms;
        scene.look();
    }
    assert_eq!(scene.killed().len(), 1, "nobody has sent it one since");
}

#[test]
fn a_reply_that_a_slow_client_still_reads_does_not_age_the_next_request() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(9);
    // It ends, the next one comes and has replied, and neither client is done.
    scene.sight.lease = None;
    scene.sight.activity.busy_since_ms = scene.now_ms;
    scene.looks_for(3);
    scene.sight.served += 2;
    scene.looks_for(5);
    assert_eq!(scene.expired(), NEVER);
}

#[test]
fn a_new_worker_on_the_seat_begins_anew() {
    let mut scene = Scene::new();
    scene.take(1);
    scene.looks_for(9);
    let successor = WorkerId {
        incarnation: 8,
        ..WORKER
    };
    let sight = Sight {
        worker: successor,
        lease: Some(LeaseId(2)),
        ..scene.sight
    };
    for _ in 0..90 {
        let alarms = scene.watchdog.look(&[sight], scene.now_ms);
        let is_end = |alarm: &Alarm| alarm.step != Step::Trace;
        assert!(!alarms.iter().any(is_end), "{alarms:?}");
        scene.now_ms += LOOK_MS;
    }
}

#[test]
fn each_of_many_workers_has_its_own_time() {
    let mut watchdog = Watchdog::new(Deadlines {
        slow_request: Duration::from_secs(1),
        ..Deadlines::default()
    });
    let sight = |seat: u16, since_ms| Sight {
        worker: WorkerId {
            seat,
            incarnation: u32::from(seat) + 1,
        },
        activity: Activity {
            busy_since_ms: since_ms,
            ..Activity::default()
        },
        lease: Some(LeaseId(u64::from(seat))),
        served: 0,
    };
    let mut slow = Vec::new();
    for look in 0..30_u64 {
        let now_ms = START_MS + look * LOOK_MS;
        let begun = (0..=look / 5).filter_map(|seat| u16::try_from(seat).ok());
        let sights: Vec<_> = begun.map(|seat| sight(seat, now_ms)).collect();
        let alarms = watchdog.look(&sights, now_ms);
        slow.extend(alarms.iter().map(|alarm| (alarm.worker.seat, look)));
    }
    assert_eq!(slow, [(0, 10), (1, 15), (2, 20), (3, 25)]);
}
