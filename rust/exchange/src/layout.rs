//! Where everything lies in the region. `docs/protocol/exchange.md` has the picture.
//!
//! The structs below are never instantiated: they give names and offsets to words that are
//! accessed one by one as atomics. Fields that different sides write often stand in different
//! cache lines, so that a busy gateway and a busy worker do not steal lines from each other.

use std::mem::offset_of;

use askr_shm::{Offset, lines};

use crate::limits::{ExchangeLimits, SEAT_COUNT_MAX, SLOT_COUNT_MAX};

/// The first word of every exchange region: `askrexch` read as little-endian.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"askrexch");

/// Changes whenever the meaning or place of any byte of the region does.
pub(crate) const LAYOUT_VERSION: u32 = 4;

/// Words of a bitmap over slots or seats.
pub(crate) const BITMAP_WORDS: usize = 4;

lines! {
    /// What the region is. Written once, before any worker is started.
    struct Identity {
        magic: u64,
        version: u32,
        gateway_pid: u32,
        slot_count: u32,
        seat_count: u32,
        request_bytes: u32,
        reply_bytes: u32,
    }

    /// 1 while the gateway wants the doorbell to be rung. Only the gateway writes it.
    struct Asleep { word: u32, }

    /// One bit per slot or seat.
    struct Bits { words: [u64; BITMAP_WORDS], }

    /// Whose the slot is, and whether its worker sleeps in the middle of a request.
    struct SlotShared {
        /// A `SlotState`; only `Slot::advance` and `Slot::seize` change it.
        state: u64,
        /// Futex; the worker sets 1 before it sleeps, the gateway resets it to wake it.
        parked: u32,
        /// Incarnation that alone may take the request; 0 is anybody. Only the gateway writes it.
        reserved: u32,
    }

    /// What the gateway writes while a worker runs the request.
    struct SlotGateway {
        request_tail: u64,
        reply_head: u64,
        cancelled: u32,
        /// 1 while the gateway waits for room in the request ring.
        send_waits: u32,
    }

    /// What the worker writes while it runs the request.
    struct SlotWorker {
        request_head: u64,
        reply_tail: u64,
        /// When it took the request, in µs.
        taken_us: u64,
        /// When it ended the reply, in µs; 0 until then.
        ended_us: u64,
        /// The generation of its code.
        generation: u32,
    }

    /// Who sits there and what it does. The worker writes it, the gateway vacates it.
    struct SeatWorker {
        occupant: u64,
        /// When the request that runs was taken, in ms; 0 while none does.
        busy_since_ms: u64,
        /// When it is to be over, in ms, if PHP said so; 0 is as its pool has it.
        deadline_ms: u64,
        /// Replies ended so far.
        replies: u64,
        /// Those of them with a status of 500 or more, or without an end.
        failures: u64,
        /// From taking a request to the end of its reply, all together, in µs, without waits for
        /// clients.
        busy_us: u64,
        /// How long the request that runs has waited for its client, in ms.
        waited_ms: u64,
    }

    /// How the gateway reaches the worker on the seat.
    struct SeatShared {
        /// Futex; the worker sets 1 before it sleeps, the one who wakes it resets it.
        sleeping: u32,
        /// Incarnation that is asked to leave.
        retire: u32,
        /// Incarnation that is asked to become a template.
        promote: u32,
        /// The `busy_since_ms` of the request whose time is over.
        expired: u64,
    }
}

#[repr(C)]
struct Header {
    identity: Identity,
    asleep: Asleep,
    ready: Bits,
    attention: Bits,
    sleepers: Bits,
}

#[repr(C)]
struct SlotFields {
    shared: SlotShared,
    gateway: SlotGateway,
    worker: SlotWorker,
}

#[repr(C)]
struct SeatFields {
    worker: SeatWorker,
    shared: SeatShared,
}

/// Bytes that must be there before the header can be read.
pub(crate) const HEADER_BYTES: usize = size_of::<Header>();

/// Words of the header.
pub(crate) mod header {
    use super::{Header, Offset, offset_of};

    pub(crate) const MAGIC: Offset<u64> = Offset::new(offset_of!(Header, identity.magic));
    pub(crate) const VERSION: Offset<u32> = Offset::new(offset_of!(Header, identity.version));
    pub(crate) const GATEWAY_PID: Offset<u32> =
        Offset::new(offset_of!(Header, identity.gateway_pid));
    pub(crate) const SLOT_COUNT: Offset<u32> = Offset::new(offset_of!(Header, identity.slot_count));
    pub(crate) const SEAT_COUNT: Offset<u32> = Offset::new(offset_of!(Header, identity.seat_count));
    pub(crate) const REQUEST_BYTES: Offset<u32> =
        Offset::new(offset_of!(Header, identity.request_bytes));
    pub(crate) const REPLY_BYTES: Offset<u32> =
        Offset::new(offset_of!(Header, identity.reply_bytes));
    pub(crate) const ASLEEP: Offset<u32> = Offset::new(offset_of!(Header, asleep.word));
    pub(crate) const READY: usize = offset_of!(Header, ready.words);
    pub(crate) const ATTENTION: usize = offset_of!(Header, attention.words);
    pub(crate) const SLEEPERS: usize = offset_of!(Header, sleepers.words);
}

