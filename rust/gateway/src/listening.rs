//! Where clients come in: what to listen on, the sockets, and how many may be there at once.

pub(crate) mod listen;
pub(crate) mod listener;
pub(crate) mod places;
pub(crate) mod socket;
