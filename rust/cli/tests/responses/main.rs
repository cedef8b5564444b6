//! Every kind of response that Laravel makes, byte by byte: the same application in all modes of
//! the server, and behind nginx + FPM.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod ask;
mod deferred;
mod differences;
mod ends;
mod forms;
mod gate;
mod guarded;
mod kinds;
mod peers;
mod settings;
mod streams;
mod visitor;
