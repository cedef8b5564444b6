//! SIEVE: one queue and a hand that spares what was used since it last came by.

use super::Policy;
use super::order::Order;

/// The hand goes from the oldest to the newest, and begins anew.
#[derive(Debug)]
pub(crate) struct Sieve {
    order: Order,
    is_here: Vec<bool>,
    was_used: Vec<bool>,
    hand: Option<usize>,
    entries: usize,
}

impl Sieve {
    pub(crate) fn new(keys: usize, entries: usize) -> Sieve {
        Sieve {
            order: Order::new(keys),
            is_here: vec![false; keys],
            was_used: vec![false; keys],
            hand: None,
            entries,
        }
    }

    fn evict(&mut self) {
        let mut key = self.hand.or_else(|| self.order.oldest());
        while let Some(spared) = key.filter(|&key| self.was_used[key]) {
            self.was_used[spared] = false;
            key = self.order.newer(spared).or_else(|| self.order.oldest());
        }
        let victim = key.expect("it is full");
        self.hand = self.order.newer(victim);
        self.order.remove(victim);
        self.is_here[victim] = false;
    }
}

impl Policy for Sieve {
    fn name(&self) -> &'static str {
        "SIEVE"
    }

    fn ask(&mut self, key: usize) -> bool {
        if self.is_here[key] {
            self.was_used[key] = true;
            return true;
        }
        if self.order.length() == self.entries {
            self.evict();
        }
        self.order.push(key);
        self.is_here[key] = true;
        self.was_used[key] = false;
        false
    }
}
