//! Replies made of files: those below the document roots, and those that PHP names.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use http::{Response, request};
use mime_guess::MimeGuess;
use rustix::fs::Stat;
use rustix::io::Errno;

use crate::access_log::Record;
use crate::files::roots::Place;
use crate::limits::FILE_SWEEP_INTERVAL;
use crate::reply::Refusal;
use crate::reply::body::Content;
use cache::FileCache;
use document::Document;
use patterns::Patterns;
use siblings::Siblings;

mod accelerated;
mod body;
mod cache;
mod conditions;
mod document;
mod parts;
mod patterns;
mod ranges;
mod reply;
pub(crate) mod roots;
mod siblings;

pub(crate) use accelerated::{Named, is_named, take as take_named};
pub(crate) use body::FileBody;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use conditions::{Validators, Verdict, judge, range_fits};
pub(crate) use document::Version;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use ranges::{Wanted, wanted};

/// Sends files, and remembers those it has sent.
#[derive(Debug)]
pub(crate) struct FileDesk {
    cache: FileCache,
    siblings: Siblings,
    immutable: Patterns,
}

impl FileDesk {
    pub(crate) fn new(cache_bytes: usize, immutable: Vec<String>) -> FileDesk {
        FileDesk {
            cache: FileCache::new(cache_bytes),
            siblings: Siblings::default(),
            immutable: Patterns::new(immutable),
        }
    }

    /// Answers a GET or HEAD with the file at `place`, which the route decision has approved,
    /// and which `stat` was said about.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind but a read that a thread may be in.
    pub(crate) async fn serve(
        &self,
        place: Place<'_>,
        stat: &Stat,
        asked: &request::Parts,
        record: &Record,
    ) -> Result<Response<Content>, Refusal> {
        let mut version = place.version_in(stat).ok_or(Refusal::NotFound)?;
        let mut response = Response::new(Content::Empty);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type(place.path()));
        if self.immutable.fit(place.path()) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
        }
        let choice = self
            .siblings
            .choose(&place, &version, &asked.headers, Instant::now());
        if choice.varies {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        let mut sent = place;
        if let Some(sibling) = choice.sibling {
            let coding = HeaderValue::from_static(sibling.coding.token());
            headers.insert(CONTENT_ENCODING, coding);
            version = sibling.version;
            sent = sent.beside(siblings::suffix(sibling.coding));
        }
        let now = SystemTime::now();
        let kept = self.cache.find(&version);
        record.is_a_file(kept.is_some());
        let document = match kept {
            Some(document) => document,
            None => self.document(&sent, now).await?,
        };
        reply::fill(&mut response, &document, asked, now);
        Ok(response)
    }

    /// Gives `response` the file that PHP has named for its body, opened with the rights of
    /// `reader`.
    ///
    /// # Cancel safety
    /// As [`serve`](Self::serve).
    pub(crate) async fn send(
        &self,
        response: &mut Response<Content>,
        (file, reader): (File, Option<u32>),
        asked: &request::Parts,
    ) -> io::Result<()> {
        let version = Version::of(&rustix::fs::fstat(&file)?, reader).ok_or(Errno::NOENT)?;
        let now = SystemTime::now();
        let document = match self.cache.find(&version) {
            Some(document) => document,
            // Not kept: what PHP may have sent, a link to it may not disclose.
            None => Arc::new(Document::read(file, version, now).await?),
        };
        reply::fill(response, &document, asked, now);
        Ok(())
    }

    /// Gives up now and then what nobody uses. Never returns.
    pub(crate) async fn sweep(&self) {
        let mut ticks = tokio::time::interval(FILE_SWEEP_INTERVAL);
        loop {
            ticks.tick().await;
            self.cache.sweep();
        }
    }

    /// The file at `place`, which is not in memory.
    async fn document(&self, place: &Place<'_>, now: SystemTime) -> io::Result<Arc<Document>> {
        let file = place.open()?;
        let version = place.version_in(&rustix::fs::fstat(&file)?);
        let version = version.ok_or(Errno::NOENT)?;
        let document = Arc::new(Document::read(file, version, now).await?);
        self.cache.keep(&document, now);
        Ok(document)
    }
}

/// By the extension, as far as the table knows it.
fn content_type(path: &str) -> HeaderValue {
    let guess = MimeGuess::from_path(path).first_raw();
    HeaderValue::from_static(guess.unwrap_or("application/octet-stream"))
}

/// What `Cache-Control` says of a file that never changes under its name: a year is what
/// "for ever" has become.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
