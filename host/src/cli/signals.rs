//! Ctrl-C, the polite request to end, and a terminal that goes away.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::error::{CliError, Exit};

/// SIGINT, SIGTERM and SIGHUP, which no longer end the process by themselves once this exists.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes the signals over. Needs a runtime.
    pub fn take() -> Result<Self, CliError> {
        let take =
            |kind| signal(kind).map_err(|error| CliError::new(Exit::Host, error).doing("cannot listen for signals"));
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
            hang_up: take(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one. Losing the race loses no signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    /// From now on the first signal cancels, and the second ends the process at once, with the exit code of a run that
    /// failed; `say` is told each time: first `cancelling`, then `ended`.
    pub fn into_cancel(
        mut self,
        cancelling: &'static str,
        ended: &'static str,
        say: impl Fn(&str) + Send + 'static,
    ) -> watch::Receiver<bool> {
        let (cancel, cancelled) = watch::channel(false);
        tokio::spawn(async move {
            self.next().await;
            say(cancelling);
            cancel.send_replace(true);
            self.next().await;
            say(ended);
            std::process::exit(Exit::RunFailed as i32);
        });
        cancelled
    }
}
