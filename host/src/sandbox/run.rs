//! One call in a fresh store, from its folders to its end.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

use super::Inner;
use super::cpu::metered;
use super::engine::Machine;
use super::guest::{Call, Guest};
use super::limits::DESCRIBE_HANDLES;
use super::loaded::Loaded;
use super::store::{Nature, new_store};
use super::trap;
use super::world::Described;
use crate::contract::{Descriptor, Failure, Problem};
use crate::executor::Cancel;
use crate::executor::granted::Granted;
use crate::executor::port::{Answer, Compiled, Ended, Job, JobReport, Level, Watcher};
use crate::lifecycle::launch::Usage;
use crate::limits::{DESCRIBE_MEMORY_BYTES, DESCRIBE_TIMEOUT, TaskLimits};
use crate::text::exact_bytes;

/// A century: far enough for the longest time-out, and not beyond what the clock can count.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What ends a call early, whether the guest computes or waits inside the host.
struct Bounds {
    call: Call,
    /// Set when the call has its place: waiting for one does not count.
    deadline: Option<Instant>,
    cancel: Option<Cancel>,
    limits: TaskLimits,
}

impl Bounds {
    fn new(call: Call, cancel: Option<Cancel>, limits: TaskLimits) -> Self {
        Self { call, deadline: None, cancel, limits }
    }

    /// Begins to count the call's time; gives its end.
    fn begin(&mut self) -> Instant {
        let now = Instant::now();
        // A time-out beyond the clock's end is none.
        let deadline = now.checked_add(self.limits.execution_timeout.min(FAR)).unwrap_or(now);
        *self.deadline.insert(deadline)
    }

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
            () = passed(self.deadline) => Err(trap::timeout(self.call, &self.limits, None)),
        }
    }
}

/// Returns at the deadline; never, if there is none yet.
async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
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

/// A loaded component and room for one instance of it. Outlives the store that is made for it.
struct Place<'a> {
    machine: &'a Machine,
    loaded: Arc<Loaded>,
    _slots: OwnedSemaphorePermit,
}

async fn place<'a>(inner: &'a Inner, component: &Compiled) -> Result<Place<'a>, Ended> {
    let machine = inner.machine(component.engine)?;
    let loaded = inner.shelf.get(machine, component).await?;
    let stopped = || Ended::Host(Problem::new("stopped", "the sandbox is being stopped"));
    let slots = machine.slots.take(loaded.slots).await.ok_or_else(stopped)?;
    Ok(Place { machine, loaded, _slots: slots })
}

/// Runs `task.run` once.
pub(super) async fn run(inner: Arc<Inner>, job: Job) -> JobReport {
    let Job { component, invocation, context, folders, granted, limits, pure, cancel, watcher } = job;
    let mut bounds = Bounds::new(Call::Run, Some(cancel), limits.clone());
    let place = match bounds.hold(place(&inner, &component)).await.flatten() {
        Ok(place) => place,
        Err(ended) => return JobReport { result: Err(ended), usage: Usage::default() },
    };
    let nature = Nature {
        call: Call::Run,
        context: Some(context),
        folders: Some(folders),
        granted,
        limits,
        pure,
        seed: invocation.seed,
        deadline: bounds.begin(),
        watcher,
    };
    let mut store = match new_store(place.machine, &inner.files, &inner.net, nature) {
        Ok(store) => store,
        Err(error) => return JobReport { result: Err(no_store(&error)), usage: Usage::default() },
    };
    let (result, cpu_time) = {
        let _running = place.machine.ticker.enter();
        metered(bounds.hold(place.loaded.adapter.run(&mut store, &invocation))).await
    };
    let left = store.get_fuel().ok();
    let guest = store.data();
    let usage = Usage {
        peak_memory_bytes: guest.limiter.peak_bytes(),
        cpu_time_us: u64::try_from(cpu_time.as_micros()).unwrap_or(u64::MAX),
        fuel: bounds.limits.fuel.zip(left).map(|(given, left)| given.saturating_sub(left)),
        traffic_bytes: guest.http.traffic_bytes(),
        input_bytes: 0,
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

fn no_store(error: &wasmtime::Error) -> Ended {
    Ended::Host(Problem::new("engine", format!("the call cannot be made: {error:#}")))
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
    let mut bounds = Bounds::new(Call::Describe, None, limits.clone());
    let place = bounds.hold(place(&inner, &component)).await.flatten()?;
    let nature = Nature {
        call: Call::Describe,
        context: None,
        folders: None,
        granted: Granted::default(),
        limits,
        pure: true,
        seed: 0,
        deadline: bounds.begin(),
        watcher: Arc::new(Nobody),
    };
    let mut store = new_store(place.machine, &inner.files, &inner.net, nature).map_err(|error| no_store(&error))?;
    let described = {
        let _running = place.machine.ticker.enter();
        bounds.hold(place.loaded.adapter.describe(&mut store)).await?
    };
    let described = described.map_err(|error| trap::ended(&error, store.data(), &bounds.limits))?;
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
    let most = exact_bytes(limits.result_bytes);
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
    fn host(&self, _level: Level, _message: &str) {}
    fn stdout(&self, _bytes: &[u8]) {}
    fn stderr(&self, _bytes: &[u8]) {}
    fn progress(&self, _done: u64, _total: Option<u64>, _message: &str) {}
    fn metric(&self, _name: &str, _step: u64, _value: f64) {}
}
