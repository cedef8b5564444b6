//! From one generation to another: tried, rolled over, given up, rolled back.
//!
//! There is one current generation at any time, to which new workers belong. A generation on trial
//! becomes the current one as a whole or not at all; workers of others are then replaced post by
//! post, the replacement ready first.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use tracing::{error, info};

use super::generation::Generation;
use super::post::Member;
use super::probation::Probation;
use super::{Course, Fleet, KILL_GRACE, Order, Reload};
use crate::remote::Progress;

/// A generation that may become the current one.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) generation: u32,
    change: u32,
    has_canary: bool,
    /// One for each pool.
    pub(super) probations: Vec<Probation>,
}

/// Workers of other generations are being replaced.
#[derive(Debug)]
pub(super) struct Roll {
    /// Who waits for it; nobody when a change is taken back.
    change: Option<u32>,
}

/// The generation before: it has templates, and workers as long as they are being replaced.
#[derive(Debug)]
pub(super) struct Kept {
    generation: u32,
    /// Set once it has no workers.
    until: Option<Instant>,
}

impl Fleet {
    /// A new generation boots beside the current one, or alone where nothing is left.
    pub(super) fn reload(&mut self, reload: &Reload, now: Instant) {
        if matches!(self.course, Course::Resting(_)) {
            return self.revive(reload, now);
        }
        if !self.is_running() {
            let reason = "the server is shutting down".to_owned();
            self.order(Order::Forget(reload.generation));
            return self.report(reload.change, Progress::Failed(reason));
        }
        self.supersede("a newer reload was asked for", now);
        let generation = reload.generation;
        info!(generation, "new generation boots");
        self.generations.push(Generation::new(generation, now));
        self.trial = Some(Trial {
            generation,
            change: reload.change,
            has_canary: reload.has_canary && !self.plan.thresholds.window.is_zero(),
            probations: self.pools.iter().map(|_| Probation::default()).collect(),
        });
        let note = format!("generation {generation} boots");
        self.report(reload.change, Progress::Note(note));
    }

    /// Begins anew, as at the start.
    fn revive(&mut self, reload: &Reload, now: Instant) {
        let generation = reload.generation;
        info!(generation, "begins anew");
        self.course = Course::Running;
        let fresh = Generation::new(generation, now);
        for before in std::mem::replace(&mut self.generations, vec![fresh]) {
            self.order(Order::Forget(before.number));
        }
        self.current = generation;
        self.kept = None;
        (self.was_ready, self.serves) = (false, false);
        self.failed_boots = 0;
        self.pools.iter_mut().for_each(|pool| pool.failed_boots = 0);
        self.revival = Some(reload.change);
        self.order(Order::Current(generation, None));
    }

    /// Every pool has a worker again.
    pub(super) fn end_revival(&mut self) {
        if let Some(change) = self.revival.take() {
            let text = format!("generation {} serves", self.current);
            self.report(change, Progress::Done(text));
        }
    }

    /// The generation before takes over again.
    pub(super) fn roll_back(&mut self, change: u32, now: Instant) {
        if matches!(self.course, Course::Resting(_)) {
            let reason = "nothing runs; a reload begins anew".to_owned();
            return self.report(change, Progress::Failed(reason));
        }
        if !self.is_running() {
            let reason = "the server is shutting down".to_owned();
            return self.report(change, Progress::Failed(reason));
        }
        if self.trial.is_some() {
            self.supersede("a rollback was asked for", now);
            let text = format!("generation {} serves on", self.current);
            return self.report(change, Progress::Done(text));
        }
        match self.kept.as_ref().map(|kept| kept.generation) {
            Some(generation) => {
                info!(generation, "rollback");
                self.make_current(generation, Some(change));
            }
            None => {
                let reason = "no earlier generation is kept".to_owned();
                self.report(change, Progress::Failed(reason));
            }
        }
    }

    /// Goes on with what was begun as far as is possible now.
    pub(super) fn keep_change(&mut self, now: Instant) {
        let is_passed = self.trial.as_ref().is_some_and(|trial| {
            self.is_tried_everywhere(trial.generation) && (!trial.has_canary || self.have_passed())
        });
        if is_passed {
            self.pass_trial(now);
        }
        self.cut_old_boots_short(now);
        self.end_roll(now);
        let is_over = |kept: &Kept| kept.until.is_some_and(|until| until <= now);
        if let Some(kept) = self.kept.take_if(|kept| is_over(kept)) {
            info!(
                generation = kept.generation,
                "kept no longer for a rollback"
            );
        }
    }

