//! All applications of a server, as they start.

use askr_exchange::GatewayEnd;
use askr_gateway::Gateway;
use askr_supervisor::{Console, StartError, Subject, Supervisor};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::fleets::Fleets;
use super::house::House;
use super::parts::{self, Common};
use super::watchdog::{self, Watchdog};

/// The applications that have started so far, and the gateway before them.
pub(super) struct Ensemble {
    gateway: Gateway,
    supervisors: Vec<(String, Supervisor)>,
    subjects: Vec<Subject>,
    consoles: Vec<(usize, Console)>,
    watched: Vec<watchdog::Subject>,
    aside: JoinSet<()>,
}

impl Ensemble {
    /// None yet.
    pub(super) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            supervisors: Vec::new(),
            subjects: Vec::new(),
            consoles: Vec::new(),
            watched: Vec::new(),
            aside: JoinSet::new(),
        }
    }

    /// Starts one more, in the order in which the gateway knows them. Its template boots from now
    /// on.
    ///
    /// # Errors
    /// When the template cannot be started.
    pub(super) fn admit(
        &mut self,
        house: &mut House<'_>,
        exchanges: &[GatewayEnd],
        common: &Common,
    ) -> Result<(), StartError> {
        let index = self.supervisors.len();
        let config = house.config;
        let supervisor = parts::supervisor(config, house.store.as_ref(), common);
        let supervisor = Supervisor::start(supervisor, exchanges.to_vec())?;
        let remote = supervisor.remote();
        self.gateway.follow(index, supervisor.roots());
        self.gateway.spare(index, supervisor.rests());
        if let Some(watched) = config.watch.clone() {
            let (told, shown) = watch::channel(None);
            self.gateway.show(index, shown);
            self.aside
                .spawn(super::watch::run(watched, remote.clone(), told));
        }
        self.subjects.push(house.subject(remote.clone()));
        if let Some(console) = house.take_console() {
            self.consoles.push((index, console));
        }
        let exchange = exchanges[0].clone();
        self.watched
            .push(watchdog::Subject::new(remote, exchange, config));
        self.supervisors.push((config.name.clone(), supervisor));
        Ok(())
    }

    /// Takes commands from now on; what is to be run, and what goes on beside it.
    pub(super) fn begin(mut self) -> (Gateway, Fleets, Watchdog, JoinSet<()>) {
        let subjects: std::sync::Arc<[Subject]> = self.subjects.into();
        for (index, console) in self.consoles {
            self.aside.spawn(console.serve(subjects.clone(), index));
        }
        let fleets = Fleets::new(self.supervisors);
        (
            self.gateway,
            fleets,
            Watchdog::new(self.watched),
            self.aside,
        )
    }
}
