//! Carries out what the fleet orders.
#![forbid(unsafe_code)]

use std::error::Error;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use askr_exchange::control::ToTemplate;
use tokio::time::timeout;
use tracing::{debug, error, warn};

use super::{Current, Standing, Supervisor};
use crate::fleet::{Event, Order, Parent};

/// How long a template may take to take a message off the socket.
const SEND_PATIENCE: Duration = Duration::from_secs(5);

impl Supervisor {
    pub(super) async fn carry_out(&mut self, order: Order, socket: &mut Option<OwnedFd>) {
        match order {
            Order::StartTemplate(generation) => self.start_template(generation),
            Order::KillTemplate(generation) => self.processes.kill(generation),
            Order::Boot(generation) => {
                if let Some(template) = self.processes.boots(generation) {
                    let boot = ToTemplate::Boot(template);
                    self.tell(Parent::first(generation), &boot).await;
                }
            }
            Order::Forget(generation) => {
                self.processes.forget(generation);
                self.publish_roots();
            }
            Order::Tell(parent, message) => self.tell(parent, &message).await,
            Order::Listen(parent) => {
                if let Some(socket) = socket.take() {
                    self.processes.listen(parent, socket);
                }
            }
            Order::HangUp(parent) => self.processes.hang_up(parent),
            Order::Retire(pool, worker) => self.exchanges[pool].retire(worker),
            Order::Bury(pool, worker, end) => {
                let requests = self.exchanges[pool].bury_ended(worker, end);
                debug!(%worker, requests, "worker buried");
            }
            Order::Promote(pool, worker) => self.exchanges[pool].promote(worker),
            Order::Favour(pool, worker) => self.exchanges[pool].favour(worker),
            Order::Traced(worker, frames) => self.note_trace(worker, frames),
            Order::Probe(pool, worker) => self.probe(pool, worker),
            Order::Serve => {
                self.readiness.send_replace(Standing::Ready);
            }
            Order::Rest(failure) => {
                self.rests.send_replace(true);
                let error: &dyn Error = &failure;
                error!(error, "given up; a reload begins anew");
                self.readiness.send_replace(Standing::GivenUp(failure));
            }
            Order::Current(generation, _) => {
                self.current = Current::new(generation);
                self.rests.send_replace(false);
                self.publish_roots();
            }
            Order::Report(change, progress) => self.report(change, progress),
            Order::Finish(_) => unreachable!("run returns on it"),
        }
    }

    fn start_template(&mut self, generation: u32) {
        match self.processes.start(generation, &self.exchanges) {
            Ok(pid) => {
                self.publish_roots();
                self.happen(Event::TemplateStarted { generation, pid });
            }
            Err(failure) => {
                let cause = failure.source();
                let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
                let how = format!("{failure}{cause}");
                self.happen(Event::TemplateGone { generation, how });
            }
        }
    }

    /// Sends a message; a template that does not take it is of no use, and its generation is
    /// killed: those who have booted the application only ever listen.
    async fn tell(&mut self, parent: Parent, message: &ToTemplate) {
        let Some(control) = self.processes.control(parent) else {
            return;
        };
        let problem = match timeout(SEND_PATIENCE, control.send(message)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not listen".to_owned(),
        };
        let generation = parent.generation;
        match parent.child {
            None => {
                warn!(generation, problem, "template cannot be told");
                self.processes.kill(generation);
            }
            // It is dead, or is about to be: the first reports its end.
            Some(child) => {
                warn!(generation, problem, "{child} cannot be told");
                let kill = ToTemplate::Kill { child };
                let first = self.processes.control(Parent::first(generation));
                if let Some(first) = first {
                    let _ = timeout(SEND_PATIENCE, first.send(&kill)).await;
                }
            }
        }
    }

    /// Pages may be open of every generation that is known: of one on trial, and of the one
    /// before.
    fn publish_roots(&self) {
        let current = self.processes.release(self.current.generation);
        let releases = current.into_iter().chain(self.processes.releases());
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in releases.map(|release| &release.template.root) {
            if !roots.contains(root) {
                roots.push(root.clone());
            }
        }
        self.roots.send_replace(roots);
    }
}
