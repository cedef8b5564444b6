//! What each subcommand does.

mod config;
mod print;

pub(crate) use config::config;
pub(crate) use print::print;
