//! The loop: what happened → what was decided → committed → done.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, sleep};

use crate::clock::Clock;
use crate::dag::model::Dag;
use crate::ids::{DagId, InstanceKey, RunId, RunKey};
use crate::lifecycle::change::{Change, RunStep};
use crate::lifecycle::launch::Attempt;
use crate::lifecycle::state::RunState;
use crate::planner::agenda::{Agenda, Matter};
use crate::planner::{Capacity, Decision, Event, Held, Planner, RunSnapshot};
use crate::store::{ProcessId, Store, StoreError, Verdict};

use super::create::Source;
use super::hear::Watcher;
use super::lease::Presence;
use super::load;
use super::params::params_check;
use super::perform::Launched;
use super::step::Step;
use super::stop::Stopping;
use super::{Materials, Message, Parts, RunObserver};

/// Messages taken at once: what they lead to goes into one transaction.
const BATCH_MAX: usize = 1_024;

/// The longest sleep. The clock may be set while the loop sleeps; it looks again after so long.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// A run that this loop drives.
pub(super) struct Driven {
    pub(super) dag: Arc<Dag>,
    pub(super) run_id: RunId,
    pub(super) observer: Arc<dyn RunObserver>,
}

pub(super) struct Loop {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) materials: Arc<dyn Materials>,
    pub(super) observer: Arc<dyn RunObserver>,
    pub(super) process: ProcessId,
    /// Lets this process live as long as the loop may still write in its name.
    _presence: Presence,
    /// Closed when the loop is to end at once.
    held: watch::Receiver<()>,
    pub(super) capacity: Capacity,
    pub(super) begins_runs: bool,
    pub(super) planner: Planner,
    pub(super) agenda: Agenda,
    /// The DAGs whose files are there.
    pub(super) roster: BTreeMap<DagId, Source>,
    pub(super) messages: mpsc::UnboundedReceiver<Message>,
    pub(super) launched: Launched,
    pub(super) driven: HashMap<RunKey, Driven>,
    /// Runs that were made in the step that is carried out, as they are kept: those that start at once are not read back.
    pub(super) fresh: HashMap<RunKey, Box<RunSnapshot>>,
    /// Who waits for the end of a run, driven here or queued.
    pub(super) watchers: HashMap<RunKey, Vec<Watcher>>,
    pub(super) closed: bool,
    pub(super) stopping: Option<Stopping>,
}

impl Loop {
    pub(super) fn new(
        parts: Parts,
        inbox: mpsc::UnboundedSender<Message>,
        messages: mpsc::UnboundedReceiver<Message>,
        held: watch::Receiver<()>,
    ) -> Self {
        Self {
            store: parts.store,
            clock: parts.clock,
            materials: parts.materials,
            observer: parts.observer,
            process: parts.process.id(),
            _presence: parts.process,
            held,
            planner: Planner::new(parts.capacity.clone(), params_check()),
            capacity: parts.capacity,
            begins_runs: parts.begins_runs,
            agenda: Agenda::default(),
            roster: BTreeMap::new(),
            messages,
            launched: Launched::new(parts.executor, inbox),
            driven: HashMap::new(),
            fresh: HashMap::new(),
            watchers: HashMap::new(),
            closed: false,
            stopping: None,
        }
    }

