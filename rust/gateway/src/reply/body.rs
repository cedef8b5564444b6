//! The body of every response the gateway gives to hyper.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use askr_exchange::{ReplyError, Service};
use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use crate::access_log::End;
use crate::compression::CodedBody;
use crate::connection::passage::Passage;
use crate::connection::transfers::Transfers;
use crate::dispatch;
use crate::files::FileBody;
use crate::reply::stream::{CutReply, StreamHandle};
use crate::request::subject::Subject;

/// A body that tells its connection when it is over, in whatever way that happens.
pub(crate) struct ReplyBody {
    content: Content,
    passage: Arc<Passage>,
    subject: Subject,
    /// The reply is cut, as soon as what came before is on its way.
    cut: Option<CutReply>,
    /// How it has gone so far.
    delivery: Delivery,
}

/// What the connection has taken.
#[derive(Debug, Default)]
struct Delivery {
    bytes: u64,
    /// How many it will be, where that is known.
    announced: Option<u64>,
    is_over: bool,
    is_cut: bool,
}

/// Where the bytes come from.
pub(crate) enum Content {
    Empty,
    /// Complete.
    Full(Bytes),
    /// What PHP announced and did not deliver: some bytes, then the connection is cut.
    Short {
        bytes: Bytes,
        announced: u64,
    },
    /// As PHP produces them.
    Stream(StreamHandle),
    /// As it is read.
    File(FileBody),
    /// Another one, compressed as it comes.
    Coded(Box<CodedBody>),
}

/// Why a body ends the connection instead of itself. hyper only drops it.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

impl Content {
    pub(crate) fn full(text: String) -> Content {
        Content::Full(text.into())
    }

    pub(crate) fn fixed(text: &'static str) -> Content {
        Content::Full(Bytes::from_static(text.as_bytes()))
    }

    /// The next bytes; `None` at the end. Over `transfers`, if they are possible, stand-ins for
    /// bytes may come instead.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        transfers: Option<&Transfers>,
    ) -> Poll<Option<Result<Bytes, CutReply>>> {
        match self {
            Content::Empty => Poll::Ready(None),
            Content::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Content::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Content::Short { bytes, .. } if bytes.is_empty() => {
                Poll::Ready(Some(Err(CutReply::Short)))
            }
            Content::Short { bytes, .. } => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Stream(stream) => stream.poll_chunk(cx),
            Content::File(file) => {
                let data = ready!(file.poll_data(cx, transfers));
                Poll::Ready(data.map(|data| data.map_err(CutReply::File)))
            }
            Content::Coded(coded) => coded.poll_data(cx),
        }
    }

    /// Who gives it, and since when, if a worker still does or did to the end.
    pub(crate) fn service(&self) -> Option<Service> {
        match self {
            Content::Stream(stream) => stream.service(),
            Content::Coded(coded) => coded.service(),
            Content::Empty | Content::Full(_) | Content::Short { .. } | Content::File(_) => None,
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Content::Empty => SizeHint::with_exact(0),
            Content::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Short { announced, .. } => SizeHint::with_exact(*announced),
            Content::Stream(stream) => stream.size_hint(),
            Content::File(file) => SizeHint::with_exact(file.bytes_left()),
            Content::Coded(_) => SizeHint::default(),
        }
    }
}

impl ReplyBody {
    /// The body of the request that has just begun on the connection of `passage`.
    pub(crate) fn new(passage: Arc<Passage>, subject: Subject) -> ReplyBody {
        ReplyBody {
            content: Content::Empty,
            passage,
            subject,
            cut: None,
            delivery: Delivery::default(),
        }
    }

    /// hyper throws away what it has not written yet when a body fails; while a body is pending
    /// it writes.
    fn cut_after_flush<T>(&mut self, cx: &mut Context<'_>, cut: CutReply) -> Poll<T> {
        if let Content::Stream(stream) = &self.content
            && !stream.end_is_visible()
        {
            self.passage.reset_on_close();
        }
        log_cut(&self.subject, &cut);
        self.cut = Some(cut);
        self.delivery.is_cut = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The response to the request, which is known now.
    pub(crate) fn of(mut self, response: Response<Content>) -> Response<ReplyBody> {
        self.subject.record().replies(&response);
        let (head, content) = response.into_parts();
        self.content = content;
        self.delivery.announced = self.size_hint().exact();
        self.delivery.is_over = self.subject.method() == "HEAD";
        Response::from_parts(head, self)
    }
}

fn log_cut(subject: &Subject, cut: &CutReply) {
    if let CutReply::Worker(ReplyError::WorkerLost { worker, end }) = cut {
        dispatch::log_loss(subject, *worker, *end, "its reply is cut off");
    } else {
        let (request, method, path) = (subject.id(), subject.method(), subject.path());
        let error: &dyn std::error::Error = cut;
        tracing::warn!(request, method, path, error, "reply cut off");
    }
}

impl Delivery {
    /// When nobody asks for more.
    fn end(&self) -> End {
        match self.is_over || self.announced == Some(self.bytes) {
            _ if self.is_cut => End::Cut,
            true => End::Whole,
            false => End::Left,
        }
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        let record = self.subject.record();
        record.served(self.content.service());
        record.finish(&self.subject, self.delivery.bytes, self.delivery.end());
        match self.content {
            Content::Empty | Content::Full(_) => self.passage.end_request(),
            Content::Short { .. } | Content::Stream(_) | Content::File(_) | Content::Coded(_) => {
                self.passage.end_request_of_pieces();
            }
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Some(cut) = this.cut.take() {
            return Poll::Ready(Some(Err(cut.into())));
        }
        let transfers = &this.passage.transfers;
        match ready!(this.content.poll_data(cx, Some(transfers))) {
            None => {
                this.delivery.is_over = true;
                Poll::Ready(None)
            }
            Some(Ok(data)) => {
                this.delivery.bytes += data.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Some(Err(cut)) => this.cut_after_flush(cx, cut),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Full(bytes) => bytes.is_empty(),
            Content::Short { .. } | Content::Stream(_) | Content::Coded(_) => false,
            Content::File(file) => file.bytes_left() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
