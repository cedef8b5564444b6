//! What becomes known of one request while it is answered.

use std::sync::{Arc, Mutex, MutexGuard};

use askr_exchange::Service;
use http::header::{CONTENT_ENCODING, HOST, HeaderName, HeaderValue, REFERER, USER_AGENT};
use http::uri::Authority;
use http::{Response, StatusCode, Uri, Version, request};
use rustix::time::{ClockId, clock_gettime};

use super::entry::{Asked, End, Entry, Php, Source};
use crate::client::Client;
use crate::connection::Connection;
use crate::request::subject::Subject;

/// The notes about a request, which become its line when it is over. Nobody keeps any when they
/// would not be read.
#[derive(Debug, Default)]
pub(crate) struct Record(Option<Box<Kept>>);

#[derive(Debug)]
struct Kept {
    connection: Arc<Connection>,
    /// The client, if that is not the other end of the connection.
    told_client: Option<Box<str>>,
    /// `None` when the head was refused: a placeholder says nothing of what was asked.
    heard: Option<Heard>,
    begun_us: u64,
    /// All of it happens in one task; the lock only makes the type `Sync`.
    notes: Mutex<Notes>,
}

/// Of a head that was one.
#[derive(Debug)]
struct Heard {
    is_https: bool,
    version: Version,
    host: Option<HeaderValue>,
    told_host: Option<Box<str>>,
    user_agent: Option<HeaderValue>,
    referer: Option<HeaderValue>,
}

#[derive(Debug, Default)]
struct Notes {
    /// `None` until there is a reply.
    status: Option<StatusCode>,
    encoding: Option<HeaderValue>,
    received_bytes: u64,
    source: Option<Source>,
    pool: Option<Arc<str>>,
    /// When it could be given to a worker.
    ready_us: u64,
    service: Option<Service>,
    cache: Option<&'static str>,
}

/// How long what PHP did has taken, in µs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    /// Until a worker took the request.
    pub(crate) wait: Option<u64>,
    /// From then to the end of the reply, or until now.
    pub(crate) php: Option<u64>,
    /// From the head of the request until now.
    pub(crate) total: u64,
}

impl Record {
    /// For a request that `client` has sent; `head` is missing if it was refused.
    pub(crate) fn new(
        connection: &Arc<Connection>,
        client: &Client<'_>,
        head: Option<&request::Parts>,
    ) -> Record {
        if !connection.site.keeps_records() {
            return Record::default();
        }
        let peer = connection.addresses.remote_ip();
        let told_client = Some(client.remote_ip()).filter(|&told| told != peer);
        Record(Some(Box::new(Kept {
            connection: connection.clone(),
            told_client: told_client.map(Box::from),
            heard: head.map(|head| Heard::new(client, head)),
            begun_us: now_us(),
            notes: Mutex::default(),
        })))
    }

    /// Its body has come, whole.
    pub(crate) fn received(&self, bytes: u64) {
        self.note(|notes| notes.received_bytes = bytes);
    }

    /// It waits for a worker of this pool now.
    pub(crate) fn waits_for(&self, pool: &Arc<str>) {
        self.note(|notes| {
            notes.source = Some(Source::Php);
            notes.pool = Some(pool.clone());
            notes.ready_us = now_us();
        });
    }

    /// A worker has it, or had it.
    pub(crate) fn served(&self, service: Option<Service>) {
        self.note(|notes| notes.service = service.or(notes.service));
    }

    /// A file answers, from memory or not.
    pub(crate) fn is_a_file(&self, is_in_memory: bool) {
        self.note(|notes| {
            notes.source = Some(Source::File);
            notes.cache = Some(if is_in_memory { "hit" } else { "miss" });
        });
    }

    /// This is the reply.
    pub(crate) fn replies<T>(&self, response: &Response<T>) {
        self.note(|notes| {
            notes.status = Some(response.status());
            notes.encoding = response.headers().get(CONTENT_ENCODING).cloned();
        });
    }

    /// How long it has taken so far.
    pub(crate) fn spans(&self) -> Option<Spans> {
        let kept = self.0.as_ref()?;
        let now_us = now_us();
        Some(kept.lock().spans(kept.begun_us, now_us))
    }

