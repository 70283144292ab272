//! The virtual clock.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi_io::bindings::wasi::io::poll;
use wasmtime_wasi_io::poll::DynPollable;

use super::{Clocks, START, View};

const SECOND: u64 = 1_000_000_000;

struct Guest {
    clocks: Clocks,
    table: ResourceTable,
}

impl Guest {
    fn new() -> Self {
        Self { clocks: Clocks::new_virtual(), table: ResourceTable::new() }
    }

    fn view(&mut self) -> View<'_> {
        View { clocks: &mut self.clocks, table: &mut self.table }
    }

    fn elapsed_s(&mut self) -> u64 {
        let now = wall_clock::Host::now(&mut self.view()).unwrap();
        let monotonic = monotonic_clock::Host::now(&mut self.view()).unwrap();
        assert_eq!(monotonic / SECOND, now.seconds, "both clocks are one");
        now.seconds - START.as_secs()
    }

    fn timer(&mut self, seconds: u64) -> Resource<DynPollable> {
        monotonic_clock::Host::subscribe_duration(&mut self.view(), seconds * SECOND).unwrap()
    }

    fn poll(&mut self, timers: &[&Resource<DynPollable>]) -> Vec<u32> {
        let list = timers.iter().map(|timer| Resource::new_borrow(timer.rep())).collect();
        let mut ready = finish(poll::Host::poll(&mut self.table, list)).unwrap();
        ready.sort_unstable();
        ready
    }
}

/// Drives a future that only ever waits for itself.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
    }
    panic!("it waits for something else");
}

#[test]
fn the_clock_stands_still_until_the_guest_waits() {
    let mut guest = Guest::new();
    assert_eq!((guest.elapsed_s(), guest.elapsed_s()), (0, 0));
    let hour = guest.timer(3_600);
    assert_eq!(guest.elapsed_s(), 0);
    finish(poll::HostPollable::block(&mut guest.table, Resource::new_borrow(hour.rep()))).unwrap();
    assert_eq!(guest.elapsed_s(), 3_600);
}

#[test]
fn asking_whether_a_timer_is_ready_does_not_wait() {
    let mut guest = Guest::new();
    let timer = guest.timer(1);
    for _ in 0..5 {
        let timer = Resource::new_borrow(timer.rep());
        assert!(!finish(poll::HostPollable::ready(&mut guest.table, timer)).unwrap());
    }
    assert_eq!(guest.elapsed_s(), 0);
}

#[test]
fn of_several_timers_the_earliest_moves_the_clock() {
    let mut guest = Guest::new();
    let (five, three, four) = (guest.timer(5), guest.timer(3), guest.timer(4));
    assert_eq!(guest.poll(&[&five, &three, &four]), [1]);
    assert_eq!(guest.elapsed_s(), 3);
    assert_eq!(guest.poll(&[&five, &four]), [1]);
    assert_eq!(guest.poll(&[&five]), [0]);
    assert_eq!(guest.elapsed_s(), 5);
    assert_eq!(guest.poll(&[&three, &five]), [0, 1], "past timers stay ready");
}

#[test]
fn timers_of_one_instant_are_ready_together() {
    let mut guest = Guest::new();
    let (a, b, later) = (guest.timer(2), guest.timer(2), guest.timer(9));
    assert_eq!(guest.poll(&[&later, &a, &b]), [1, 2]);
}

#[test]
fn what_is_ready_comes_before_the_clock_moves() {
    let mut guest = Guest::new();
    let (timer, now) = (guest.timer(5), guest.timer(0));
    assert_eq!(guest.poll(&[&timer, &now]), [1]);
    assert_eq!(guest.elapsed_s(), 0);
}

#[test]
fn a_timer_nobody_waits_for_any_more_holds_nobody_up() {
    let mut guest = Guest::new();
    let (soon, late) = (guest.timer(1), guest.timer(2));
    {
        let list = vec![Resource::new_borrow(soon.rep())];
        let mut given_up = pin!(poll::Host::poll(&mut guest.table, list));
        assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(guest.poll(&[&late]), [0]);
    assert_eq!(guest.elapsed_s(), 2);
    let Clocks::Virtual(clock) = &guest.clocks else { panic!() };
    assert!(clock.with(|state| state.waiting.is_empty()));
    assert_eq!(Arc::strong_count(clock), 3, "one for each timer");
}

#[test]
fn a_wait_beyond_all_time_ends_at_the_end_of_time() {
    let mut guest = Guest::new();
    let mut view = guest.view();
    let never = monotonic_clock::Host::subscribe_duration(&mut view, u64::MAX).unwrap();
    assert_eq!(guest.poll(&[&never]), [0]);
    let again = guest.timer(1);
    assert_eq!(guest.poll(&[&again]), [0]);
}
