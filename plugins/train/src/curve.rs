//! The logistic function of several numbers at once, from a table: between its places it is its Taylor polynomial of the fourth
//! degree, which at most half a step away is off by less than 1e-14.
//!
//! Four side by side, so that the processor's vector unit is used: in a guest whose NaNs are made canonical each step of floating point
//! takes two instructions more for a vector, and four more for one number.

use std::array::from_fn;

use dagwood_tabular::model::linear::logistic;

/// Numbers at once.
pub const LANES: usize = 4;

/// Places in one.
const STEPS: f64 = 128.0;

/// Half of the places.
const HALF: usize = 1_024;

/// The farthest number that the table holds.
const REACH: f64 = 7.9;

/// Added to a number and taken away again, it rounds it to a whole one, which then stands in the lowest bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `1 / (1 + e^-x)` for x from -7.9 to 7.9.
#[derive(Debug)]
pub struct Curve {
    /// Those of numbers from 0 on, then those of numbers below 0: as the lowest bits of whole numbers count.
    places: Box<[Place; 2 * HALF]>,
}

/// The function and its derivatives at a place, each by what it is to be multiplied with a power of the steps away from it.
type Place = [f64; 5];

fn place(x: f64) -> Place {
    let value = logistic(x);
    let first = value * (1.0 - value);
    let second = first * (1.0 - 2.0 * value);
    let third = first * (1.0 - 6.0 * first);
    let fourth = second * (1.0 - 12.0 * first);
    let step = 1.0 / STEPS;
    [value, first * step, second * step.powi(2) / 2.0, third * step.powi(3) / 6.0, fourth * step.powi(4) / 24.0]
}

impl Default for Curve {
    fn default() -> Self {
        let step = |at: usize| if at < HALF { at as f64 } else { at as f64 - 2.0 * HALF as f64 };
        Self { places: Box::new(from_fn(|at| place(step(at) / STEPS))) }
    }
}

impl Curve {
    /// The function of each, if the table holds all of them.
    #[inline]
    pub fn at(&self, x: [f64; LANES]) -> Option<[f64; LANES]> {
        // Also where one is no number.
        if !x.iter().all(|x| x.abs() <= REACH) {
            return None;
        }
        let scaled = x.map(|x| x * STEPS);
        let shifted = scaled.map(|x| x + ROUND);
        let rest: [f64; LANES] = from_fn(|lane| scaled[lane] - (shifted[lane] - ROUND));
        let places = shifted.map(|x| &self.places[x.to_bits() as usize % (2 * HALF)]);
        let mut values = places.map(|place| place[4]);
        for degree in (0..4).rev() {
            values = from_fn(|lane| values[lane] * rest[lane] + places[lane][degree]);
        }
        Some(values)
    }
}

#[test]
fn the_table_is_as_exact_as_it_says() {
    let curve = Curve::default();
    let numbers: Vec<f64> = (-100_000..=100_000).map(|step| f64::from(step) * 0.000_079).collect();
    for x in numbers.as_chunks::<LANES>().0 {
        for (found, x) in curve.at(*x).unwrap().iter().zip(x) {
            assert!((found - logistic(*x)).abs() < 1e-14, "{x}: {found} is not {}", logistic(*x));
        }
    }
    for far in [8.0, -8.0, 1e300, f64::NAN, f64::INFINITY] {
        assert_eq!(curve.at([0.0, 0.0, far, 0.0]), None);
    }
}
