//! Random numbers.

use wasmtime_wasi::p2::bindings::random::{insecure_seed, random};

use super::Random;
use crate::sandbox::limits::RANDOM_CALL_BYTES;

#[test]
fn the_numbers_of_a_seed_never_change() {
    // A change here would change the results of everybody's tasks.
    let mut from_0 = Random::seeded(0);
    assert_eq!(random::Host::get_random_u64(&mut from_0).unwrap(), FIRST_OF_SEED_0);
    let bytes = random::Host::get_random_bytes(&mut Random::seeded(0), 8).unwrap();
    assert_eq!(bytes, FIRST_OF_SEED_0.to_le_bytes());
}

const FIRST_OF_SEED_0: u64 = 3_319_151_596_257_269_216;

#[test]
fn each_call_goes_on_where_the_last_one_ended() {
    let mut numbers = Random::seeded(7);
    let (a, b) = insecure_seed::Host::insecure_seed(&mut numbers).unwrap();
    let together = random::Host::get_random_bytes(&mut Random::seeded(7), 16).unwrap();
    assert_eq!([a.to_le_bytes(), b.to_le_bytes()].concat(), together);
}

#[test]
fn one_call_gives_a_bounded_number_of_bytes() {
    for numbers in [&mut Random::seeded(0), &mut Random::machine()] {
        assert!(random::Host::get_random_bytes(numbers, RANDOM_CALL_BYTES).is_ok());
        assert!(random::Host::get_random_bytes(numbers, RANDOM_CALL_BYTES + 1).is_err());
    }
}
