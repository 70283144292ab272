//! What is done after a commit: launches and cancels.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::executor::Executor;
use crate::lifecycle::launch::{Attempt, Launch};

use super::Message;

/// The tries that were launched here and have not reported. Dropping this ends them.
pub(super) struct Launched {
    executor: Arc<dyn Executor>,
    inbox: mpsc::UnboundedSender<Message>,
    cancels: HashMap<Attempt, watch::Sender<bool>>,
    tries: JoinSet<()>,
}

impl Launched {
    pub(super) fn new(executor: Arc<dyn Executor>, inbox: mpsc::UnboundedSender<Message>) -> Self {
        Self { executor, inbox, cancels: HashMap::new(), tries: JoinSet::new() }
    }

    /// Hands a decided try to the executor. One message comes of it: its report, or that it was lost.
    pub(super) fn launch(&mut self, launch: Launch) {
        let (cancel, cancelled) = watch::channel(false);
        let attempt = launch.attempt.clone();
        let word = LastWord { attempt: Some(attempt.clone()), inbox: self.inbox.clone() };
        let running = self.executor.run(launch, cancelled);
        self.cancels.insert(attempt, cancel);
        // Those that are over have said their last word already.
        while self.tries.try_join_next().is_some() {}
        let saying = async move {
            let report = running.await;
            word.say(Message::Ended(Box::new(report)));
        };
        self.tries.spawn_on(saying, &self.executor.runtime());
    }

    /// Tells a try to end; its report still comes. `false`: it was never launched, or has reported, so none will come.
    pub(super) fn cancel(&self, attempt: &Attempt) -> bool {
        let Some(cancel) = self.cancels.get(attempt) else { return false };
        cancel.send_replace(true);
        true
    }

    /// A try has reported, or is lost.
    pub(super) fn forget(&mut self, attempt: &Attempt) {
        self.cancels.remove(attempt);
    }

    /// All that have not reported.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.cancels.keys().cloned().collect()
    }

    /// Waits for no report any more.
    pub(super) fn forget_all(&mut self) {
        self.cancels.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cancels.is_empty()
    }
}

/// Says that a try was lost if nothing else is said of it, also when its task panics or is dropped.
struct LastWord {
    attempt: Option<Attempt>,
    inbox: mpsc::UnboundedSender<Message>,
}

impl LastWord {
    fn say(mut self, message: Message) {
        self.attempt = None;
        // Without the loop there is nobody to tell.
        let _ = self.inbox.send(message);
    }
}

impl Drop for LastWord {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            let _ = self.inbox.send(Message::Lost(attempt));
        }
    }
}
