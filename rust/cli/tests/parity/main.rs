//! What PHP code and clients see is the same in worker mode, in classic mode and under nginx + FPM.
//!
//! Each case is a script of `tests/fixtures/php/cases` and what is asked of it: see [`case`].

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod case;
mod compare;
mod compression;
mod differences;
mod ends;
mod forms;
mod headers;
mod modules;
mod multipart;
mod output;
mod parallel;
mod paths;
mod requests;
mod session_locks;
mod sessions;
mod state;
mod variables;
