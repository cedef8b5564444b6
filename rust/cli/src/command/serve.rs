//! `askr serve`: composes exchange, gateway and supervisor, and ends them in order.

use std::process::ExitCode;
use std::slice;

use askr_exchange::GatewayEnd;
use askr_gateway::Gateway;
use askr_supervisor::{Supervisor, hide_inherited_descriptors};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use super::course::Course;
use super::signals::Signals;
use super::{control_socket, parts};
use crate::config::{ControlSocket, Inputs, LogConfig, ServeConfig, Settings};
use crate::exit::Failure;
use crate::{logging, open_files};

/// Serves until SIGTERM, SIGINT or SIGQUIT; nothing is left running in any case.
pub(crate) fn serve(inputs: &Inputs) -> Result<ExitCode, Failure> {
    hide_inherited_descriptors();
    let settings = Settings::resolve(inputs)?;
    let config = ServeConfig::new(&settings)?;
    let socket = ControlSocket::new(&settings, inputs)?;
    let log = LogConfig::new(&settings);
    logging::init(log)?;
    if config.paranoid.is_on() {
        let share = config.paranoid.share;
        info!(%share, "paranoid: a worker that watches says so when it has set its baseline");
    }
    open_files::raise_limit();
    let (told, shown) = watch::channel(None);
    let mut gateway = Gateway::bind(parts::gateway(&config))?;
    if config.watch.is_some() {
        gateway = gateway.showing(shown);
    }
    let console = control_socket::bind(&socket)?;
    let exchange = GatewayEnd::create(parts::exchange(&config))?;
    let runtime = askr_gateway::runtime(slice::from_ref(&exchange)).map_err(Failure::Runtime)?;
    runtime.block_on(async {
        let signals = Signals::listen().map_err(Failure::Runtime)?;
        let supervisor = Supervisor::start(parts::supervisor(&config, log), exchange.clone())?;
        let course = Course::new(
            config.shutdown_timeout,
            signals,
            supervisor.readiness(),
            supervisor.remote(),
            log,
        );
        let mut aside = JoinSet::new();
        if let Some(watched) = config.watch.clone() {
            aside.spawn(super::watch::run(watched, supervisor.remote(), told));
        }
        let outcome = course.run(gateway, exchange, supervisor, console).await;
        aside.shutdown().await;
        outcome
    })
}
