//! The threads that guests compute on: their own, so that those which serve never wait for a guest.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
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

    /// Runs `work` there. What is returned may be dropped: the work then ends at its next pause.
    pub(super) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Spawned<T> {
        Spawned(self.0.as_ref().map(|runtime| runtime.spawn(work)))
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

/// Work on the guests' threads; `None` when it was lost: it panicked, or the threads were stopped.
pub(super) struct Spawned<T>(Option<JoinHandle<T>>);

impl<T> Future for Spawned<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Some(handle) => Pin::new(handle).poll(context).map(Result::ok),
            None => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}
