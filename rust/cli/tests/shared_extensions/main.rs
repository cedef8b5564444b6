//! Extensions built as shared objects load into the binary, in workers and on the command line:
//! one made here, APCu, phpredis and Xdebug.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod apcu;
mod debugger;
mod engine;
mod modules;
mod probe;
mod redis_clients;
mod xdebug;
