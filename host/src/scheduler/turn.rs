//! The loop: what happened → what was decided → committed → done.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, sleep};

use crate::clock::Clock;
use crate::dag::model::Dag;
use crate::ids::{InstanceKey, RunKey};
use crate::lifecycle::change::Change;
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::RunState;
use crate::planner::{Decision, Event, Held, Planner};
use crate::store::{ProcessId, Store, StoreError, Verdict};

use super::load;
use super::params::params_check;
use super::perform::Launched;
use super::{Message, Parts, RunObserver};

/// Messages taken at once: what they lead to goes into one transaction.
const BATCH_MAX: usize = 1_024;
/// The longest sleep. The clock may be set while the loop sleeps; it looks again after so long.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// A run that this loop drives.
struct Driven {
    dag: Arc<Dag>,
    observer: Arc<dyn RunObserver>,
    ended: Option<oneshot::Sender<RunState>>,
}

pub(super) struct Loop {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    process: ProcessId,
    planner: Planner,
    messages: mpsc::UnboundedReceiver<Message>,
    launched: Launched,
    driven: HashMap<RunKey, Driven>,
    closed: bool,
}

impl Loop {
    pub(super) fn new(
        parts: Parts,
        inbox: mpsc::UnboundedSender<Message>,
        messages: mpsc::UnboundedReceiver<Message>,
    ) -> Self {
        Self {
            store: parts.store,
            clock: parts.clock,
            process: parts.process,
            planner: Planner::new(parts.capacity, params_check()),
            messages,
            launched: Launched::new(parts.executor, inbox),
            driven: HashMap::new(),
            closed: false,
        }
    }

