//! What the orders so far add up to, and what must hold of them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::*;

#[derive(Default)]
pub(super) struct Books {
    /// Workers that were ordered and not buried.
    pub(super) living: BTreeMap<WorkerId, (usize, Parent)>,
    /// First templates that were started and not killed.
    pub(super) running: BTreeSet<u32>,
    /// Templates that have booted and are not gone.
    pub(super) listening: BTreeSet<Parent>,
    incarnations: BTreeSet<u32>,
    forgotten: BTreeSet<u32>,
    /// Changes that were asked for and have not ended.
    pub(super) open: BTreeSet<u32>,
    pub(super) current: u32,
    pub(super) finished: u32,
}

impl Books {
    pub(super) fn enter(&mut self, order: &Order) {
        assert_eq!(self.finished, 0, "{order:?} after the end");
        match order {
            Order::StartTemplate(number) => self.start(*number),
            Order::Boot(number) => assert!(self.running.contains(number)),
            // From now on it counts as gone; if it never is, another is started in the end.
            Order::KillTemplate(number) => assert!(self.running.remove(number)),
            Order::Forget(number) => {
                assert!(self.forgotten.insert(*number));
                assert!(self.of(*number).is_empty(), "{order:?} has workers");
            }
            Order::Tell(parent, message) => self.tell(*parent, message),
            Order::Listen(parent) => assert!(self.listening.insert(*parent)),
            Order::HangUp(parent) => drop(self.listening.remove(parent)),
            Order::Retire(pool, worker) | Order::Promote(pool, worker) => {
                assert_eq!(self.living[worker].0, *pool)
            }
            Order::Bury(pool, worker, _) => {
                let buried = self.living.remove(worker);
                assert_eq!(buried.map(|(pool, _)| pool), Some(*pool), "{order:?}");
            }
            Order::Report(change, progress) if progress.is_end() => {
                assert!(self.open.remove(change), "{order:?} after its end");
            }
            Order::Report(change, _) => assert!(self.open.contains(change)),
            Order::Current(number, _) => {
                assert!(!self.forgotten.contains(number));
                self.current = *number;
            }
            Order::Finish(_) => {
                self.finished += 1;
                assert!(self.open.is_empty(), "somebody waits for ever");
            }
            Order::Favour(_, Some(worker)) | Order::Probe(_, worker) => {
                assert!(self.living.contains_key(worker), "{order:?}");
            }
            Order::Favour(_, None) | Order::Serve | Order::Rest(_) | Order::Traced(..) => {}
        }
    }

    fn start(&mut self, number: u32) {
        assert!(!self.forgotten.contains(&number));
        assert!(self.of(number).is_empty(), "its workers are not buried");
        assert!(self.running.insert(number), "it runs already");
    }

    /// No order to a dead template.
    fn tell(&mut self, parent: Parent, message: &ToTemplate) {
        let number = parent.generation;
        assert!(self.running.contains(&number), "{parent:?}: {message:?}");
        assert!(
            parent.child.is_none() || self.listening.contains(&parent),
            "{parent:?}: {message:?}"
        );
        let ToTemplate::Fork { worker, pool, .. } = message else {
            return;
        };
        let pool = usize::from(*pool);
        let mut living = self.living.iter();
        let is_taken = living.any(|(other, (its, _))| *its == pool && other.seat == worker.seat);
        assert!(!is_taken, "{worker} on a seat that is taken");
        assert!(self.incarnations.insert(worker.incarnation), "given twice");
        self.living.insert(*worker, (pool, parent));
    }

    fn of(&self, number: u32) -> Vec<WorkerId> {
        let living = self.living.iter();
        let its = living.filter(|(_, (_, parent))| parent.generation == number);
        its.map(|(worker, _)| *worker).collect()
    }
}
