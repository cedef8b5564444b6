//! Starts, watches, recycles and replaces workers.