    /// Goes on until it is closed and has nothing left to do. After an error, what runs is ended with the loop.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        while !(self.closed && self.driven.is_empty() && self.launched.is_empty()) {
            let events = self.wait().await;
            let mut decision = self.decide(events);
            while !(decision.is_empty() && decision.ended_runs.is_empty()) {
                let refused = self.commit(&decision).await?;
                decision = self.act(decision, refused).await?;
            }
        }
        Ok(())
    }

    /// Sleeps until something happens or is due.
    async fn wait(&mut self) -> Vec<Event> {
        let mut batch = Vec::new();
        let due = self.planner.next_wakeup().map(|wake| until(wake.at, self.clock.as_ref()));
        tokio::select! {
            _ = self.messages.recv_many(&mut batch, BATCH_MAX) => {}
            () = sleep(due.unwrap_or(SLEEP_MAX).min(SLEEP_MAX)) => {}
        }
        let mut events: Vec<Event> = batch.into_iter().flat_map(|message| self.hear(message)).collect();
        if events.is_empty() {
            events.push(Event::Wake);
        }
        events
    }

    /// What a message means to the planner.
    fn hear(&mut self, message: Message) -> Vec<Event> {
        match message {
            Message::Add { snapshot, clear, observer, ended } => {
                let run = snapshot.key;
                let driven = Driven { dag: Arc::clone(&snapshot.dag), observer, ended: Some(ended) };
                self.driven.insert(run, driven);
                let mut events = vec![Event::RunAdded(snapshot)];
                if !clear.is_empty() {
                    events.push(Event::Clear { run, tasks: clear });
                }
                events
            }
            Message::Ended(report) => {
                self.launched.forget(&report.attempt);
                vec![Event::TaskEnded(report)]
            }
            Message::Lost(attempt) => {
                self.launched.forget(&attempt);
                vec![Event::HostLost(Held::Attempts(vec![attempt]))]
            }
            Message::Cancel { run, reason } => vec![Event::CancelRun { run, reason }],
            Message::Close => {
                self.closed = true;
                Vec::new()
            }
        }
    }

    fn decide(&mut self, events: Vec<Event>) -> Decision {
        let now = self.clock.now();
        let mut decision = Decision::default();
        for event in events {
            decision.absorb(self.planner.apply(event, now));
        }
        decision
    }

    /// Makes the changes durable. Gives those that were refused.
    async fn commit(&self, decision: &Decision) -> Result<Vec<InstanceOrRun>, StoreError> {
        if decision.changes.is_empty() {
            return Ok(Vec::new());
        }
        let verdicts = self.store.commit(self.process, decision.changes.clone()).await?;
        let mut refused = Vec::new();
        for (change, verdict) in decision.changes.iter().zip(verdicts) {
            match verdict {
                Verdict::Accepted => self.tell(change),
                Verdict::Refused => refused.push(InstanceOrRun::of(change)),
            }
        }
        Ok(refused)
    }

    fn tell(&self, change: &Change) {
        match change {
            Change::Task(change) => {
                let Some(driven) = self.driven.get(&change.instance.run) else { return };
                if let Some(task) = driven.dag.task(change.instance.task) {
                    driven.observer.task_changed(&task.id, change);
                }
            }
            Change::Run(change) => {
                if let Some(driven) = self.driven.get(&change.run) {
                    driven.observer.run_changed(change);
                }
            }
        }
    }

    /// Does what was committed, and decides about what was refused.
    async fn act(&mut self, decision: Decision, refused: Vec<InstanceOrRun>) -> Result<Decision, StoreError> {
        for launch in decision.launches {
            if !refused.iter().any(|row| row.covers(&launch.attempt)) {
                self.launched.launch(launch);
            }
        }
        let mut events = Vec::new();
        // A try whose start was refused is not there to be ended; nobody else would give its slot back.
        let (_, unknown): (Vec<_>, Vec<_>) =
            decision.cancels.into_iter().partition(|attempt| self.launched.cancel(attempt));
        if !unknown.is_empty() {
            events.push(Event::HostLost(Held::Attempts(unknown)));
        }
        for row in &refused {
            events.extend(self.reload(row).await?);
        }
        for ended in decision.ended_runs {
            if !refused.iter().any(|row| row.run() == ended.run) {
                self.finish(ended.run, ended.state);
                events.push(Event::RunRemoved(ended.run));
            }
        }
        Ok(self.decide(events))
    }

    fn finish(&mut self, run: RunKey, state: RunState) {
        let Some(mut driven) = self.driven.remove(&run) else { return };
        if let Some(ended) = driven.ended.take() {
            // Who asked may have gone away.
            let _ = ended.send(state);
        }
    }

    /// Somebody else changed a row: the planner goes on from what is kept, or leaves a run that is another's now.
    async fn reload(&mut self, row: &InstanceOrRun) -> Result<Vec<Event>, StoreError> {
        let run = row.run();
        if !self.driven.contains_key(&run) {
            return Ok(Vec::new());
        }
        let store = Arc::clone(&self.store);
        let read = tokio::task::spawn_blocking(move || Ok((store.run(run)?, store.instances(run)?)));
        let (record, instances) = match read.await {
            Ok(read) => read?,
            Err(_) => return Err(StoreError::Closed),
        };
        let ours = record.as_ref().filter(|record| record.owner == self.process && !record.state.is_finished());
        let actual = match row {
            InstanceOrRun::Instance(key) => {
                instances.iter().find(|instance| instance.task == key.task).map(load::instance)
            }
            InstanceOrRun::Run(_) => None,
        };
        match (ours, row, actual) {
            (Some(_), InstanceOrRun::Instance(instance), Some(actual)) => {
                Ok(vec![Event::Refused { instance: *instance, actual: Box::new(actual) }])
            }
            _ => {
                self.finish(run, record.map_or(RunState::Failed, |record| record.state));
                Ok(vec![Event::RunRemoved(run)])
            }
        }
    }
}

/// What a refused change was about.
enum InstanceOrRun {
    Instance(InstanceKey),
    Run(RunKey),
}

impl InstanceOrRun {
    fn of(change: &Change) -> Self {
        match change {
            Change::Task(change) => Self::Instance(change.instance),
            Change::Run(change) => Self::Run(change.run),
        }
    }

    fn run(&self) -> RunKey {
        match self {
            Self::Instance(instance) => instance.run,
            Self::Run(run) => *run,
        }
    }

    fn covers(&self, attempt: &Attempt) -> bool {
        match self {
            Self::Instance(instance) => *instance == attempt.instance,
            Self::Run(run) => *run == attempt.instance.run,
        }
    }
}

fn until(at: jiff::Timestamp, clock: &dyn Clock) -> Duration {
    Duration::try_from(at.duration_since(clock.now())).unwrap_or(Duration::ZERO)
}