/// The offsets of one exchange, computed from limits that were checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    limits: ExchangeLimits,
    tickets_at: usize,
    slots_at: usize,
    seats_at: usize,
    rings_at: usize,
    bytes: usize,
}

impl Plan {
    /// Lays out an exchange whose limits have no [`fault`](ExchangeLimits::fault).
    pub(crate) fn new(limits: ExchangeLimits) -> Plan {
        let slots = usize::from(limits.slot_count);
        let tickets_at = HEADER_BYTES;
        let slots_at = (tickets_at + slots * TICKET_BYTES).next_multiple_of(LINE_BYTES);
        let seats_at = slots_at + slots * size_of::<SlotFields>();
        let seats_end = seats_at + usize::from(limits.seat_count) * size_of::<SeatFields>();
        let rings_at = seats_end.next_multiple_of(PAGE_BYTES);
        let bytes = rings_at + slots * ring_bytes(limits);
        Plan {
            limits,
            tickets_at,
            slots_at,
            seats_at,
            rings_at,
            bytes,
        }
    }

    pub(crate) fn limits(&self) -> ExchangeLimits {
        self.limits
    }

    /// Bytes of the whole region.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The word with the slot's place in the order of requests.
    pub(crate) fn ticket(&self, slot_index: u16) -> Offset<u64> {
        Offset::new(self.tickets_at + usize::from(slot_index) * TICKET_BYTES)
    }

    /// The words of a slot.
    pub(crate) fn slot(&self, slot_index: u16) -> SlotPlan {
        debug_assert!(slot_index < self.limits.slot_count);
        let index = usize::from(slot_index);
        let at = self.slots_at + index * size_of::<SlotFields>();
        let request_at = self.rings_at + index * ring_bytes(self.limits);
        let reply_at = request_at + bytes_of(self.limits.request_bytes);
        let gateway = at + offset_of!(SlotFields, gateway);
        let worker = at + offset_of!(SlotFields, worker);
        SlotPlan {
            state: Offset::new(at + offset_of!(SlotFields, shared.state)),
            parked: Offset::new(at + offset_of!(SlotFields, shared.parked)),
            reserved: Offset::new(at + offset_of!(SlotFields, shared.reserved)),
            cancelled: Offset::new(gateway + offset_of!(SlotGateway, cancelled)),
            send_waits: Offset::new(gateway + offset_of!(SlotGateway, send_waits)),
            taken_us: Offset::new(worker + offset_of!(SlotWorker, taken_us)),
            ended_us: Offset::new(worker + offset_of!(SlotWorker, ended_us)),
            generation: Offset::new(worker + offset_of!(SlotWorker, generation)),
            request: RingPlan {
                at: request_at,
                capacity: u64::from(self.limits.request_bytes),
                head: Offset::new(worker + offset_of!(SlotWorker, request_head)),
                tail: Offset::new(gateway + offset_of!(SlotGateway, request_tail)),
            },
            reply: RingPlan {
                at: reply_at,
                capacity: u64::from(self.limits.reply_bytes),
                head: Offset::new(gateway + offset_of!(SlotGateway, reply_head)),
                tail: Offset::new(worker + offset_of!(SlotWorker, reply_tail)),
            },
        }
    }

    /// The words of a seat.
    pub(crate) fn seat(&self, seat_index: u16) -> SeatPlan {
        debug_assert!(seat_index < self.limits.seat_count);
        let at = self.seats_at + usize::from(seat_index) * size_of::<SeatFields>();
        let worker = at + offset_of!(SeatFields, worker);
        let shared = at + offset_of!(SeatFields, shared);
        SeatPlan {
            occupant: Offset::new(worker + offset_of!(SeatWorker, occupant)),
            busy_since_ms: Offset::new(worker + offset_of!(SeatWorker, busy_since_ms)),
            deadline_ms: Offset::new(worker + offset_of!(SeatWorker, deadline_ms)),
            replies: Offset::new(worker + offset_of!(SeatWorker, replies)),
            failures: Offset::new(worker + offset_of!(SeatWorker, failures)),
            busy_us: Offset::new(worker + offset_of!(SeatWorker, busy_us)),
            waited_ms: Offset::new(worker + offset_of!(SeatWorker, waited_ms)),
            sleeping: Offset::new(shared + offset_of!(SeatShared, sleeping)),
            retire: Offset::new(shared + offset_of!(SeatShared, retire)),
            promote: Offset::new(shared + offset_of!(SeatShared, promote)),
            expired: Offset::new(shared + offset_of!(SeatShared, expired)),
        }
    }
}

