//! Bounds of what clients may have and do.

use std::time::Duration;

/// Clients served at once; a further one is told so and closed.
pub(crate) const CLIENTS_MAX: usize = 256;
/// Arguments of a command, its name included.
pub(crate) const ARGUMENTS_MAX: usize = 65_536;
/// What an argument takes beside its bytes while it waits for the others.
pub(crate) const ARGUMENT_OVERHEAD_BYTES: usize = 32;
/// What a command may have beside one value of the largest kind.
pub(crate) const COMMAND_SPARE_BYTES: usize = 4 << 20;
/// An argument of more bytes is not even read to be thrown away.
pub(crate) const ARGUMENT_BYTES_MAX: usize = 512 << 20;
/// A line with a number: its mark, nineteen digits, a sign and the end.
pub(crate) const NUMBER_LINE_BYTES_MAX: usize = 32;
/// A command that was typed as a line.
pub(crate) const INLINE_BYTES_MAX: usize = 16 << 10;
/// What is read at a time, and what each client may have in memory without asking.
pub(crate) const CHUNK_BYTES: usize = 16 << 10;
/// Replies that wait for a client before it is asked for no more commands.
pub(crate) const REPLIES_BYTES_MAX: usize = 1 << 20;
/// What is kept of that memory for the next replies.
pub(crate) const REPLIES_KEPT_BYTES: usize = 64 << 10;
/// Large commands and replies of all clients together.
pub(crate) const SHARED_BYTES_MAX: usize = 128 << 20;
/// Keys that `KEYS` may find.
pub(crate) const KEYS_MAX: usize = 100_000;
/// Bytes of the keys that `KEYS` may find.
pub(crate) const KEYS_BYTES_MAX: usize = 8 << 20;
/// Keys that are looked at in one step of a walk over all.
pub(crate) const KEYS_STEP: usize = 1_000;
/// A client's own name.
pub(crate) const NAME_BYTES_MAX: usize = 256;
/// How often a change that depends on what is there is tried before somebody else's wins.
pub(crate) const ATTEMPTS_MAX: usize = 16;
/// The longest wait for a lock.
pub(crate) const LOCK_WAIT_MAX: Duration = Duration::from_secs(60);
/// A wait for a lock looks that often whether its client is still there.
pub(crate) const LOCK_WAIT_STEP: Duration = Duration::from_millis(500);
/// Clients that may wait for locks at once; further ones wait for them first.
pub(crate) const LOCK_WAITS_MAX: usize = 32;
/// How long a client may be silent between commands.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(3600);
/// How long a client may send nothing of a command that it has begun, or take nothing of a reply.
pub(crate) const STALL_MAX: Duration = Duration::from_secs(10);
/// How long large commands and replies wait for one another.
pub(crate) const SHARED_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long commands that run may take to end when the server does.
pub(crate) const END_MAX: Duration = Duration::from_secs(1);