    /// What is under way, in words.
    pub(crate) fn change(&self) -> Option<String> {
        if let Course::Resting(error) = &self.course {
            return Some(format!("nothing runs, a reload begins anew: {error}"));
        }
        let trial = self.trial.as_ref();
        let trial = trial.map(|trial| format!("generation {} is tried", trial.generation));
        let roll = self.roll.as_ref();
        trial.or(roll.map(|_| format!("workers are replaced by generation {}", self.current)))
    }

    /// The generation that a rollback would return to.
    pub(crate) fn kept(&self) -> Option<u32> {
        self.kept.as_ref().map(|kept| kept.generation)
    }

    /// When the generation before is not kept any longer.
    pub(super) fn keep_due(&self) -> Option<Instant> {
        let kept = self.kept.as_ref().filter(|_| self.is_running());
        kept.and_then(|kept| kept.until)
    }

    /// Whether the templates of a generation are kept, though no worker is forked from them.
    pub(super) fn is_kept(&self, number: u32) -> bool {
        let kept = self.kept.as_ref();
        kept.is_some_and(|kept| kept.generation == number)
    }

    /// The templates that were kept are gone.
    pub(super) fn lose_kept(&mut self, number: u32) {
        let lost = self.kept.take_if(|kept| kept.generation == number);
        if lost.is_some() && self.is_running() {
            info!(generation = number, "there is no rollback to it any more");
        }
    }

    pub(super) fn trial_is(&self, generation: u32) -> bool {
        let trial = self.trial.as_ref();
        trial.is_some_and(|trial| trial.generation == generation)
    }

    /// Whether every pool has a worker of a generation that takes requests.
    fn is_tried_everywhere(&self, generation: u32) -> bool {
        let is_ready =
            |member: &Member| member.parent.generation == generation && member.is_ready();
        self.pools.iter().all(|pool| pool.members().any(is_ready))
    }

    /// A canary takes requests.
    pub(super) fn favour_canary(&mut self, index: usize, worker: WorkerId, generation: u32) {
        let is_its = |trial: &Trial| trial.has_canary && trial.generation == generation;
        if self.trial.as_ref().is_some_and(is_its) {
            self.order(Order::Favour(index, Some(worker)));
        }
    }

    /// No canary takes requests before others any more.
    fn favour_nobody(&mut self, trial: &Trial) {
        for index in 0..self.pools.len() {
            if trial.has_canary {
                self.order(Order::Favour(index, None));
            }
        }
    }

