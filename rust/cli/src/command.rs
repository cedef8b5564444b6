//! What each subcommand does.

mod config;
mod doctor;
mod parts;
mod php;
mod print;
mod serve;
mod signals;
mod template;

pub(crate) use config::config;
pub(crate) use doctor::doctor;
pub(crate) use php::{ArtisanError, artisan, php};
pub(crate) use print::print;
pub(crate) use serve::serve;
pub(crate) use template::{engine_report, template};
