//! What time it is: asked at the edges only, handed to the core as an argument.

use jiff::Timestamp;

/// The wall clock.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond, which is what the store keeps.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_microseconds(Timestamp::now())
    }
}

/// The instant without what is below a microsecond.
pub fn to_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