    fn pass_trial(&mut self, now: Instant) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        let generation = trial.generation;
        self.favour_nobody(&trial);
        if trial.has_canary {
            info!(generation, "canary healthy — rolling the rest");
            let note = "canary healthy — rolling the rest".to_owned();
            self.report(trial.change, Progress::Note(note));
        }
        self.make_current(generation, Some(trial.change));
        for index in 0..self.pools.len() {
            self.seat_canary(index, now);
        }
    }

    /// The canary of a pool takes a post; whoever held it leaves.
    fn seat_canary(&mut self, index: usize, now: Instant) {
        let current = self.current;
        let pool = &mut self.pools[index];
        let is_canary = |member: &Member| member.parent.generation == current && member.is_ready();
        let mut beside = pool.beside.iter();
        let Some(at) = beside.position(|post| post.members().iter().any(is_canary)) else {
            return;
        };
        let canary = pool.beside.swap_remove(at);
        let vacant = pool.posts.iter().position(|post| post.is_vacant());
        let before = std::mem::replace(&mut pool.posts[vacant.unwrap_or(0)], canary);
        let members = before.members().iter();
        let leaving: Vec<WorkerId> = members.map(|member| member.worker).collect();
        pool.beside.push(before);
        self.dismiss(|member| leaving.contains(&member.worker), now);
    }

    /// Those of `leaves` who take requests are asked to leave, those who boot are killed.
    fn dismiss(&mut self, leaves: impl Fn(&Member) -> bool, now: Instant) {
        self.retire(&leaves);
        self.kill_booting(leaves, now);
    }

    /// A roll does not wait for workers of the code before that may never be ready.
    fn cut_old_boots_short(&mut self, now: Instant) {
        if self.roll.is_none() {
            return;
        }
        let trial = self.trial.as_ref().map(|trial| trial.generation);
        let wanted = [Some(self.current), trial];
        self.kill_booting(
            |member| !wanted.contains(&Some(member.parent.generation)),
            now,
        );
    }

    /// Whether the member is to be replaced by one of the current generation.
    pub(super) fn is_old(&self, member: &Member) -> bool {
        let generation = member.parent.generation;
        generation != self.current && !self.trial_is(generation)
    }

    fn kill_booting(&mut self, is_meant: impl Fn(&Member) -> bool, now: Instant) {
        let booting = self.members().filter(|member| member.is_booting());
        let booting = booting.filter(|member| is_meant(member));
        let booting: Vec<WorkerId> = booting.map(|member| member.worker).collect();
        for worker in booting {
            self.kill(worker, now + KILL_GRACE);
        }
    }

    fn make_current(&mut self, generation: u32, change: Option<u32>) {
        let before = std::mem::replace(&mut self.current, generation);
        let reason = format!("generation {generation} takes over");
        self.end_roll_with(Progress::Failed(reason));
        self.kept = Some(Kept {
            generation: before,
            until: None,
        });
        self.roll = Some(Roll { change });
        self.pools.iter_mut().for_each(|pool| pool.failed_boots = 0);
        self.order(Order::Current(generation, Some(before)));
    }

    fn end_roll(&mut self, now: Instant) {
        let current = self.current;
        if self.roll.is_none() || self.members().any(|member| self.is_old(member)) {
            return;
        }
        info!(
            generation = current,
            "every worker runs the current generation"
        );
        let text = format!("generation {current} serves");
        self.end_roll_with(Progress::Done(text));
        let until = now + self.plan.rollback_keep;
        if let Some(kept) = &mut self.kept {
            kept.until = Some(until);
        }
    }

    fn end_roll_with(&mut self, end: Progress) {
        let roll = self.roll.take();
        if let Some(change) = roll.and_then(|roll| roll.change) {
            self.report(change, end);
        }
    }

    /// Workers of the current generation do not become ready while others are still replaced: the
    /// generation before takes over again, if it can. Returns whether it does.
    pub(super) fn undo_roll(&mut self, message: &str) -> bool {
        let Some(kept) = self.kept.as_ref().map(|kept| kept.generation) else {
            return false;
        };
        let is_up = self.generation(kept).is_some_and(Generation::is_up);
        if self.roll.as_ref().is_none_or(|roll| roll.change.is_none()) || !is_up {
            return false;
        }
        let generation = self.current;
        error!(generation, message, "reload aborted");
        let end = format!("workers of generation {generation} do not boot: {message}");
        self.end_roll_with(Progress::Failed(end));
        self.make_current(kept, None);
        self.kept = None;
        true
    }

    /// The generation on trial is of no use: it is drained and ends.
    pub(super) fn abort_trial(&mut self, evidence: &str, now: Instant) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        let generation = trial.generation;
        if trial.has_canary {
            error!(
                generation,
                evidence, "canary UNHEALTHY — aborting reload; remaining workers keep old code"
            );
        } else {
            error!(generation, evidence, "reload aborted");
        }
        self.end_trial(&trial, evidence, now);
    }

    /// Why a canary was found to be well, in words.
    pub(super) fn note_evidence(&mut self, pool: usize, evidence: &str) {
        let Some(trial) = &self.trial else { return };
        let (generation, change) = (trial.generation, trial.change);
        let pool = &*self.pools[pool].config.name;
        info!(generation, pool, evidence, "canary judged");
        let note = format!("pool {pool}: {evidence}");
        self.report(change, Progress::Note(note));
    }

    /// Something newer was asked for.
    fn supersede(&mut self, reason: &str, now: Instant) {
        if let Some(trial) = self.trial.take() {
            info!(generation = trial.generation, reason, "reload given up");
            self.end_trial(&trial, reason, now);
        }
    }

    fn end_trial(&mut self, trial: &Trial, reason: &str, now: Instant) {
        let generation = trial.generation;
        self.favour_nobody(trial);
        self.dismiss(|member| member.parent.generation == generation, now);
        self.report(trial.change, Progress::Failed(reason.to_owned()));
    }

    /// Nothing is changed any more.
    pub(super) fn end_changes(&mut self, reason: &str) {
        if let Some(trial) = self.trial.take() {
            self.favour_nobody(&trial);
            self.report(trial.change, Progress::Failed(reason.to_owned()));
        }
        self.end_roll_with(Progress::Failed(reason.to_owned()));
        if let Some(change) = self.revival.take() {
            self.report(change, Progress::Failed(reason.to_owned()));
        }
    }
}
