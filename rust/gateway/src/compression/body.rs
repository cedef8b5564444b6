//! A body that is compressed while it is sent.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use askr_exchange::Service;
use bytes::Bytes;
use tokio::sync::Semaphore;

use super::coder::Coder;
use crate::limits::{CODED_AT_A_TIME_BYTES, CODED_IN_PLACE_BYTES_MAX};
use crate::reply::body::Content;
use crate::reply::stream::CutReply;

/// What another content brings, coded. Nothing is held back while that content pauses: what came
/// so far is flushed, so that the client sees it when it would have seen it plain.
pub(crate) struct CodedBody {
    source: Box<Content>,
    state: State,
    /// Bytes coded in place since others had their turn.
    in_place: usize,
    places: Arc<Semaphore>,
}

enum State {
    Here(Box<Coder>),
    /// Coding a large piece on another thread.
    Away(Pin<Box<dyn Future<Output = io::Result<Done>> + Send>>),
    /// All is sent, but for the reason why it was cut.
    Over(Option<CutReply>),
}

/// A coder that is back, and what it made.
type Done = (Box<Coder>, Vec<u8>);

impl CodedBody {
    /// `places` bounds how many pieces are coded on other threads at once.
    pub(super) fn new(source: Content, coder: Coder, places: Arc<Semaphore>) -> CodedBody {
        CodedBody {
            source: Box::new(source),
            state: State::Here(Box::new(coder)),
            in_place: 0,
            places,
        }
    }

    /// The next coded bytes; `None` at their end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CutReply>>> {
        if self.in_place >= CODED_AT_A_TIME_BYTES {
            self.in_place = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            match ready!(self.poll_step(cx)) {
                Ok(Some(coded)) if coded.is_empty() => {}
                Ok(Some(coded)) => return Poll::Ready(Some(Ok(coded.into()))),
                Ok(None) => return Poll::Ready(None),
                Err(cut) => return Poll::Ready(Some(Err(cut))),
            }
        }
    }

    /// Who gives what is coded.
    pub(crate) fn service(&self) -> Option<Service> {
        self.source.service()
    }

    /// What one piece becomes, which may be nothing yet; `None` at the end.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>, CutReply>> {
        let coder = match &mut self.state {
            State::Over(cut) => return Poll::Ready(cut.take().map_or(Ok(None), Err)),
            State::Away(work) => {
                let (coder, coded) = ready!(work.as_mut().poll(cx)).map_err(CutReply::Coding)?;
                self.state = State::Here(coder);
                return Poll::Ready(Ok(Some(coded)));
            }
            State::Here(coder) => coder,
        };
        let piece = match self.source.poll_data(cx, None) {
            Poll::Pending if !coder.holds_back() => return Poll::Pending,
            Poll::Pending => return Poll::Ready(flushed(coder).map(Some)),
            Poll::Ready(Some(Ok(piece))) => piece,
            Poll::Ready(Some(Err(cut))) => return Poll::Ready(self.end(Some(cut)).map(Some)),
            Poll::Ready(None) => return Poll::Ready(self.end(None).map(Some)),
        };
        if piece.len() > CODED_IN_PLACE_BYTES_MAX {
            self.send_away(piece);
            return Poll::Ready(Ok(Some(Vec::new())));
        }
        coder.write(&piece).map_err(CutReply::Coding)?;
        self.in_place += piece.len();
        let coded = match self.in_place {
            0..CODED_AT_A_TIME_BYTES => Ok(Vec::new()),
            _ => flushed(coder),
        };
        Poll::Ready(coded.map(Some))
    }

    fn send_away(&mut self, piece: Bytes) {
        let State::Here(mut coder) = std::mem::replace(&mut self.state, State::Over(None)) else {
            unreachable!("a piece is taken only while the coder is here");
        };
        self.state = State::Away(Box::pin(aside(self.places.clone(), move || {
            coder.write(&piece)?;
            coder.flush()?;
            let coded = coder.take();
            Ok((coder, coded))
        })));
    }

    /// A reply that is cut must not look whole, so its coded bytes are not ended either.
    fn end(&mut self, cut: Option<CutReply>) -> Result<Vec<u8>, CutReply> {
        let is_cut = cut.is_some();
        let State::Here(mut coder) = std::mem::replace(&mut self.state, State::Over(cut)) else {
            unreachable!("the source is asked only while the coder is here");
        };
        match is_cut {
            true => flushed(&mut coder),
            false => coder.finish().map_err(CutReply::Coding),
        }
    }
}

fn flushed(coder: &mut Coder) -> Result<Vec<u8>, CutReply> {
    coder.flush().map_err(CutReply::Coding)?;
    Ok(coder.take())
}

/// Does `work` on another thread, when there is a place for it. That needs no deadline: those
/// who have places only compute.
///
/// # Cancel safety
/// Dropping the future leaves work that has begun its place until it is done.
pub(super) async fn aside<T: Send + 'static>(
    places: Arc<Semaphore>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let place = places.acquire_owned().await.map_err(io::Error::other)?;
    let work = move || {
        let done = work();
        drop(place);
        done
    };
    tokio::task::spawn_blocking(work).await?
}
