//! Which templates run: started, told to boot the application, ended.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::control::ToTemplate;

use super::generation::{BootedPhase, First, Generation, Parent};
use super::pool::Pool;
use super::{Course, Fleet, KILL_GRACE, Order};

impl Fleet {
    pub(super) fn note_template(&mut self, generation: u32, started: u32) {
        let Some(Generation {
            first: First::Starting { pid, .. },
            ..
        }) = self.generation_mut(generation)
        else {
            return;
        };
        *pid = Some(started);
        self.order(Order::Boot(generation));
    }

    /// Starts what is lacking and ends what is not needed any more.
    pub(super) fn keep_generations(&mut self, now: Instant) {
        let numbers: Vec<u32> = self.generations.iter().map(|each| each.number).collect();
        for number in numbers {
            if self.is_wanted(number) {
                self.keep_first(number, now);
                self.keep_booted(number, now);
            } else if !self.is_kept(number) {
                self.stop_without_members(number, now);
            }
        }
    }

    /// Whether workers of it are forked, or will be.
    pub(super) fn is_wanted(&self, number: u32) -> bool {
        let is_tried = |trial: &super::Trial| trial.generation == number;
        number == self.current || self.trial.as_ref().is_some_and(is_tried)
    }

    fn keep_first(&mut self, number: u32, now: Instant) {
        let deadline = now + self.plan.boot_timeout;
        let Some(generation) = self.generation_mut(number) else {
            return;
        };
        if let First::Away { not_before } = generation.first
            && not_before <= now
        {
            generation.first = First::Starting {
                pid: None,
                deadline,
            };
            self.order(Order::StartTemplate(number));
        }
    }

    fn keep_booted(&mut self, number: u32, now: Instant) {
        if !self.needs_boot() {
            return;
        }
        let deadline = now + self.plan.boot_timeout;
        let due = self.generation(number).and_then(Generation::boot_due);
        if due.is_some_and(|due| due <= now) {
            let template = self.next_template();
            if let Some(generation) = self.generation_mut(number) {
                generation.boot(template, deadline);
            }
            self.tell(Parent::first(number), ToTemplate::ForkTemplate { template });
        }
    }

    /// Whether some pool's workers come from a template that has booted the application.
    fn needs_boot(&self) -> bool {
        self.pools.iter().any(Pool::is_booted)
    }

    /// Ends a generation that has no workers any more.
    pub(super) fn stop_without_members(&mut self, number: u32, now: Instant) {
        if self.members_of(number).next().is_some() {
            return;
        }
        let Some(generation) = self.generation_mut(number) else {
            return;
        };
        if let First::Starting { .. } | First::Up { .. } = generation.first {
            let deadline = now + KILL_GRACE;
            generation.first = First::Stopping { deadline };
            let stop = Order::Tell(Parent::first(number), ToTemplate::Stop);
            self.order(stop);
        }
    }

    /// Forgets generations that nobody wants and of which nothing is left.
    pub(super) fn forget_generations(&mut self) {
        let numbers = self.generations.iter().filter(|each| each.is_away());
        let numbers: Vec<u32> = numbers.map(|each| each.number).collect();
        for number in numbers {
            if !self.is_wanted(number) && !self.is_kept(number) {
                self.generations.retain(|each| each.number != number);
                self.order(Order::Forget(number));
            }
        }
    }

    /// Ends templates that have not done in time what they had to.
    pub(super) fn enforce_template_deadlines(&mut self, now: Instant) {
        let numbers: Vec<u32> = self.generations.iter().map(|each| each.number).collect();
        for number in numbers {
            let Some(generation) = self.generation(number) else {
                continue;
            };
            match generation.first {
                First::Starting { deadline, .. } | First::Stopping { deadline }
                    if deadline <= now =>
                {
                    self.kill_first(number, now);
                }
                First::Killed { deadline } if deadline <= now => {
                    self.lose_first(number, "killed, but not gone in time", now);
                }
                First::Up { .. } => self.enforce_booted_deadlines(number, now),
                _ => {}
            }
        }
    }

    fn enforce_booted_deadlines(&mut self, number: u32, now: Instant) {
        let timeout = self.plan.boot_timeout;
        let Some(generation) = self.generation_mut(number) else {
            return;
        };
        let (mut killed, mut is_stuck) = (Vec::new(), false);
        for booted in &mut generation.booted {
            match booted.phase {
                BootedPhase::Booting { deadline } if deadline <= now => {
                    let text = format!("not booted within {timeout:?} (boot_timeout)");
                    booted.message.get_or_insert(text);
                    booted.phase = BootedPhase::Ending {
                        deadline: now + KILL_GRACE,
                    };
                    killed.push((booted.parent, booted.child));
                }
                BootedPhase::Ending { deadline } => is_stuck |= deadline <= now,
                _ => {}
            }
        }
        if is_stuck {
            self.kill_first(number, now);
        }
        for (parent, child) in killed {
            self.tell(parent, ToTemplate::Kill { child });
        }
    }

    /// Kills a first template, and with it everybody it forked.
    pub(super) fn kill_first(&mut self, number: u32, now: Instant) {
        let Some(generation) = self.generation_mut(number) else {
            return;
        };
        match generation.first {
            First::Starting { .. } | First::Up { .. } | First::Stopping { .. } => {
                let deadline = now + KILL_GRACE;
                generation.first = First::Killed { deadline };
                self.order(Order::KillTemplate(number));
            }
            First::Away { .. } | First::Killed { .. } => {}
        }
    }

    /// Kills everybody.
    pub(super) fn kill_all(&mut self, now: Instant) {
        let numbers: Vec<u32> = self.generations.iter().map(|each| each.number).collect();
        for number in numbers {
            self.kill_first(number, now);
        }
    }

    /// Whether somebody is alive who was not killed yet.
    pub(super) fn may_be_killed(&self) -> bool {
        let is_dead =
            |each: &Generation| matches!(each.first, First::Away { .. } | First::Killed { .. });
        !self.generations.iter().all(is_dead)
    }

    /// When something is due of a generation's templates.
    pub(super) fn generation_due(&self, generation: &Generation) -> Option<Instant> {
        let is_kept_up = self.is_running() && self.is_wanted(generation.number);
        let start = match generation.first {
            First::Away { not_before } if is_kept_up => Some(not_before),
            _ => None,
        };
        let may_boot = is_kept_up && self.needs_boot();
        let boot = generation.boot_due().filter(|_| may_boot);
        let is_patient = matches!(self.course, Course::Running | Course::Draining);
        let deadline = generation.deadline();
        let deadline = deadline.filter(|_| is_patient || !generation.is_up());
        start.into_iter().chain(boot).chain(deadline).min()
    }
}
