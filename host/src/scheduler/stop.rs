//! The end in good order: nothing new, some grace for what runs, then it is given back.

use std::time::{Duration, Instant};

use crate::planner::{Capacity, Event, Held};

use super::step::Step;
use super::turn::Loop;

/// How long tries have to end after they were told to: their guests are interrupted at once, so this is for the host.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// As good as for ever, and still an instant of the clock.
const GRACE_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What is left of the grace.
pub(super) struct Stopping {
    until: Instant,
    given_back: bool,
}

impl Stopping {
    /// Until the next thing that the stop itself does.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Loop {
    /// Begins nothing from now on.
    pub(super) fn begin_stop(&mut self, grace: Duration, step: &mut Step) {
        self.begins_runs = false;
        self.capacity = Capacity { parallelism: 0, ..self.capacity.clone() };
        step.events.push(Event::CapacityChanged(self.capacity.clone()));
        let until = Instant::now() + grace.min(GRACE_MAX);
        self.stopping = Some(Stopping { until, given_back: false });
    }

    /// When the grace is over, gives back what still runs: it is ended, and waits for the next server.
    pub(super) fn look_at_stop(&mut self, step: &mut Step) {
        let Some(stopping) = &mut self.stopping else { return };
        if !stopping.left().is_zero() {
            return;
        }
        if stopping.given_back {
            // Its report does not come: it is as after a crash.
            self.launched.forget_all();
            return;
        }
        stopping.given_back = true;
        stopping.until += LAST_WORDS;
        step.events.push(Event::HandBack(Held::Attempts(self.launched.attempts())));
    }
}
