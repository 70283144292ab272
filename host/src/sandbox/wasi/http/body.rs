//! Bodies as they pass: counted, timed, and those that come back searched for secrets.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::body::{Body, Frame, Incoming};
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use super::mask::{Forms, Masker};

/// Bytes of bodies, either way, that one try may still move.
#[derive(Debug)]
pub(in crate::sandbox) struct Traffic {
    limit: u64,
    used: AtomicU64,
    refused: AtomicBool,
}

impl Traffic {
    /// At most so many.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: AtomicU64::new(0), refused: AtomicBool::new(false) }
    }

    /// What was moved.
    pub(in crate::sandbox) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed).min(self.limit)
    }

    /// Whether more was wanted.
    pub(super) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Takes so many; false if they are too many.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes as u64, Ordering::Relaxed);
        let fits = before.saturating_add(bytes as u64) <= self.limit;
        if !fits {
            self.refused.store(true, Ordering::Relaxed);
        }
        fits
    }
}

/// What a guest sends.
pub(super) struct Outgoing {
    /// Its own.
    pub(super) body: WasiBody,
    /// Counts it.
    pub(super) traffic: Arc<Traffic>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let length = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len));
        match length.is_none_or(|length| self.traffic.take(length)) {
            true => Poll::Ready(frame),
            false => Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(self.traffic.limit))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// What a guest gets back.
pub(super) struct Answer {
    incoming: Incoming,
    traffic: Arc<Traffic>,
    pause: Duration,
    deadline: Pin<Box<Sleep>>,
    masker: Option<(Masker, Forms)>,
    /// What comes after the last piece.
    trailers: Option<HeaderMap>,
    ended: bool,
}

impl Answer {
    /// A body that may pause so long between two pieces, with what is covered in it.
    pub(super) fn new(incoming: Incoming, traffic: Arc<Traffic>, pause: Duration, forms: Option<&Forms>) -> Self {
        let masker = forms.map(|forms| (Masker::new(forms.clone()), forms.clone()));
        let deadline = Box::pin(sleep(pause));
        Self { incoming, traffic, pause, deadline, masker, trailers: None, ended: false }
    }

    fn frame(&mut self, frame: Frame<Bytes>) -> Option<Result<Frame<Bytes>, Error>> {
        match frame.into_data() {
            Ok(data) if !self.traffic.take(data.len()) => {
                self.ended = true;
                Some(Err(Error::HttpResponseBodySize(Some(self.traffic.limit))))
            }
            Ok(data) => {
                let data = match &mut self.masker {
                    Some((masker, _)) => masker.push(&data),
                    None => data,
                };
                (!data.is_empty()).then_some(Ok(Frame::data(data)))
            }
            Err(other) => {
                let mut trailers = other.into_trailers().ok()?;
                if let Some((_, forms)) = &self.masker {
                    super::exchange::cover_values(&mut trailers, forms);
                }
                self.trailers = Some(trailers);
                None
            }
        }
    }

    /// After the last piece: what still waited, then the trailers.
    fn rest(&mut self) -> Option<Result<Frame<Bytes>, Error>> {
        if let Some((mut masker, _)) = self.masker.take() {
            let rest = masker.finish();
            if !rest.is_empty() {
                return Some(Ok(Frame::data(rest)));
            }
        }
        self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        while !this.ended {
            match Pin::new(&mut this.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    this.deadline.as_mut().reset(Instant::now() + this.pause);
                    if let Some(frame) = this.frame(frame) {
                        return Poll::Ready(Some(frame));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.ended = true;
                    let cut = !error.is_parse() && !error.is_timeout();
                    let error = if cut { Error::HttpResponseIncomplete } else { error.into() };
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => this.ended = true,
                Poll::Pending => {
                    ready!(this.deadline.as_mut().poll(context));
                    this.ended = true;
                    return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
                }
            }
        }
        Poll::Ready(this.rest())
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream() && self.masker.is_none() && self.trailers.is_none()
    }
}
