//! Windows of traffic, and what is to be made of them.

use std::time::Duration;

use askr_exchange::{Activity, WorkerId};

use super::*;

const WINDOW: Duration = Duration::from_secs(10);
const EARLY: Duration = Duration::from_millis(300);

fn replies(replies: u64, failures: u64) -> Tally {
    Tally {
        replies,
        failures,
        workers: 1,
        ..Tally::default()
    }
}

fn timed(replies: u64, mean_ms: u64) -> Tally {
    Tally {
        timed: replies,
        timed_us: replies * mean_ms * 1000,
        ..self::replies(replies, 0)
    }
}

fn verdict(elapsed: Duration, canary: &Tally, fleet: &Tally) -> Verdict {
    judge(&Thresholds::default(), elapsed, canary, fleet)
}

fn fault(verdict: &Verdict) -> Option<&Reason> {
    match verdict {
        Verdict::Unhealthy(evidence) => Some(&evidence.reason),
        _ => None,
    }
}

fn is_healthy(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Healthy(_))
}

#[test]
fn a_canary_that_answers_like_the_fleet_is_healthy_at_the_end_of_the_window() {
    let (canary, fleet) = (timed(400, 9), timed(4000, 8));
    assert_eq!(verdict(EARLY, &canary, &fleet), Verdict::Wait);
    assert!(is_healthy(&verdict(WINDOW, &canary, &fleet)));
}

#[test]
fn a_canary_that_fails_everything_is_found_out_after_three_replies() {
    let fleet = replies(500, 0);
    assert_eq!(verdict(EARLY, &replies(2, 2), &fleet), Verdict::Wait);
    let found = verdict(EARLY, &replies(3, 3), &fleet);
    assert_eq!(fault(&found), Some(&Reason::Failures));
}

#[test]
fn one_failure_never_decides() {
    for count in [2, 5, 20, 1000] {
        let found = verdict(WINDOW, &replies(count, 1), &replies(500, 0));
        assert!(is_healthy(&found), "1 of {count}: {found:?}");
    }
    assert_eq!(
        verdict(WINDOW, &replies(1, 1), &replies(500, 0)),
        Verdict::Probe,
        "nothing but one failure tells nothing"
    );
}

#[test]
fn a_tenth_of_failures_is_too_much_and_a_fiftieth_is_not() {
    let fleet = replies(4000, 0);
    let tenth = verdict(WINDOW, &replies(300, 30), &fleet);
    assert_eq!(fault(&tenth), Some(&Reason::Failures));
    assert!(is_healthy(&verdict(WINDOW, &replies(300, 6), &fleet)));
}

#[test]
fn a_canary_is_not_blamed_for_what_everybody_suffers() {
    let fleet = replies(4000, 1200);
    assert!(is_healthy(&verdict(WINDOW, &replies(300, 93), &fleet)));
    let worse = verdict(WINDOW, &replies(300, 200), &fleet);
    assert_eq!(fault(&worse), Some(&Reason::Failures));
}

#[test]
fn a_canary_that_fails_everything_beside_a_fleet_that_does_is_probed() {
    let found = verdict(WINDOW, &replies(300, 300), &replies(4000, 4000));
    assert_eq!(found, Verdict::Probe);
}

#[test]
fn few_failures_of_few_fleet_replies_excuse_nothing() {
    let found = verdict(EARLY, &replies(4, 4), &replies(2, 2));
    assert_eq!(fault(&found), Some(&Reason::Failures));
}

#[test]
fn a_canary_that_does_not_boot_is_unhealthy_at_once() {
    let mut trial = Trial::new(Thresholds::default(), 1000);
    trial.note_boot_failure(Side::Fleet);
    assert_eq!(trial.verdict(1000), Verdict::Wait);
    trial.note_boot_failure(Side::Canary);
    assert_eq!(fault(&trial.verdict(1000)), Some(&Reason::BootFailed));
}