    /// Goes on until it is closed and has nothing left to do. After an error, what runs is ended with the loop.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        while !self.is_over() {
            let messages = self.wait().await?;
            let mut step = Step::default();
            for message in messages {
                self.hear(message, &mut step)?;
            }
            self.make_wanted(&mut step)?;
            self.look_at_stop(&mut step);
            if step.is_empty() {
                step.events.push(Event::Wake);
            }
            self.carry_out(step)?;
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let idle = self.launched.is_empty();
        (self.closed && idle && self.driven.is_empty()) || (self.stopping.is_some() && idle)
    }

    /// Sleeps until something happens or is due.
    async fn wait(&mut self) -> Result<Vec<Message>, StoreError> {
        let mut batch = Vec::new();
        let due = self.next_due().map(|at| until(at, self.clock.as_ref()));
        let longest = self.stopping.as_ref().map_or(SLEEP_MAX, Stopping::left);
        tokio::select! {
            biased;
            Err(_) = self.held.changed() => return Err(StoreError::Closed),
            _ = self.messages.recv_many(&mut batch, BATCH_MAX) => {}
            () = sleep(due.unwrap_or(longest).min(longest)) => {}
        }
        Ok(batch)
    }

    /// The next instant at which something is to be done though nothing happens: a timer of a run, a tick of a DAG.
    fn next_due(&self) -> Option<Timestamp> {
        let timer = self.planner.next_wakeup().map(|wake| wake.at);
        let tick = self.agenda.next_wakeup().map(|(at, _)| at).filter(|_| self.begins_runs);
        timer.into_iter().chain(tick).min()
    }

    /// Takes in a step and all that follows from it, one commit after the other.
    fn carry_out(&mut self, mut step: Step) -> Result<(), StoreError> {
        loop {
            self.check_held()?;
            self.tell_later_runs(&mut step)?;
            let mut decision = self.decide(std::mem::take(&mut step.events));
            let outcome = self.commit(std::mem::take(&mut decision.changes))?;
            self.check_held()?;
            let mut next = self.act(decision, outcome)?;
            step.matters.append(&mut next.matters);
            self.plan(std::mem::take(&mut step.matters), &mut next)?;
            for run in std::mem::take(&mut step.release) {
                self.driven.remove(&run);
            }
            for told in std::mem::take(&mut step.then) {
                told();
            }
            self.fresh.clear();
            if next.is_empty() {
                return Ok(());
            }
            step = next;
        }
    }

    /// An error where the loop was let go of: somebody waits for its end, to go on in this process's name. So it begins no
    /// step any more, and nothing of the last one.
    fn check_held(&self) -> Result<(), StoreError> {
        self.held.has_changed().map(drop).map_err(|_| StoreError::Closed)
    }

    fn decide(&mut self, events: Vec<Event>) -> Decision {
        let now = self.clock.now();
        let mut decision = Decision::default();
        for event in events {
            decision.absorb(self.planner.apply(event, now));
        }
        decision
    }

    /// Makes the changes durable. Blocks, on a thread that is the loop's own.
    fn commit(&self, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        let mut outcome = Outcome::default();
        if changes.is_empty() {
            return Ok(outcome);
        }
        let changes = Arc::new(changes);
        let verdicts = self.store.commit(self.process, Arc::clone(&changes))?;
        for (change, verdict) in changes.iter().zip(verdicts) {
            match (verdict, change) {
                (Verdict::Accepted, Change::Call(call)) => drop(outcome.called.insert(call.run)),
                (Verdict::Accepted, Change::Task(_) | Change::Run(_)) => self.tell(change),
                (Verdict::Refused, Change::Task(change)) => {
                    outcome.refused.push(InstanceOrRun::Instance(change.instance));
                }
                (Verdict::Refused, Change::Run(change)) => outcome.refused.push(InstanceOrRun::Run(change.run)),
                // As the change before it.
                (Verdict::Refused, Change::Call(_)) => {}
            }
        }
        Ok(outcome)
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
                    match change.step {
                        RunStep::Start => driven.observer.run_began(&driven.dag, &driven.run_id),
                        RunStep::MissDeadline { due } => {
                            driven.observer.deadline_missed(&driven.dag, &driven.run_id, due);
                        }
                        // The end is told when all that comes of it is done.
                        RunStep::Succeed { .. } | RunStep::Fail { .. } | RunStep::Requeue => {}
                    }
                }
            }
            // Its run is told when it is made.
            Change::Call(_) => {}
        }
    }

    /// Does what was committed, and says what is to be decided about what was refused.
    fn act(&mut self, decision: Decision, Outcome { refused, called }: Outcome) -> Result<Step, StoreError> {
        for launch in decision.launches {
            if !refused.iter().any(|row| row.covers(&launch.attempt)) {
                self.launched.launch(launch);
            }
        }
        let mut next = Step::default();
        // A try whose start was refused is not there to be ended; nobody else would give its slot back.
        let (_, unknown): (Vec<_>, Vec<_>) =
            decision.cancels.into_iter().partition(|attempt| self.launched.cancel(attempt));
        if !unknown.is_empty() {
            next.events.push(Event::HostLost(Held::Attempts(unknown)));
        }
        for row in &refused {
            self.reload(row, &mut next)?;
        }
        // Before the runs that they are about are let go.
        self.call(called, &mut next)?;
        for ended in decision.ended_runs {
            // What was heard together may have ended a run, cleared it, and ended it otherwise.
            let state = self.planner.run_state(ended.run).unwrap_or(ended.state);
            if state.is_finished() && !refused.iter().any(|row| row.run() == ended.run) {
                self.finish(ended.run, state, &mut next);
            }
        }
        Ok(next)
    }

    /// A run is driven here no more: it is at its end, or another's.
    pub(super) fn finish(&mut self, run: RunKey, state: RunState, next: &mut Step) {
        next.events.push(Event::RunRemoved(run));
        next.matters.push(Matter::Ended { run, state });
        if let Some(driven) = self.driven.remove(&run) {
            driven.observer.run_ended(&driven.dag, &driven.run_id, state);
        }
        self.tell_watchers(run, state);
    }

    pub(super) fn tell_watchers(&mut self, run: RunKey, state: RunState) {
        for watcher in self.watchers.remove(&run).unwrap_or_default() {
            watcher.tell(state);
        }
    }

    /// Somebody else changed a row: the planner goes on from what is kept, or leaves a run that is another's now.
    fn reload(&mut self, row: &InstanceOrRun, next: &mut Step) -> Result<(), StoreError> {
        let run = row.run();
        if !self.driven.contains_key(&run) {
            return Ok(());
        }
        let (record, instances) = self.with_store(move |store| Ok((store.run(run)?, store.instances(run)?)))?;
        let ours = record.as_ref().is_some_and(|record| record.owner == self.process && !record.state.is_finished());
        let actual = match row {
            InstanceOrRun::Instance(key) => {
                instances.iter().find(|instance| instance.task == key.task).map(load::instance)
            }
            InstanceOrRun::Run(_) => None,
        };
        match (row, actual) {
            (InstanceOrRun::Instance(instance), Some(actual)) if ours => {
                next.events.push(Event::Refused { instance: *instance, actual: Box::new(actual) });
            }
            (InstanceOrRun::Instance(_) | InstanceOrRun::Run(_), _) => {
                self.finish(run, record.map_or(RunState::Failed, |record| record.state), next);
            }
        }
        Ok(())
    }

    /// Reads or writes the store. Blocks, on a thread that is the loop's own.
    pub(super) fn with_store<T>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(self.store.as_ref())
    }
}

/// What became of the changes of a decision.
#[derive(Default)]
struct Outcome {
    refused: Vec<InstanceOrRun>,
    /// Runs for which callbacks were recorded.
    called: BTreeSet<RunKey>,
}

/// What a refused change was about.
enum InstanceOrRun {
    Instance(InstanceKey),
    Run(RunKey),
}

impl InstanceOrRun {
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

fn until(at: Timestamp, clock: &dyn Clock) -> Duration {
    Duration::try_from(at.duration_since(clock.now())).unwrap_or(Duration::ZERO)
}
