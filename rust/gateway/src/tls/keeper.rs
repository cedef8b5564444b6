//! Takes up certificates that change on disk, and says when one is about to end.
//!
//! Files are looked at, not listened to: what renews certificates moves symbolic links, replaces
//! folders and mounts over them, and a look every second sees each of it. A change counts once
//! two looks agree, since certificate and key are two files that nobody writes at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::{MissedTickBehavior, interval};

use super::config::{Certificates, PairFiles, TlsConfig};
use super::files::Look;
use super::inspection::Lifetime;
use super::pair::Pair;
use super::{Keyring, Tls};
use crate::limits::{CERTIFICATE_CHECK_INTERVAL, CERTIFICATE_LOOK_INTERVAL};

/// Looks after the certificates of a server.
#[derive(Debug)]
pub(crate) struct Keeper {
    watched: Vec<Watched>,
    /// When the ends of certificates were looked at.
    checked_at: Option<SystemTime>,
}

/// Files that are taken up together.
#[derive(Debug)]
struct Watched {
    subject: Subject,
    files: Vec<PathBuf>,
    /// How they looked when they were taken up or refused.
    known: Look,
    /// How they looked last, if different.
    pending: Option<Look>,
}

#[derive(Debug, Clone)]
enum Subject {
    Pair { position: usize, files: PairFiles },
    ClientAuthorities,
}

impl Keeper {
    /// Looks at the files for the first time; they are to be read after that.
    pub(super) fn new(config: &TlsConfig) -> Keeper {
        let files = match &config.certificates {
            Certificates::Files(files) => files.as_slice(),
            Certificates::Local(_) => &[],
        };
        let pairs = files.iter().enumerate().map(pair);
        let authorities = config.client_auth.iter().map(|auth| {
            let files = vec![auth.authorities.clone()];
            Watched::new(Subject::ClientAuthorities, files)
        });
        Keeper {
            watched: pairs.chain(authorities).collect(),
            checked_at: None,
        }
    }

    /// Looks for ever; a look may wait for a disk, so it is made on another thread.
    pub(crate) async fn run(mut self, tls: Arc<Tls>) {
        let mut ticks = interval(CERTIFICATE_LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let tls = tls.clone();
            let looking = tokio::task::spawn_blocking(move || {
                self.look(&tls, SystemTime::now());
                self
            });
            match looking.await {
                Ok(keeper) => self = keeper,
                Err(_) => return,
            }
        }
    }

    fn look(&mut self, tls: &Tls, now: SystemTime) {
        for watched in &mut self.watched {
            if watched.has_changed() {
                take_up(tls, &watched.subject);
            }
        }
        let is_due = |at: SystemTime| {
            let since = now.duration_since(at);
            since.is_ok_and(|since| since >= CERTIFICATE_CHECK_INTERVAL)
        };
        if self.checked_at.is_none_or(is_due) {
            self.checked_at = Some(now);
            tls.keyring.say_what_ends(now);
        }
    }
}

impl Watched {
    fn new(subject: Subject, files: Vec<PathBuf>) -> Watched {
        Watched {
            known: Look::at(&files),
            subject,
            files,
            pending: None,
        }
    }

    /// Whether the files look new, and did so a look ago.
    fn has_changed(&mut self) -> bool {
        let look = Look::at(&self.files);
        if look == self.known {
            self.pending = None;
            return false;
        }
        let is_settled = self.pending.as_ref() == Some(&look);
        if is_settled {
            self.known = look;
            self.pending = None;
        } else {
            self.pending = Some(look);
        }
        is_settled
    }
}

impl Keyring {
    /// One line for each certificate that has ended or soon will.
    fn say_what_ends(&self, now: SystemTime) {
        for pair in self.pairs() {
            let certificate = pair.files.certificate.display();
            match Lifetime::until(pair.ends, now) {
                Lifetime::Ended => tracing::error!(%certificate, "certificate has ended"),
                Lifetime::EndsSoon { days } => {
                    tracing::warn!(%certificate, days, "certificate ends soon");
                }
                Lifetime::Lasts { .. } => {}
            }
        }
    }
}

fn pair((position, files): (usize, &PairFiles)) -> Watched {
    let subject = Subject::Pair {
        position,
        files: files.clone(),
    };
    Watched::new(subject, vec![files.certificate.clone(), files.key.clone()])
}

fn take_up(tls: &Tls, subject: &Subject) {
    match subject {
        Subject::Pair { position, files } => {
            let certificate = files.certificate.display();
            match Pair::read(files) {
                Ok(pair) => {
                    tls.keyring.replace(*position, pair);
                    tracing::info!(%certificate, "certificate taken up");
                }
                Err(error) => tracing::error!(
                    %certificate,
                    error = &error as &dyn std::error::Error,
                    "certificate refused, the one before is kept"
                ),
            }
        }
        Subject::ClientAuthorities => match tls.rebuild() {
            Ok(()) => tracing::info!("authorities of clients taken up"),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "authorities of clients refused, those before are kept"
            ),
        },
    }
}