    /// It is over: writes its line.
    pub(crate) fn finish(&self, subject: &Subject, sent_bytes: u64, end: End) {
        let Some(kept) = &self.0 else { return };
        let Some(log) = &kept.connection.site.access_log else {
            return;
        };
        let notes = kept.lock();
        let spans = notes.spans(kept.begun_us, now_us());
        let peer = kept.connection.addresses.remote_ip();
        let told_client = kept.told_client.as_deref();
        log.write(&Entry {
            request: subject.id(),
            client: told_client.unwrap_or(peer),
            peer: told_client.map(|_| peer),
            asked: kept.heard.as_ref().map(|heard| heard.asked(subject)),
            tls: kept.connection.tls.as_ref().and_then(|tls| tls.version),
            status: notes.status.map_or(CLIENT_LEFT, |status| status.as_u16()),
            end: if notes.status.is_some() {
                end
            } else {
                End::Left
            },
            received_bytes: notes.received_bytes,
            sent_bytes,
            duration_us: spans.total,
            source: notes.source.unwrap_or(Source::Server),
            php: notes.php(spans),
            encoding: notes.encoding.as_ref().map(HeaderValue::as_bytes),
            cache: notes.cache,
        });
    }

    fn note(&self, note: impl FnOnce(&mut Notes)) {
        if let Some(kept) = &self.0 {
            note(&mut kept.lock());
        }
    }
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().expect("no holder of the notes panics")
    }
}

impl Heard {
    fn new(client: &Client<'_>, head: &request::Parts) -> Heard {
        let field = |name: HeaderName| head.headers.get(name).cloned();
        Heard {
            is_https: client.is_https(),
            version: head.version,
            host: field(HOST),
            told_host: client.told_host().map(Box::from),
            user_agent: field(USER_AGENT),
            referer: field(REFERER),
        }
    }

    fn asked<'a>(&'a self, subject: &'a Subject) -> Asked<'a> {
        let uri = subject.uri();
        Asked {
            host: self.host(uri),
            method: subject.method(),
            path: uri.path(),
            query: uri.query(),
            is_https: self.is_https,
            version: self.version,
            user_agent: self.user_agent.as_ref().map(HeaderValue::as_bytes),
            referer: self.referer.as_ref().map(HeaderValue::as_bytes),
        }
    }

    /// As a proxy that is believed tells it, or as the request has it.
    fn host<'a>(&'a self, uri: &'a Uri) -> &'a [u8] {
        let told = self.told_host.as_deref();
        match told.or_else(|| uri.authority().map(Authority::as_str)) {
            Some(host) => host.as_bytes(),
            None => self.host.as_ref().map_or(b"", HeaderValue::as_bytes),
        }
    }
}

impl Notes {
    /// A worker that has not said when it took the request, or ended its reply, is not waited for.
    fn spans(&self, begun_us: u64, now_us: u64) -> Spans {
        let said = |at_us: u64| (at_us > 0).then_some(at_us);
        let taken_us = self.service.and_then(|service| said(service.taken_us));
        let ended_us = self.service.and_then(|service| said(service.ended_us));
        Spans {
            wait: taken_us.map(|taken_us| taken_us.saturating_sub(self.ready_us)),
            php: taken_us.map(|taken_us| ended_us.unwrap_or(now_us).saturating_sub(taken_us)),
            total: now_us.saturating_sub(begun_us),
        }
    }

    fn php(&self, spans: Spans) -> Option<Php<'_>> {
        Some(Php {
            pool: self.pool.as_deref()?,
            worker: self.service.map(|service| service.worker),
            generation: self
                .service
                .map(|service| service.generation)
                .filter(|&generation| generation > 0),
            wait_us: spans.wait,
            php_us: spans.php,
        })
    }
}

/// The clock by which workers say when they took a request.
fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanoseconds) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
    seconds * 1_000_000 + nanoseconds / 1000
}

/// As nginx has it: the client did not wait for a reply. Nobody is sent this.
const CLIENT_LEFT: u16 = 499;
