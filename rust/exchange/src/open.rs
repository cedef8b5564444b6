//! A worker joins an exchange: every number it finds is checked before it is used.

use askr_shm::sync::Ordering;
use askr_shm::{Doorbell, Offset, Peer, Region};

use crate::error::OpenError;
use crate::hall::Hall;
use crate::ids::WorkerId;
use crate::layout::{LAYOUT_VERSION, MAGIC, Plan, header};
use crate::limits::ExchangeLimits;
use crate::worker_end::WorkerEnd;

impl WorkerEnd {
    /// Joins the exchange behind the two descriptors and sits down on the worker's seat.
    ///
    /// # Errors
    /// If the region is not a whole exchange of this layout version, the seat does not exist or
    /// is taken, or the gateway is gone.
    #[cfg(not(loom))]
    pub fn open(
        region: std::os::fd::OwnedFd,
        doorbell: std::os::fd::OwnedFd,
        worker: WorkerId,
    ) -> Result<WorkerEnd, OpenError> {
        let region =
            Region::open(region, crate::layout::HEADER_BYTES).map_err(OpenError::Region)?;
        join(region, Doorbell::open(doorbell), worker)
    }

    /// Joins an exchange of the same model.
    ///
    /// # Errors
    /// If the seat does not exist or is taken.
    #[cfg(loom)]
    pub fn join(gateway: &crate::GatewayEnd, worker: WorkerId) -> Result<WorkerEnd, OpenError> {
        let hall = gateway.hall();
        join(hall.region().clone(), hall.doorbell().clone(), worker)
    }
}

fn join(region: Region, doorbell: Doorbell, worker: WorkerId) -> Result<WorkerEnd, OpenError> {
    let plan = checked_plan(&region)?;
    let hall = Hall::new(region, plan, doorbell);
    let seat_count = hall.plan().limits().seat_count;
    let seat = hall.seat(worker.seat).filter(|_| worker.incarnation != 0);
    let seat = seat.ok_or(OpenError::NoSuchSeat { worker, seat_count })?;
    let pid = hall
        .region()
        .word32(header::GATEWAY_PID)
        .load(Ordering::Relaxed);
    let gateway = Peer::watch(pid).ok_or(OpenError::GatewayGone { pid })?;
    seat.sit_down(worker.incarnation)
        .map_err(|incarnation| OpenError::SeatTaken {
            worker,
            incarnation,
        })?;
    Ok(WorkerEnd::new(hall, gateway, worker))
}

fn checked_plan(region: &Region) -> Result<Plan, OpenError> {
    let found = region.word64(header::MAGIC).load(Ordering::Acquire);
    if found != MAGIC {
        return Err(OpenError::Magic { found });
    }
    let word = |at: Offset<u32>| region.word32(at).load(Ordering::Relaxed);
    let found = word(header::VERSION);
    if found != LAYOUT_VERSION {
        return Err(OpenError::Version {
            found,
            expected: LAYOUT_VERSION,
        });
    }
    let count = |at| u16::try_from(word(at)).unwrap_or(u16::MAX);
    let limits = ExchangeLimits {
        slot_count: count(header::SLOT_COUNT),
        seat_count: count(header::SEAT_COUNT),
        request_bytes: word(header::REQUEST_BYTES),
        reply_bytes: word(header::REPLY_BYTES),
    };
    if let Some((name, value)) = limits.fault() {
        return Err(OpenError::Limits { name, value });
    }
    let plan = Plan::new(limits);
    let (found, needed) = (region.bytes(), plan.bytes());
    if found < needed {
        return Err(OpenError::Truncated { found, needed });
    }
    Ok(plan)
}
