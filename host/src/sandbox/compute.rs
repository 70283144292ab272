//! The threads that guests compute on: their own, so that those which serve never wait for a guest.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Threads for guests. Dropping them ends what runs on them, at the guest's next tick.
pub(super) struct Compute(Option<Runtime>);

impl Compute {
    /// That many threads.
    pub(super) fn new(threads: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("dagwood-guest")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `work` there: at once, where it is polled on one of these threads. What is returned may be dropped: the work
    /// then ends at its next pause.
    pub(super) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Spawned<T> {
        match &self.0 {
            None => Spawned::Lost,
            Some(own) if Handle::try_current().is_ok_and(|here| here.id() == own.handle().id()) => {
                Spawned::Here(Box::pin(work))
            }
            Some(own) => Spawned::There(own.spawn(work)),
        }
    }

    /// The threads.
    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        // An ordinary drop waits, which tokio forbids on its own threads.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work on the guests' threads; `None` comes of it when it was lost: it panicked, or the threads were stopped.
pub(super) enum Spawned<T> {
    /// On the thread that polls this.
    Here(Pin<Box<dyn Future<Output = T> + Send>>),
    /// On another.
    There(JoinHandle<T>),
    Lost,
}

impl<T> Future for Spawned<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Here(work) => work.as_mut().poll(context).map(Some),
            Self::There(handle) => Pin::new(handle).poll(context).map(Result::ok),
            Self::Lost => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        if let Self::There(handle) = &self {
            handle.abort();
        }
    }
}