#[test]
fn a_second_death_decides_at_once_and_one_is_forgiven_after_good_work() {
    let died = |deaths, successes| Tally {
        deaths,
        ..replies(successes, 0)
    };
    let fleet = Tally {
        workers: 4,
        ..replies(500, 0)
    };
    assert_eq!(verdict(EARLY, &died(1, 0), &fleet), Verdict::Wait);
    let twice = verdict(EARLY, &died(2, 90), &fleet);
    assert_eq!(fault(&twice), Some(&Reason::Deaths));
    let idle_since = verdict(WINDOW, &died(1, 3), &fleet);
    assert_eq!(fault(&idle_since), Some(&Reason::Deaths));
    assert!(is_healthy(&verdict(WINDOW, &died(1, 90), &fleet)));
}

#[test]
fn deaths_that_befall_everybody_are_nobodys_fault() {
    let canary = Tally {
        deaths: 6,
        ..replies(90, 0)
    };
    let fleet = Tally {
        deaths: 20,
        workers: 4,
        ..replies(500, 0)
    };
    assert!(is_healthy(&verdict(WINDOW, &canary, &fleet)));
}

#[test]
fn a_canary_several_times_slower_is_unhealthy_but_only_at_the_end() {
    let (canary, fleet) = (timed(100, 90), timed(900, 20));
    assert_eq!(verdict(EARLY, &canary, &fleet), Verdict::Wait);
    let found = verdict(WINDOW, &canary, &fleet);
    assert_eq!(fault(&found), Some(&Reason::Latency));
}

#[test]
fn a_few_slow_replies_or_a_few_ms_are_no_reason() {
    let fleet = timed(900, 1);
    assert!(is_healthy(&verdict(WINDOW, &timed(100, 5), &fleet)));
    assert!(is_healthy(&verdict(WINDOW, &timed(12, 900), &fleet)));
    let few = timed(3, 1);
    assert!(is_healthy(&verdict(WINDOW, &timed(100, 900), &few)));
}

#[test]
fn without_replies_the_canary_is_probed() {
    let found = verdict(WINDOW, &Tally::default(), &Tally::default());
    assert_eq!(found, Verdict::Probe);
}

#[test]
fn a_canary_that_never_comes_back_from_a_request_is_stuck() {
    let busy = |replies, seconds| Tally {
        busy_for: Duration::from_secs(seconds),
        ..self::replies(replies, 0)
    };
    let fleet = busy(500, 1);
    let found = verdict(WINDOW, &busy(0, 10), &fleet);
    assert_eq!(fault(&found), Some(&Reason::Stuck));
    assert_eq!(verdict(WINDOW, &busy(0, 3), &fleet), Verdict::Wait);
    assert_eq!(verdict(WINDOW, &busy(200, 7), &fleet), Verdict::Wait);
    assert!(is_healthy(&verdict(WINDOW, &busy(200, 3), &fleet)));
    assert!(is_healthy(&verdict(WINDOW, &busy(200, 10), &busy(500, 8))));
    assert_eq!(
        verdict(WINDOW * 2, &busy(0, 3), &fleet),
        Verdict::Probe,
        "one request after the other that is never answered"
    );
}

#[test]
fn a_probe_is_passed_by_any_answer_of_the_application() {
    let trial = Trial::new(Thresholds::default(), 1000);
    for status in [200, 204, 302, 404] {
        assert!(is_healthy(&trial.probed(Ok(status), 11_000)));
    }
    for status in [500, 502, 503] {
        let found = trial.probed(Ok(status), 11_000);
        assert_eq!(fault(&found), Some(&Reason::Probed { status }));
    }
    let silent = trial.probed(Err("no reply".to_owned()), 11_000);
    assert!(matches!(fault(&silent), Some(Reason::ProbeFailed { .. })));
}

#[test]
fn the_evidence_is_one_readable_line() {
    let Verdict::Unhealthy(evidence) = verdict(WINDOW, &timed(100, 90), &timed(900, 20)) else {
        panic!("it is several times slower");
    };
    assert_eq!(
        evidence.to_string(),
        "it is slower after 10.0 s; canary: 100 replies, 0 failed, 90.0 ms in the mean; \
         fleet: 900 replies, 0 failed, 20.0 ms in the mean"
    );
}

