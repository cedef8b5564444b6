//! Every kind of response that Laravel makes, byte by byte: the same application booted once,
//! booted for every request, and behind nginx + FPM.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod ask;
mod ends;
mod forms;
mod kinds;
mod peers;
mod visitor;
