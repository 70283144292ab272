//! The clock is virtual and the random numbers are seeded, so it has nothing to change by.
#![cfg(target_family = "wasm")]

use hostile::{Descriptor, plain};

hostile::guest!(
    describe: {
        let chance = wasip2::random::random::get_random_u64();
        let now = wasip2::clocks::wall_clock::now();
        let summary = format!("{chance} {} {}", now.seconds, wasip2::clocks::monotonic_clock::now());
        Descriptor { summary, ..plain(env!("CARGO_CRATE_NAME")) }
    },
    run: |_| hostile::done(&hostile::json!(null))
);
