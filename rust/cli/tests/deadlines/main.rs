//! Requests that take too long, against the whole server.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod ends;
mod laravel;
mod watch;