/// Steps through a window in looks of 100 ms.
struct Course {
    trial: Trial,
    now_ms: u64,
    canary: Activity,
    fleet: Activity,
}

const CANARY: WorkerId = WorkerId {
    seat: 4,
    incarnation: 9,
};
const OLD: WorkerId = WorkerId {
    seat: 0,
    incarnation: 1,
};

impl Course {
    fn new() -> Self {
        let fleet = Activity {
            replies: 70_000,
            failures: 9_000,
            busy_us: 900_000_000,
            ..Activity::default()
        };
        Self {
            trial: Trial::new(Thresholds::default(), 50_000),
            now_ms: 50_000,
            canary: Activity::default(),
            fleet,
        }
    }

    /// Each look finds a reply more on either side, that took `canary_us` and 2 ms.
    fn steps(&mut self, count: u64, canary_us: u64) {
        for _ in 0..count {
            self.look();
            serve(&mut self.canary, canary_us);
            serve(&mut self.fleet, 2000);
            self.now_ms += 100;
        }
        self.look();
    }

    fn look(&mut self) {
        let workers = [
            (Side::Canary, CANARY, self.canary),
            (Side::Fleet, OLD, self.fleet),
        ];
        self.trial.look(workers, self.now_ms);
    }

    fn verdict(&self) -> Verdict {
        self.trial.verdict(self.now_ms)
    }
}

fn serve(activity: &mut Activity, took_us: u64) {
    activity.replies += 1;
    activity.busy_us += took_us;
}

#[test]
fn what_the_fleet_did_before_the_window_does_not_count() {
    let mut course = Course::new();
    course.steps(100, 2000);
    let Verdict::Healthy(Evidence { fleet, canary, .. }) = course.verdict() else {
        panic!("{:?}", course.verdict());
    };
    assert_eq!((fleet.replies, fleet.failures), (100, 0));
    assert_eq!((canary.replies, canary.failures), (100, 0));
}

#[test]
fn the_first_replies_of_a_fresh_worker_may_be_slow() {
    let mut course = Course::new();
    course.steps(25, 400_000);
    course.steps(75, 2500);
    assert!(is_healthy(&course.verdict()), "{:?}", course.verdict());
}

#[test]
fn one_report_among_quick_replies_is_no_trend() {
    let mut course = Course::new();
    course.steps(60, 2500);
    course.steps(1, 6_000_000);
    course.steps(40, 2500);
    assert!(is_healthy(&course.verdict()), "{:?}", course.verdict());
}

#[test]
fn a_canary_that_stays_slow_is_found_out() {
    let mut course = Course::new();
    course.steps(100, 60_000);
    assert_eq!(fault(&course.verdict()), Some(&Reason::Latency));
}

#[test]
fn senseless_words_of_one_worker_do_not_judge_another() {
    let mut course = Course::new();
    course.steps(50, 2000);
    course.fleet = Activity {
        busy_since_ms: u64::MAX,
        deadline_ms: 7,
        replies: 0,
        failures: u64::MAX,
        busy_us: 1,
        waited_ms: 0,
    };
    course.steps(50, 2000);
    assert!(is_healthy(&course.verdict()), "{:?}", course.verdict());
}

#[test]
fn a_successor_of_a_dead_canary_is_judged_from_its_own_counts() {
    let mut course = Course::new();
    course.steps(30, 2000);
    course.trial.note_death(Side::Canary);
    course.canary = Activity::default();
    let successor = WorkerId {
        seat: 5,
        incarnation: 10,
    };
    for _ in 0..70 {
        serve(&mut course.canary, 2000);
        serve(&mut course.fleet, 2000);
        course.now_ms += 100;
        let workers = [
            (Side::Canary, successor, course.canary),
            (Side::Fleet, OLD, course.fleet),
        ];
        course.trial.look(workers, course.now_ms);
    }
    let Verdict::Healthy(evidence) = course.verdict() else {
        panic!("{:?}", course.verdict());
    };
    assert_eq!((evidence.canary.replies, evidence.canary.deaths), (100, 1));
}
