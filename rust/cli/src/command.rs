//! What each subcommand does.

mod config;
mod console;
mod control_socket;
mod course;
mod doctor;
mod ensemble;
mod fleets;
mod house;
mod logs;
mod parts;
mod php;
mod places;
mod print;
mod serve;
mod service_manager;
mod signals;
mod store_service;
mod store_socket;
mod template;
mod trust;
mod watch;
mod watchdog;

pub(crate) use config::config;
pub(crate) use console::{Addressee, ConsoleError, ReloadWords, reload, rollback, status};
pub(crate) use doctor::doctor;
pub(crate) use php::{ArtisanError, artisan, php};
pub(crate) use print::print;
pub(crate) use serve::serve;
pub(crate) use service_manager::HandoverError;
pub(crate) use template::{engine_report, template};
pub(crate) use trust::{TrustError, trust};
