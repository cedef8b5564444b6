//! One line for each request, written by a thread of its own.
//!
//! The I/O thread renders the line where it stands, which costs less than to hand over what it is
//! made of, and leaves it in a bounded queue. It never waits for a disk or a reader.

mod combined;
mod entry;
pub(crate) mod escape;
mod fields;
mod json;
mod moment;
mod queue;
mod record;
mod sink;
mod syslog;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jiff::tz::TimeZone;

use crate::complaints::Complaints;
pub(crate) use entry::End;
use entry::Entry;
pub use fields::AccessField;
use moment::{Moment, Moments};
use queue::Queue;
pub(crate) use record::{Record, Spans};
use sink::Sink;
pub use syslog::SyslogAddress;

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLogPlace {
    /// Standard output.
    Stdout,
    /// A file, appended to.
    File(PathBuf),
    /// The log of a system.
    Syslog(SyslogAddress),
}

/// How a line looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessFormat {
    /// An object with these fields.
    Json(Vec<AccessField>),
    /// As nginx and Apache have it.
    Combined,
}

/// The log of requests; clones are the same one.
#[derive(Debug, Clone)]
pub struct AccessLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    format: AccessFormat,
    moments: Mutex<Moments>,
    queue: Queue,
}

impl AccessLog {
    /// Opens the place and starts the thread that writes there.
    ///
    /// # Errors
    /// If the place cannot be opened, or there can be no thread.
    pub fn open(place: &AccessLogPlace, format: AccessFormat) -> io::Result<AccessLog> {
        let sink = Sink::open(place)?;
        let log = AccessLog(Arc::new(Shared {
            format,
            moments: Mutex::new(Moments::new(TimeZone::system())),
            queue: Queue::default(),
        }));
        let shared = log.0.clone();
        // Not joined: it ends with `finish`, or with the process when nobody takes what it writes.
        thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_all(&shared.queue, sink))?;
        Ok(log)
    }

    /// Opens a file anew, after it was moved; lines up to now are in the one from before. What
    /// becomes of it is in the log.
    pub fn reopen(&self) {
        self.0.queue.reopen();
    }

    /// No request comes any more: waits until all lines are written, for so long at most.
    pub fn finish(&self, patience: Duration) {
        if !self.0.queue.finish(patience) {
            tracing::warn!("the last lines of the access log are lost: nobody takes them");
        }
    }

    /// Adds the line of a request that is over now.
    fn write(&self, entry: &Entry<'_>) {
        let Shared {
            format,
            moments,
            queue,
        } = &*self.0;
        let mut moments = moments.lock().expect("no holder of the moments panics");
        let now = moments.at(SystemTime::now());
        queue.push(|out| format.line(entry, now, out));
    }
}

impl AccessFormat {
    fn line(&self, entry: &Entry<'_>, now: Moment<'_>, out: &mut Vec<u8>) {
        match self {
            AccessFormat::Json(fields) => json::line(fields, entry, now, out),
            AccessFormat::Combined => combined::line(entry, now, out),
        }
    }
}

/// The thread.
fn write_all(queue: &Queue, mut sink: Sink) {
    let complaints = Complaints::of_news();
    let mut losses = Losses::default();
    let mut room = Vec::new();
    loop {
        let batch = queue.take(room);
        losses.count += batch.lost;
        if let Err((lost, error)) = sink.write(&batch.lines) {
            losses.count += lost;
            losses.error = Some(error);
        }
        if losses.count > 0 && (batch.is_last || complaints.admit(Instant::now()).is_some()) {
            std::mem::take(&mut losses).tell();
        }
        if batch.reopen {
            reopen(&mut sink);
        }
        if batch.is_last {
            return queue.end();
        }
        room = batch.lines;
    }
}

/// Lines that were not written since the log said so last.
#[derive(Debug, Default)]
struct Losses {
    count: u64,
    error: Option<io::Error>,
}

impl Losses {
    fn tell(self) {
        let lines = self.count;
        match self.error {
            Some(error) => {
                tracing::error!(lines, %error, "lines of the access log are lost");
            }
            None => tracing::warn!(
                lines,
                "lines of the access log are lost: they come faster than they can be written"
            ),
        }
    }
}

fn reopen(sink: &mut Sink) {
    match sink.reopen() {
        Ok(true) => tracing::info!("access log opened anew"),
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "access log cannot be opened anew"),
    }
}

#[cfg(test)]
mod tests;
