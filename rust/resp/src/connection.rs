//! A connection: commands come in, replies go out, and neither waits for ever.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use askr_store::{Kind, OwnedValue};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::command::{self, Outcome, Shape};
use crate::failure::Failure;
use crate::house::{House, Room};
use crate::intake::{Intake, Request};
use crate::limits::{IDLE_MAX, REPLIES_BYTES_MAX, REPLIES_KEPT_BYTES, STALL_MAX};
use crate::reply::{Reply, begin_array};
use crate::session::Session;
use crate::words::{plain_reply, typed_reply};

/// A client and its socket.
pub(crate) struct Connection {
    stream: UnixStream,
    session: Session,
    intake: Intake,
    replies: Vec<u8>,
    /// How much of them the client has taken.
    taken: usize,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    On,
    End,
}

/// What a client did.
enum Step {
    Read(io::Result<usize>),
    Wrote(io::Result<usize>),
}

impl Connection {
    pub(crate) fn new(stream: UnixStream, house: Arc<House>, id: u64) -> Self {
        let intake = Intake::new(house.config.value_bytes_max);
        Self {
            stream,
            session: Session::new(house, id),
            intake,
            replies: Vec::new(),
            taken: 0,
        }
    }

    /// Serves the client until it leaves, is cut off, or the server ends.
    ///
    /// # Errors
    /// When the client is gone, or takes or sends nothing for too long.
    ///
    /// # Cancel safety
    /// What was carried out stays; its reply may be lost.
    pub(crate) async fn serve(mut self, mut ending: watch::Receiver<bool>) -> io::Result<()> {
        let mut room = Room::default();
        loop {
            if self.answer_all().await? == Course::End {
                return self.flush().await;
            }
            if self.intake.claimed() == 0 {
                room = Room::default();
            }
            if let Err(failure) = self
                .house()
                .make_room(&mut room, self.intake.claimed())
                .await
            {
                return self.refuse(failure).await;
            }
            let count = tokio::select! {
                count = self.read_on() => count?,
                () = ended(&mut ending) => 0,
            };
            if count == 0 {
                return self.flush().await;
            }
        }
    }

    /// Reads, and lets the client take replies meanwhile: it may send all of a pipeline before it
    /// reads the first.
    async fn read_on(&mut self) -> io::Result<usize> {
        loop {
            let patience = self.patience();
            let (mut reader, mut writer) = self.stream.split();
            let rest = &self.replies[self.taken..];
            let step = async {
                tokio::select! {
                    count = reader.read_buf(self.intake.room()) => Step::Read(count),
                    count = writer.write(rest), if !rest.is_empty() => Step::Wrote(count),
                }
            };
            match timeout(patience, step).await {
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(Step::Read(count)) => return count,
                Ok(Step::Wrote(count)) => self.taken(count?)?,
            }
        }
    }

    /// Says why there is nothing for a client, and leaves it.
    pub(crate) async fn refuse(mut self, failure: Failure) -> io::Result<()> {
        self.say(&Reply::Failure(failure));
        self.flush().await
    }

    fn house(&self) -> Arc<House> {
        Arc::clone(&self.session.house)
    }

    fn patience(&self) -> Duration {
        match self.intake.is_idle() && self.replies.is_empty() {
            true => IDLE_MAX,
            false => STALL_MAX,
        }
    }

    /// Answers every command that is complete.
    async fn answer_all(&mut self) -> io::Result<Course> {
        loop {
            let request = match self.intake.next() {
                Ok(None) => return Ok(Course::On),
                Ok(Some(request)) => request,
                Err(error) => {
                    self.say(&Reply::Failure(Failure::Protocol(error)));
                    return Ok(Course::End);
                }
            };
            self.session.house.commands.fetch_add(1, Ordering::Relaxed);
            let outcome = match request {
                Request::TooLarge(length) => Err(Failure::TooLarge(length)),
                Request::Command(words) => command::run(&mut self.session, &words),
            };
            if self.carry_out(outcome).await? == Course::End {
                return Ok(Course::End);
            }
            self.relieve().await?;
        }
    }

    async fn carry_out(&mut self, outcome: Result<Outcome, Failure>) -> io::Result<Course> {
        let reply = match outcome {
            Err(failure) => Reply::Failure(failure),
            Ok(Outcome::Reply(reply)) => reply,
            Ok(Outcome::Last(reply)) => {
                self.say(&reply);
                return Ok(Course::End);
            }
            Ok(Outcome::Value(key, shape)) => return self.tell(&key, shape).await,
            Ok(Outcome::Values(keys, shape)) => {
                begin_array(keys.len(), &mut self.replies);
                for key in keys {
                    self.tell(&key, shape).await?;
                }
                return Ok(Course::On);
            }
            Ok(Outcome::Lock(order)) => match order.take(&self.house(), &self.stream).await {
                Ok(is_taken) => Reply::flag(is_taken),
                Err(failure) => Reply::Failure(failure),
            },
        };
        self.say(&reply);
        Ok(Course::On)
    }

    /// Tells what an entry holds, as soon as there is room for it.
    async fn tell(&mut self, key: &Bytes, shape: Shape) -> io::Result<Course> {
        let mut room = Room::default();
        let reply = match self.read(key, &mut room).await {
            Err(failure) => Reply::Failure(failure),
            Ok(None) => Reply::Null,
            Ok(Some(value)) if shape == Shape::Plain => plain_reply(value),
            Ok(Some(value)) => typed_reply(value),
        };
        self.say(&reply);
        drop(reply);
        self.relieve().await?;
        Ok(Course::On)
    }

    async fn read(&self, key: &[u8], room: &mut Room) -> Result<Option<OwnedValue>, Failure> {
        let (store, namespace) = (self.session.store(), self.session.namespace());
        if self.session.has_locks() {
            return Ok(self.session.value(key)?);
        }
        let Some(entry) = store.find(namespace, key)? else {
            return Ok(None);
        };
        let length = match entry.kind {
            Kind::Number(number) => return Ok(Some(OwnedValue::Number(number))),
            Kind::Bytes(length) => length,
        };
        self.session.house.make_room(room, length).await?;
        let mut bytes = vec![0; length];
        if store.read(&entry, &mut bytes) {
            return Ok(Some(OwnedValue::Bytes(bytes)));
        }
        Ok(store.get(namespace, key)?)
    }

    fn say(&mut self, reply: &Reply) {
        reply.write(self.session.version, &mut self.replies);
    }

    /// Lets the client take its replies before there are too many.
    async fn relieve(&mut self) -> io::Result<()> {
        match self.replies.len() {
            ..=REPLIES_BYTES_MAX => Ok(()),
            _ => self.flush().await,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        while !self.replies.is_empty() {
            let write = self.stream.write(&self.replies[self.taken..]);
            match timeout(STALL_MAX, write).await {
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(count) => self.taken(count?)?,
            }
        }
        Ok(())
    }

    /// Forgets the replies once the client has all of them.
    fn taken(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.taken += count;
        if self.taken == self.replies.len() {
            self.replies.clear();
            self.replies.shrink_to(REPLIES_KEPT_BYTES);
            self.taken = 0;
        }
        Ok(())
    }
}

/// Returns when the server ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|is_ending| *is_ending).await;
}

#[cfg(test)]
mod tests;
