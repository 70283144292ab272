//! The logistic function and its integral from a table: as exact as slopes are, without an exponential for each row and round.
//!
//! Between the table's places a function is its Taylor polynomial: at most half a step away, that of the second degree is off by less
//! than 1e-8, where a slope's own unit is 6e-8; that of the integral, of the third degree, is off by less than 1e-10.

use dagwood_tabular::model::linear::logistic;

/// Places in one.
const STEPS: f64 = 64.0;

/// Beyond this the functions are their limits, but for less than a slope's unit.
const REACH: f64 = 17.0;

/// Added to a number and taken away again, it rounds it to a whole one, which then stands in the lowest bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `1 / (1 + e^-x)` and `ln(1 + e^x)`.
#[derive(Debug)]
pub struct Sigmoid {
    places: Vec<Place>,
}

/// The functions at a place.
#[derive(Debug, Clone, Copy)]
struct Place {
    softplus: f64,
    logistic: f64,
    first: f64,
    half_second: f64,
}

impl Sigmoid {
    pub(super) fn new() -> Self {
        let last = (REACH * STEPS) as i32;
        let place = |step: i32| {
            let x = f64::from(step) / STEPS;
            let logistic = logistic(x);
            let first = logistic * (1.0 - logistic);
            let softplus = x.max(0.0) + (-x.abs()).exp().ln_1p();
            Place { softplus, logistic, first, half_second: first * (0.5 - logistic) }
        };
        Self { places: (-last..=last).map(place).collect() }
    }

    /// The logistic function of `x`, which is a number, and its integral.
    #[inline]
    pub(super) fn at(&self, x: f64) -> (f64, f64) {
        let shifted = x * STEPS + ROUND;
        let rest = x - (shifted - ROUND) / STEPS;
        let index = (shifted.to_bits() as u32).wrapping_add((REACH * STEPS) as u32) as usize;
        match self.places.get(index) {
            Some(place) if x.abs() <= REACH => {
                let logistic = place.logistic + rest * (place.first + rest * place.half_second);
                let softplus = place.softplus
                    + rest * (place.logistic + rest * (place.first / 2.0 + rest * place.half_second / 3.0));
                (logistic, softplus)
            }
            Some(_) | None => (logistic(x), x.max(0.0) + (-x.abs()).exp().ln_1p()),
        }
    }
}

#[test]
fn the_table_is_as_exact_as_it_says() {
    let sigmoid = Sigmoid::new();
    let numbers = (-400_000..=400_000).map(|step| f64::from(step) * 0.000_057_3).chain([-1e9, 1e9, 17.0, -17.0, 1e300]);
    for x in numbers {
        let (found, softplus) = sigmoid.at(x);
        assert!((found - logistic(x)).abs() < 1e-8, "{x}: {found}");
        let expected = x.max(0.0) + (-x.abs()).exp().ln_1p();
        assert!((softplus - expected).abs() < 1e-10, "{x}: {softplus} is not {expected}");
    }
}
