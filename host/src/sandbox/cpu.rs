//! CPU time of a call: of whichever threads it runs on, while it runs there.
//!
//! What the host does for it on other threads, such as a write that is finished later, is not in it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The answer of `work`, and the CPU time that it took.
pub(super) async fn metered<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let mut work = pin!(work);
    let mut spent = Duration::ZERO;
    let answer = poll_fn(|context| {
        let before = of_this_thread();
        let polled = work.as_mut().poll(context);
        spent += of_this_thread().saturating_sub(before);
        polled
    });
    let answer = answer.await;
    (answer, spent)
}

fn of_this_thread() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(now.tv_sec), u32::try_from(now.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    /// Computes for so long, by the thread's own clock.
    fn compute(time: Duration) {
        let (mut sum, begun) = (0_u64, of_this_thread());
        while of_this_thread() - begun < time {
            sum = black_box(sum + 1);
        }
    }

    #[tokio::test]
    async fn work_counts_in_each_of_its_pieces_and_waiting_does_not() {
        let piece = Duration::from_millis(3);
        let work = async {
            for _ in 0..3 {
                compute(piece);
                tokio::task::yield_now().await;
            }
            7
        };
        let (answer, spent) = metered(work).await;
        assert!(answer == 7 && spent >= 3 * piece, "{spent:?}");
        let (_, waited) = metered(tokio::time::sleep(Duration::from_millis(200))).await;
        assert!(waited < Duration::from_millis(100), "{waited:?}");
    }
}
