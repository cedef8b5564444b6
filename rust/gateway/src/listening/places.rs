//! Places for connections: so many in all, so many for one client, and who gives up one for
//! somebody who waits.
//!
//! When all places are taken, connections without a request under way are asked to leave, those
//! first that have been so for longest; as long as somebody waits, a connection leaves after its
//! reply. To leave is what a drain asks for as well: nothing that was begun is cut.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::client::peers::Peer;
use crate::limiter::network;
use crate::limits::{LEAVING_AT_ONCE, Limits};

/// All places of a gateway.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    per_client_max: usize,
    /// Who waits for a place.
    waiting: AtomicUsize,
    /// Counts what connections do, in place of a clock.
    turn: AtomicU64,
    guests: Mutex<Guests>,
}

#[derive(Debug, Default)]
struct Guests {
    /// The turn at which each came names it.
    present: HashMap<u64, Arc<Presence>>,
    /// How many connections each client has, by its network.
    clients: HashMap<Network, usize>,
}

type Network = (u8, [u8; 8]);

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    name: u64,
    presence: Arc<Presence>,
    _permit: OwnedSemaphorePermit,
}

/// What a connection is doing, as far as others want its place.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// `None` in tests that have no places.
    places: Option<Arc<Places>>,
    requests: AtomicU32,
    /// When a request began last.
    turn: AtomicU64,
    has_to_leave: AtomicBool,
    leave: Notify,
}

/// One of the connections that a client may have, until it is dropped.
#[derive(Debug)]
pub(crate) struct ClientPlace {
    places: Arc<Places>,
    network: Network,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Places {
        let count = limits.connections.min(Semaphore::MAX_PERMITS);
        Places {
            free: Arc::new(Semaphore::new(count)),
            per_client_max: limits.client_connections,
            waiting: AtomicUsize::new(0),
            turn: AtomicU64::new(0),
            guests: Mutex::default(),
        }
    }

    /// Waits for a place.
    ///
    /// # Cancel safety
    /// Safe to drop; whoever was asked to leave for it leaves all the same.
    pub(crate) async fn take(self: &Arc<Places>) -> Place {
        if let Ok(permit) = self.free.clone().try_acquire_owned() {
            return self.give(permit);
        }
        let _waiting = Waiting::new(self);
        self.ask_idle_to_leave();
        let permit = self.free.clone().acquire_owned().await;
        self.give(permit.expect("nobody closes the semaphore"))
    }

    fn give(self: &Arc<Places>, permit: OwnedSemaphorePermit) -> Place {
        let name = self.next_turn();
        let presence = Arc::new(Presence {
            places: Some(self.clone()),
            turn: AtomicU64::new(name),
            ..Presence::default()
        });
        let mut guests = self.guests.lock().expect("nobody panics with it");
        guests.present.insert(name, presence.clone());
        Place {
            places: self.clone(),
            name,
            presence,
            _permit: permit,
        }
    }

    /// Counts a connection of `peer`; `None` where none are counted. Unix sockets are used by one
    /// peer for many.
    ///
    /// # Errors
    /// When the client has as many as it may have.
    pub(crate) fn admit(
        self: &Arc<Places>,
        peer: Peer,
    ) -> Result<Option<ClientPlace>, TooManyConnections> {
        let limit = self.per_client_max;
        let Peer::Ip(address) = peer else {
            return Ok(None);
        };
        if limit == 0 {
            return Ok(None);
        }
        let network = network(Some(address));
        let mut guests = self.guests.lock().expect("nobody panics with it");
        let count = guests.clients.entry(network).or_default();
        if *count >= limit {
            return Err(TooManyConnections { limit });
        }
        *count += 1;
        let places = self.clone();
        Ok(Some(ClientPlace { places, network }))
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Relaxed)
    }

    /// A look at all of them is worth several places. Where few are idle, some of them may stay.
    fn ask_idle_to_leave(&self) {
        let guests = self.guests.lock().expect("nobody panics with it");
        let leaving = guests.present.values().filter(|it| it.has_to_leave());
        let leaving = leaving.count();
        let idle = guests.present.values().filter(|guest| guest.is_idle());
        let mut idle: Vec<_> = idle.map(|it| (it.turn.load(Relaxed), it)).collect();
        let count = LEAVING_AT_ONCE.min(1 + idle.len() / 2);
        let count = count.saturating_sub(leaving).min(idle.len());
        if count < idle.len() {
            idle.select_nth_unstable_by_key(count, |(turn, _)| *turn);
        }
        for (_, guest) in &idle[..count] {
            guest.ask_to_leave();
        }
    }
}