/// Where the words of one slot lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotPlan {
    pub(crate) state: Offset<u64>,
    pub(crate) parked: Offset<u32>,
    pub(crate) reserved: Offset<u32>,
    pub(crate) cancelled: Offset<u32>,
    pub(crate) send_waits: Offset<u32>,
    pub(crate) taken_us: Offset<u64>,
    pub(crate) ended_us: Offset<u64>,
    pub(crate) generation: Offset<u32>,
    pub(crate) request: RingPlan,
    pub(crate) reply: RingPlan,
}

/// Where one ring lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingPlan {
    /// Byte offset of the payload.
    pub(crate) at: usize,
    /// Bytes of the payload, a power of two.
    pub(crate) capacity: u64,
    /// Bytes read so far; the reader writes it.
    pub(crate) head: Offset<u64>,
    /// Bytes written so far; the writer writes it.
    pub(crate) tail: Offset<u64>,
}

/// Where the words of one seat lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeatPlan {
    pub(crate) occupant: Offset<u64>,
    pub(crate) busy_since_ms: Offset<u64>,
    pub(crate) deadline_ms: Offset<u64>,
    pub(crate) replies: Offset<u64>,
    pub(crate) failures: Offset<u64>,
    pub(crate) busy_us: Offset<u64>,
    pub(crate) waited_ms: Offset<u64>,
    pub(crate) sleeping: Offset<u32>,
    pub(crate) retire: Offset<u32>,
    pub(crate) promote: Offset<u32>,
    pub(crate) expired: Offset<u64>,
}

fn ring_bytes(limits: ExchangeLimits) -> usize {
    bytes_of(limits.request_bytes) + bytes_of(limits.reply_bytes)
}

fn bytes_of(ring_bytes: u32) -> usize {
    usize::try_from(ring_bytes).expect("this program needs 64-bit addresses")
}

const TICKET_BYTES: usize = size_of::<u64>();

#[cfg(not(loom))]
const LINE_BYTES: usize = 64;
#[cfg(not(loom))]
const PAGE_BYTES: usize = 4096;
#[cfg(loom)]
const LINE_BYTES: usize = 8;
#[cfg(loom)]
const PAGE_BYTES: usize = 8;

const _: () = {
    assert!(BITMAP_WORDS * 64 == SLOT_COUNT_MAX as usize);
    assert!(BITMAP_WORDS * 64 == SEAT_COUNT_MAX as usize);
    assert!(size_of::<usize>() == 8);
};

#[cfg(not(loom))]
const _: () = {
    assert!(HEADER_BYTES == 5 * LINE_BYTES);
    assert!(offset_of!(Header, identity.magic) == 0);
    assert!(offset_of!(Header, identity.version) == 8);
    assert!(offset_of!(Header, identity.gateway_pid) == 12);
    assert!(offset_of!(Header, identity.slot_count) == 16);
    assert!(offset_of!(Header, identity.seat_count) == 20);
    assert!(offset_of!(Header, identity.request_bytes) == 24);
    assert!(offset_of!(Header, identity.reply_bytes) == 28);
    assert!(offset_of!(Header, asleep) == LINE_BYTES);
    assert!(offset_of!(Header, ready) == 2 * LINE_BYTES);
    assert!(offset_of!(Header, attention) == 3 * LINE_BYTES);
    assert!(offset_of!(Header, sleepers) == 4 * LINE_BYTES);
    assert!(size_of::<SlotFields>() == 3 * LINE_BYTES);
    assert!(offset_of!(SlotShared, state) == 0);
    assert!(offset_of!(SlotShared, parked) == 8);
    assert!(offset_of!(SlotShared, reserved) == 12);
    assert!(offset_of!(SlotFields, gateway) == LINE_BYTES);
    assert!(offset_of!(SlotFields, worker) == 2 * LINE_BYTES);
    assert!(offset_of!(SlotWorker, taken_us) == 16);
    assert!(offset_of!(SlotWorker, ended_us) == 24);
    assert!(offset_of!(SlotWorker, generation) == 32);
    assert!(size_of::<SeatFields>() == 2 * LINE_BYTES);
    assert!(offset_of!(SeatFields, shared) == LINE_BYTES);
    assert!(offset_of!(SeatWorker, busy_us) == 40);
    assert!(offset_of!(SeatWorker, waited_ms) == 48);
    assert!(offset_of!(SeatShared, promote) == 8);
    assert!(offset_of!(SeatShared, expired) == 16);
};
