//! The worker process: take, run, reply, recycle, fork.
