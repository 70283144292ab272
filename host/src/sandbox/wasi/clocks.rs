//! `wasi:clocks`: the machine's, or for a pure task a virtual one that stands still while the guest computes.
//!
//! The virtual clock starts at [`START`] and moves only when the guest waits: a timer that is polled lets everything
//! else that is polled with it have one turn, and then, if it is the earliest that waits, moves the clock to its own
//! instant. Sleeping for an hour costs nothing, and what is read afterwards is the same on every machine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use crate::sandbox::guest::Guest;

#[cfg(test)]
#[path = "clocks_tests.rs"]
mod tests;

/// 2000-01-01T00:00:00Z, since 1970: where every pure task begins, and the time of every file that it sees.
pub(super) const START: Duration = Duration::from_secs(946_684_800);

/// What time it is for a guest.
pub(in crate::sandbox) enum Clocks {
    /// Moves when the guest waits.
    Virtual(Arc<VirtualClock>),
    /// The machine's.
    Machine(Box<WasiClocksCtx>),
}

impl Clocks {
    /// A clock that starts at [`START`].
    pub(in crate::sandbox) fn new_virtual() -> Self {
        Self::Virtual(Arc::new(VirtualClock::new()))
    }

    /// The machine's clock.
    pub(in crate::sandbox) fn machine() -> Self {
        Self::Machine(Box::default())
    }
}

/// One instant for both clocks, in nanoseconds since 1970: a guest may subtract years from its monotonic clock.
pub(in crate::sandbox) struct VirtualClock(Mutex<State>);

struct State {
    now_ns: u64,
    /// How many timers wait for each instant.
    waiting: BTreeMap<u64, usize>,
}

impl VirtualClock {
    fn new() -> Self {
        let now_ns = u64::try_from(START.as_nanos()).unwrap_or(u64::MAX);
        Self(Mutex::new(State { now_ns, waiting: BTreeMap::new() }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now_ns(&self) -> u64 {
        self.with(|state| state.now_ns)
    }
}

impl State {
    /// Moves to `at_ns` if nothing waits for an earlier instant; says whether it is now past it.
    fn reach(&mut self, at_ns: u64) -> bool {
        let earliest = self.waiting.first_key_value().is_none_or(|(first, _)| *first >= at_ns);
        if self.now_ns < at_ns && earliest {
            self.now_ns = at_ns;
        }
        self.now_ns >= at_ns
    }

    fn wait_for(&mut self, at_ns: u64) {
        *self.waiting.entry(at_ns).or_default() += 1;
    }

    fn wait_no_more(&mut self, at_ns: u64) {
        if let Some(count) = self.waiting.get_mut(&at_ns) {
            *count -= 1;
            if *count == 0 {
                self.waiting.remove(&at_ns);
            }
        }
    }
}

/// A timer of the virtual clock.
struct Timer {
    clock: Arc<VirtualClock>,
    at_ns: u64,
}

/// A timer that is being waited for. A poll holds all of its timers until it is over, so that one whose turn comes
/// after the clock was moved still sees which was the earliest.
struct Wait<'a> {
    timer: &'a Timer,
    /// It had its first turn, in which everything else could show that it is ready.
    waits: bool,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Timer { clock, at_ns } = self.timer;
        let reached = clock.with(|state| {
            if self.waits {
                return state.reach(*at_ns);
            }
            let past = state.now_ns >= *at_ns;
            if !past {
                state.wait_for(*at_ns);
            }
            past
        });
        if reached {
            return Poll::Ready(());
        }
        self.waits = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.timer.clock.with(|state| state.wait_no_more(self.timer.at_ns));
        }
    }
}

impl Pollable for Timer {
    // By hand, since what an `async fn` holds is gone when it is ready, not when the poll is over.
    fn ready<'this: 'call, 'call>(&'this mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'call>>
    where
        Self: 'call,
    {
        Box::pin(Wait { timer: self, waits: false })
    }
}

/// Clocks and handles together.
struct View<'a> {
    clocks: &'a mut Clocks,
    table: &'a mut ResourceTable,
}

struct HasClocks;

impl HasData for HasClocks {
    type Data<'a> = View<'a>;
}

fn theirs<'a>(ctx: &'a mut WasiClocksCtx, table: &'a mut ResourceTable) -> WasiClocksCtxView<'a> {
    WasiClocksCtxView { ctx, table }
}

fn timer(clock: &Arc<VirtualClock>, at_ns: u64, table: &mut ResourceTable) -> wasmtime::Result<Resource<DynPollable>> {
    let timer = table.push(Timer { clock: Arc::clone(clock), at_ns })?;
    subscribe(table, timer)
}

fn datetime(since_1970: Duration) -> wall_clock::Datetime {
    wall_clock::Datetime { seconds: since_1970.as_secs(), nanoseconds: since_1970.subsec_nanos() }
}

/// The time of every file that a pure task sees.
pub(super) fn file_time() -> wall_clock::Datetime {
    datetime(START)
}

impl wall_clock::Host for View<'_> {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        match self.clocks {
            Clocks::Virtual(clock) => Ok(datetime(Duration::from_nanos(clock.now_ns()))),
            Clocks::Machine(ctx) => wall_clock::Host::now(&mut theirs(ctx, self.table)),
        }
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        match self.clocks {
            Clocks::Virtual(_) => Ok(datetime(Duration::from_nanos(1))),
            Clocks::Machine(ctx) => wall_clock::Host::resolution(&mut theirs(ctx, self.table)),
        }
    }
}

impl monotonic_clock::Host for View<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        match self.clocks {
            Clocks::Virtual(clock) => Ok(clock.now_ns()),
            Clocks::Machine(ctx) => monotonic_clock::Host::now(&mut theirs(ctx, self.table)),
        }
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        match self.clocks {
            Clocks::Virtual(_) => Ok(1),
            Clocks::Machine(ctx) => monotonic_clock::Host::resolution(&mut theirs(ctx, self.table)),
        }
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.clocks {
            Clocks::Virtual(clock) => timer(clock, when, self.table),
            Clocks::Machine(ctx) => monotonic_clock::Host::subscribe_instant(&mut theirs(ctx, self.table), when),
        }
    }

    fn subscribe_duration(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.clocks {
            Clocks::Virtual(clock) => {
                let at_ns = clock.now_ns().saturating_add(when);
                timer(clock, at_ns, self.table)
            }
            Clocks::Machine(ctx) => monotonic_clock::Host::subscribe_duration(&mut theirs(ctx, self.table), when),
        }
    }
}

fn view(guest: &mut Guest) -> View<'_> {
    View { clocks: &mut guest.clocks, table: &mut guest.table }
}

/// Links all of `wasi:clocks`.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wall_clock::add_to_linker::<Guest, HasClocks>(linker, view)?;
    monotonic_clock::add_to_linker::<Guest, HasClocks>(linker, view)?;
    Ok(())
}
