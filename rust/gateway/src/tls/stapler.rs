//! Keeps what responders say about certificates at hand, so that no handshake waits for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use tokio::time::{MissedTickBehavior, interval};

use super::Tls;
use super::pair::Pair;
use super::responder::{Responder, Said};
use crate::limits::{CERTIFICATE_LOOK_INTERVAL, RESPONDER_PAUSE_MAX, RESPONDER_PAUSE_MIN};

/// Asks the responders of all certificates, one after another, before what they said is over.
#[derive(Debug, Default)]
pub(crate) struct Stapler {
    known: HashMap<CertificateDer<'static>, Known>,
}

/// What is known of one certificate.
#[derive(Debug)]
struct Known {
    /// When to ask again.
    due: SystemTime,
    /// When what was said is over.
    until: Option<SystemTime>,
    pause: Duration,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            due: SystemTime::UNIX_EPOCH,
            until: None,
            pause: RESPONDER_PAUSE_MIN,
        }
    }
}

impl Stapler {
    /// Goes on for ever.
    pub(crate) async fn run(mut self, tls: Arc<Tls>) {
        let mut ticks = interval(CERTIFICATE_LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let pairs = tls.keyring.pairs();
            let is_shown = |leaf: &CertificateDer<'static>| {
                pairs
                    .iter()
                    .any(|pair| pair.certified.cert.first() == Some(leaf))
            };
            self.known.retain(|leaf, _| is_shown(leaf));
            for (position, pair) in pairs.iter().enumerate() {
                if let Some(responder) = &pair.responder {
                    self.look_after(&tls, (position, pair), responder).await;
                }
            }
        }
    }

    async fn look_after(&mut self, tls: &Tls, (position, pair): (usize, &Pair), asked: &Responder) {
        let Some(leaf) = pair.certified.cert.first() else {
            return;
        };
        let known = self.known.entry(leaf.clone()).or_default();
        let now = SystemTime::now();
        if known.until.is_some_and(|until| until <= now) {
            known.until = None;
            tls.keyring.staple(position, pair, None);
        }
        // A certificate that was read anew has nothing with it yet, though it may be the same.
        let is_missing = known.until.is_some() && pair.certified.ocsp.is_none();
        if now < known.due && !is_missing {
            return;
        }
        let certificate = pair.files.certificate.display();
        match asked.ask().await {
            Ok(said) => {
                if said.is_revoked {
                    tracing::error!(%certificate, "certificate was revoked");
                }
                known.note(&said, now);
                tls.keyring.staple(position, pair, Some(said.response));
            }
            Err(error) => {
                let pause = known.put_off(now);
                tracing::warn!(
                    %certificate,
                    error = &error as &dyn std::error::Error,
                    pause_s = pause.as_secs(),
                    "not known whether the certificate was revoked"
                );
            }
        }
    }
}

impl Known {
    /// The next question is for the middle of the time for which the answer counts.
    fn note(&mut self, said: &Said, now: SystemTime) {
        let life = said.until.duration_since(said.since).unwrap_or_default();
        let middle = said.since + life / 2;
        let soonest = now + RESPONDER_PAUSE_MIN;
        self.due = middle.clamp(soonest, (now + RESPONDER_PAUSE_MAX).max(soonest));
        self.until = Some(said.until);
        self.pause = RESPONDER_PAUSE_MIN;
    }

    /// Returns how long it waits before it asks again.
    fn put_off(&mut self, now: SystemTime) -> Duration {
        let pause = self.pause;
        self.due = now + pause;
        self.pause = (pause * 2).min(RESPONDER_PAUSE_MAX);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_renewed_in_the_middle_of_their_time() {
        let now = SystemTime::now();
        let hours = |count: u64| Duration::from_secs(count * 60 * 60);
        let said = |until| Said {
            response: Vec::new(),
            is_revoked: false,
            since: now,
            until,
        };
        let mut known = Known::default();
        known.note(&said(now + hours(8)), now);
        assert_eq!(known.due, now + hours(4));
        known.note(&said(now + hours(24 * 7)), now);
        assert_eq!(known.due, now + RESPONDER_PAUSE_MAX);
        known.note(&said(now + Duration::from_secs(1)), now);
        assert_eq!(known.due, now + RESPONDER_PAUSE_MIN);
    }

    #[test]
    fn a_responder_that_fails_is_asked_less_and_less() {
        let now = SystemTime::now();
        let mut known = Known::default();
        let pauses: Vec<u64> = (0..12).map(|_| known.put_off(now).as_secs()).collect();
        assert_eq!(pauses[..4], [60, 120, 240, 480]);
        assert_eq!(*pauses.last().unwrap(), RESPONDER_PAUSE_MAX.as_secs());
    }
}
