//! What belongs to one application as long as the server runs: its store, and its sockets.

use askr_gateway::LimitCounts;
use askr_supervisor::{Console, Remote, Subject};

use super::control_socket;
use super::parts::SharedStore;
use super::store_service::StoreService;
use crate::config::{ApplicationConfig, ControlSocket, Inputs, Settings, StoreSocket};
use crate::exit::Failure;

/// What an application is made from.
pub(super) struct Site<'a> {
    pub(super) config: &'a ApplicationConfig,
    /// Those that hold for it.
    pub(super) settings: &'a Settings,
    pub(super) inputs: &'a Inputs,
}

/// An application's own.
pub(super) struct House<'a> {
    pub(super) config: &'a ApplicationConfig,
    pub(super) store: Option<SharedStore>,
    service: Option<StoreService>,
    limit_counts: LimitCounts,
    console: Option<Console>,
}

impl<'a> House<'a> {
    /// Binds its sockets and reads its store. To be called while there is one thread.
    ///
    /// # Errors
    /// When a socket that was asked for cannot be.
    pub(super) fn open(
        site: &Site<'a>,
        store: Option<SharedStore>,
        limit_counts: LimitCounts,
    ) -> Result<Self, Failure> {
        let Site {
            config,
            settings,
            inputs,
        } = *site;
        let socket = ControlSocket::new(settings, inputs)?;
        let store_socket = StoreSocket::new(settings, inputs, config.user.as_ref())?;
        let console = control_socket::bind(&socket)?;
        let begin =
            |store: &SharedStore| StoreService::open(store.store.clone(), config, &store_socket);
        Ok(Self {
            config,
            service: store.as_ref().map(begin).transpose()?,
            store,
            limit_counts,
            console,
        })
    }

    /// Lets programs outside reach its store.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        let service = self.service.as_mut();
        service.map_or(Ok(()), |service| service.begin(self.config))
    }

    /// The socket on which it takes commands, once.
    pub(super) fn take_console(&mut self) -> Option<Console> {
        self.console.take()
    }

    /// Itself, as commands reach it.
    pub(super) fn subject(&self, remote: Remote) -> Subject {
        let subject = Subject::new(&self.config.name, remote);
        match &self.service {
            Some(service) => subject.telling_of_store(service.report(self.limit_counts.clone())),
            None => subject,
        }
    }

    /// Writes what is to outlive the server; to be called when all workers are gone.
    pub(super) fn close(self) {
        if let Some(service) = self.service {
            service.end();
        }
    }
}
