//! Flags, environment and files become one configuration.
//!
//! One registry ([`options`]) names every option; the four channels that can set one are read in
//! [`channels`], merged by precedence in [`settings`], and turned into plain typed values in
//! [`serve`]. Nothing here binds a port or starts a process.

mod access_log;
mod account;
mod application;
mod channels;
mod compression;
mod contradictions;
mod control_socket;
mod decimal;
mod error;
mod files;
mod hosts;
mod kind;
mod limit_rules;
mod memory;
mod nearest;
mod options;
mod page;
mod pool_config;
mod pools;
mod raw;
mod redirects;
mod registry;
mod sending;
mod serve;
mod settings;
mod share;
mod source;
mod store;
mod store_socket;
mod tables;
mod tls;
mod units;
mod watch;
mod worker_range;

pub(crate) use access_log::AccessLogConfig;
pub(crate) use account::account;
pub(crate) use application::{ApplicationConfig, ParanoidConfig};
pub(crate) use channels::{Inputs, LARAVEL_VARIABLE};
pub(crate) use control_socket::ControlSocket;
pub(crate) use error::ConfigError;
pub(crate) use options::{Key, OptionSpec};
pub(crate) use page::{markdown, table};
pub(crate) use pool_config::{PoolConfig, pools as pool_configs};
pub(crate) use registry::OPTIONS;
pub(crate) use serve::{LogConfig, LogFormat, ServeConfig};
pub(crate) use settings::Settings;
pub(crate) use store_socket::StoreSocket;
pub(crate) use tls::{exposed_keys, local_authority, tls};
pub(crate) use units::{bytes_text, duration_text};
pub(crate) use watch::WatchConfig;

#[cfg(test)]
mod tests;
