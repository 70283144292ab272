//! One call in a fresh store, from its folders to its end.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;

use super::Inner;
use super::guest::Guest;
use super::limits::DESCRIBE_HANDLES;
use super::loaded::Loaded;
use super::store::{Nature, new_store};
use super::text::bytes_for_people;
use super::trap;
use super::world::Described;
use crate::contract::{Descriptor, Failure, Problem};
use crate::executor::Cancel;
use crate::executor::port::{Answer, Compiled, Ended, Job, JobReport, Level, Watcher};
use crate::lifecycle::launch::Usage;
use crate::limits::{DESCRIBE_MEMORY_BYTES, DESCRIBE_TIMEOUT, TaskLimits};

/// What ends a call early, whether the guest computes or waits inside the host.
struct Bounds {
    deadline: Instant,
    cancel: Option<Cancel>,
    limits: TaskLimits,
}

impl Bounds {
    /// Waits for `work`, but not beyond the deadline or a cancel: it is dropped then, which unwinds the guest.
    async fn hold<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Ended> {
        if self.cancel.as_ref().is_some_and(|cancel| *cancel.borrow()) {
            return Err(Ended::Cancelled);
        }
        // The work comes first: a guest that computes past its deadline interrupts itself, and then says where it was.
        tokio::select! {
            biased;
            result = work => Ok(result),
            () = cancelled(&mut self.cancel) => Err(Ended::Cancelled),
            () = tokio::time::sleep_until(self.deadline.into()) => Err(trap::timeout(&self.limits, None)),
        }
    }
}

/// Returns when the cancel is given; never, if nobody can give it any more.
async fn cancelled(cancel: &mut Option<Cancel>) {
    let given = match cancel {
        Some(cancel) => cancel.wait_for(|given| *given).await.is_ok(),
        None => false,
    };
    if !given {
        std::future::pending::<()>().await;
    }
}

/// A component in its fresh store. The store goes before the slots that it took.
struct Ready {
    store: Store<Guest>,
    loaded: Arc<Loaded>,
    _slots: OwnedSemaphorePermit,
}

async fn ready(inner: &Inner, component: &Compiled, nature: Nature) -> Result<Ready, Ended> {
    let machine = inner.machine(component.engine)?;
    let loaded = inner.shelf.get(machine, component).await?;
    let stopped = || Ended::Host(Problem::new("stopped", "the sandbox is being stopped"));
    let slots = machine.slots.take(loaded.slots).await.ok_or_else(stopped)?;
    let store = new_store(machine, &inner.files, nature);
    Ok(Ready { store, loaded, _slots: slots })
}

/// Runs `task.run` once.
pub(super) async fn run(inner: Arc<Inner>, job: Job) -> JobReport {
    let Job { component, invocation, context, folders, limits, pure, deadline, cancel, watcher } = job;
    let nature = Nature {
        context: Some(context),
        folders: Some(folders),
        limits: limits.clone(),
        pure,
        seed: invocation.seed,
        deadline,
        watcher,
    };
    let mut bounds = Bounds { deadline, cancel: Some(cancel), limits };
    let mut ready = match bounds.hold(ready(&inner, &component, nature)).await.flatten() {
        Ok(ready) => ready,
        Err(ended) => return JobReport { result: Err(ended), usage: Usage::default() },
    };
    let result = {
        let _running = inner.machine(component.engine).map(|machine| machine.ticker.enter());
        bounds.hold(ready.loaded.adapter.run(&mut ready.store, &invocation)).await
    };
    let guest = ready.store.data();
    let usage = Usage {
        peak_memory_bytes: guest.limiter.peak_bytes(),
        output_bytes: 0,
        context_called: guest.calls.context_called(),
    };
    let result = match result {
        Ok(Ok(answer)) => Ok(with_remark(within_cap(answer, &bounds.limits), guest, &bounds.limits)),
        Ok(Err(error)) => Err(trap::ended(&error, guest, &bounds.limits)),
        Err(ended) => Err(ended),
    };
    JobReport { result, usage }
}

/// Calls `task.describe` once: no folders, little memory, little time, virtual clocks.
pub(super) async fn describe(inner: Arc<Inner>, component: Compiled) -> Result<Descriptor, Ended> {
    describe_within(inner, component, DESCRIBE_TIMEOUT).await
}

/// The same with another limit on its time.
pub(super) async fn describe_within(
    inner: Arc<Inner>,
    component: Compiled,
    timeout: Duration,
) -> Result<Descriptor, Ended> {
    let limits = TaskLimits {
        memory_bytes: DESCRIBE_MEMORY_BYTES,
        execution_timeout: timeout,
        handles: DESCRIBE_HANDLES,
        ..TaskLimits::default()
    };
    let deadline = Instant::now() + timeout;
    let nature = Nature {
        context: None,
        folders: None,
        limits: limits.clone(),
        pure: true,
        seed: 0,
        deadline,
        watcher: Arc::new(Nobody),
    };
    let mut bounds = Bounds { deadline, cancel: None, limits };
    let mut ready = bounds.hold(ready(&inner, &component, nature)).await.flatten()?;
    let described = {
        let _running = inner.machine(component.engine).map(|machine| machine.ticker.enter());
        bounds.hold(ready.loaded.adapter.describe(&mut ready.store)).await?
    };
    let described = described.map_err(|error| trap::ended(&error, ready.store.data(), &bounds.limits))?;
    checked(described)
}

fn checked(described: Described) -> Result<Descriptor, Ended> {
    described.map_err(|problems| {
        let message = format!("what `describe` says cannot be used: {}", problems.join("; "));
        Ended::Refused(Problem::new("bad-descriptor", message))
    })
}

/// The answer, or a permanent failure in its place if it is larger than the cap on results.
fn within_cap(answer: Answer, limits: &TaskLimits) -> Answer {
    let (what, bytes) = match &answer {
        Answer::Done(value) => ("result", value.len()),
        Answer::Branch(value, chosen) => ("branch", value.len() + chosen.iter().map(String::len).sum::<usize>()),
        Answer::Again(_, Some(state)) => ("state", state.len()),
        Answer::Skipped(_) | Answer::Again(_, None) | Answer::Failed(_) => return answer,
    };
    if bytes as u64 <= limits.result_bytes {
        return answer;
    }
    let most = bytes_for_people(limits.result_bytes);
    let message = format!(
        "the {what} that the task answered has {bytes} bytes, and the limit is {most}; \
         write what is large to a file of an output port"
    );
    Answer::Failed(Failure::Permanent { problem: Problem::new("result-limit", message) })
}

/// A guest's own failure also says what the host had refused it.
fn with_remark(answer: Answer, guest: &Guest, limits: &TaskLimits) -> Answer {
    let Answer::Failed(mut failure) = answer else { return answer };
    if let Some(remark) = trap::remark(guest, limits) {
        let problem = match &mut failure {
            Failure::Retryable { problem, .. } | Failure::Permanent { problem } => problem,
        };
        problem.message.push_str(&format!(" (before that, {remark})"));
    }
    Answer::Failed(failure)
}

/// Hears what a plugin says when it describes itself.
struct Nobody;

impl Watcher for Nobody {
    fn log(&self, _level: Level, _message: &str, _fields: &[(String, String)]) {}
    fn stdout(&self, _bytes: &[u8]) {}
    fn stderr(&self, _bytes: &[u8]) {}
    fn progress(&self, _done: u64, _total: Option<u64>, _message: &str) {}
    fn metric(&self, _name: &str, _step: u64, _value: f64) {}
}