/// Somebody waits for a place, until it is dropped.
struct Waiting<'p>(&'p Places);

impl<'p> Waiting<'p> {
    fn new(places: &'p Places) -> Waiting<'p> {
        places.waiting.fetch_add(1, Relaxed);
        Waiting(places)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl Place {
    pub(crate) fn presence(&self) -> &Arc<Presence> {
        &self.presence
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut guests = self.places.guests.lock().expect("nobody panics with it");
        guests.present.remove(&self.name);
    }
}

impl Drop for ClientPlace {
    fn drop(&mut self) {
        let mut guests = self.places.guests.lock().expect("nobody panics with it");
        if let Some(count) = guests.clients.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                guests.clients.remove(&self.network);
            }
        }
    }
}

impl Presence {
    /// A request begins.
    pub(crate) fn begin_request(&self) {
        self.requests.fetch_add(1, Relaxed);
        if let Some(places) = &self.places {
            self.turn.store(places.next_turn(), Relaxed);
        }
    }

    /// The reply to a request is over.
    pub(crate) fn end_request(&self) {
        let is_last = self.requests.fetch_sub(1, Relaxed) == 1;
        let waiting = self.places.as_ref().map(|places| &places.waiting);
        if is_last && waiting.is_some_and(|waiting| waiting.load(Relaxed) > 0) {
            self.ask_to_leave();
        }
    }

    /// Whether somebody wants its place.
    pub(crate) fn has_to_leave(&self) -> bool {
        self.has_to_leave.load(Relaxed)
    }

    /// Waits until somebody wants its place.
    ///
    /// # Cancel safety
    /// Safe to drop and call again.
    pub(crate) async fn asked_to_leave(&self) {
        while !self.has_to_leave() {
            self.leave.notified().await;
        }
    }

    fn ask_to_leave(&self) {
        self.has_to_leave.store(true, Relaxed);
        self.leave.notify_one();
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Relaxed) == 0 && !self.has_to_leave()
    }
}

/// A client has as many connections as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client has {limit} connections already")]
pub(crate) struct TooManyConnections {
    limit: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(connections: usize, client_connections: usize) -> Arc<Places> {
        Arc::new(Places::new(&Limits {
            connections,
            client_connections,
            ..Limits::default()
        }))
    }

    fn taken(places: &Arc<Places>) -> Place {
        let permit = places.free.clone().try_acquire_owned().unwrap();
        places.give(permit)
    }

    #[test]
    fn those_that_have_done_nothing_for_longest_leave_first() {
        let places = places(4, 0);
        let guests: Vec<Place> = (0..4).map(|_| taken(&places)).collect();
        guests[0].presence.begin_request();
        guests[1].presence.begin_request();
        guests[1].presence.end_request();
        places.ask_idle_to_leave();
        let leaving = guests.iter().map(|guest| guest.presence.has_to_leave());
        // Of three that are idle the two that came and asked nothing.
        assert_eq!(leaving.collect::<Vec<_>>(), [false, false, true, true]);
    }

    #[test]
    fn whoever_ends_a_request_leaves_as_long_as_somebody_waits() {
        let places = places(1, 0);
        let guest = taken(&places);
        guest.presence.begin_request();
        guest.presence.begin_request();
        let waiting = Waiting::new(&places);
        guest.presence.end_request();
        assert!(!guest.presence.has_to_leave());
        guest.presence.end_request();
        assert!(guest.presence.has_to_leave());
        drop((waiting, guest));

        let guest = taken(&places);
        guest.presence.begin_request();
        guest.presence.end_request();
        assert!(!guest.presence.has_to_leave());
    }

    #[test]
    fn a_client_has_so_many_places_and_gets_them_back() {
        let places = places(9, 2);
        let ip = |text: &str| Peer::Ip(text.parse().unwrap());
        let one = places.admit(ip("2001:db8::1")).unwrap();
        let _two = places.admit(ip("2001:db8::2")).unwrap();
        let refused = places.admit(ip("2001:db8::3")).unwrap_err();
        assert_eq!(refused, TooManyConnections { limit: 2 });
        assert!(places.admit(ip("2001:db8:0:1::1")).is_ok());
        assert!(places.admit(Peer::Unix).unwrap().is_none());
        drop(one);
        assert!(places.admit(ip("2001:db8::3")).is_ok());
        assert_eq!(places.guests.lock().unwrap().clients.len(), 1);
    }
}
