//! The logistic function and its integral from a table, in whole numbers: as exact as slopes are, and without an exponential for
//! each row and round. In a guest whose NaNs are made canonical a step of floating point costs several times one of whole numbers.
//!
//! Between the table's places a function is its Taylor polynomial: at most half a step away, that of the second degree is off by less
//! than 1e-8, where a slope's own unit is 6e-8; that of the integral, of the third degree, is off by less than 1e-10.

use dagwood_tabular::model::linear::logistic;

/// Bits behind the point of what is said.
pub(super) const SIGMOID_BITS: u32 = 40;

/// Bits behind the point of log-odds.
const ODDS_BITS: u32 = 38;

/// Bits of the log-odds below a step of the table: 64 steps in one.
const STEP_BITS: u32 = 32;

/// Bits behind the point of derivatives.
const DERIVATIVE_BITS: u32 = 30;

/// The last place. Beyond it, at 17, the functions are their limits, but for less than a slope's unit.
const LAST: i64 = 17 << (ODDS_BITS - STEP_BITS);

/// `1 / (1 + e^-x)` and `ln(1 + e^x)`.
#[derive(Debug)]
pub struct Sigmoid {
    places: Vec<Place>,
}

/// The functions at a place.
#[derive(Debug, Clone, Copy)]
struct Place {
    softplus: i64,
    logistic: i64,
    first: i64,
    half_second: i64,
}

/// What the functions are at a number, with [`SIGMOID_BITS`] behind the point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// The number itself.
    pub(super) odds: i64,
    /// From 0 to 1.
    pub(super) logistic: i64,
    /// Its integral.
    pub(super) softplus: i64,
}

fn fixed(value: f64, bits: u32) -> i64 {
    (value * (1_u64 << bits) as f64).round_ties_even() as i64
}

impl Sigmoid {
    pub(super) fn new() -> Self {
        let place = |step: i64| {
            let x = step as f64 / f64::from(1 << (ODDS_BITS - STEP_BITS));
            let logistic = logistic(x);
            let first = logistic * (1.0 - logistic);
            Place {
                softplus: fixed(softplus(x), SIGMOID_BITS),
                logistic: fixed(logistic, SIGMOID_BITS),
                first: fixed(first, DERIVATIVE_BITS),
                half_second: fixed(first * (0.5 - logistic), DERIVATIVE_BITS),
            }
        };
        Self { places: (-LAST..=LAST).map(place).collect() }
    }

    /// The functions of `odds`, if it is near enough to be in the table. Of NaN those of 0.
    #[inline]
    pub(super) fn at(&self, odds: f64) -> Option<Found> {
        let odds = (odds * (1_u64 << ODDS_BITS) as f64) as i64;
        let step = (odds >> STEP_BITS) + (odds >> (STEP_BITS - 1) & 1);
        let place = self.places.get(usize::try_from(step + LAST).ok()?)?;
        // Each product is below 2^63: the rest is below 2^31, its powers are brought to 31 bits again.
        let rest = odds - (step << STEP_BITS);
        let square = (rest * rest) >> 31;
        let cube = (square * rest) >> 31;
        let logistic = place.logistic + ((rest * place.first) >> 28) + ((square * place.half_second) >> 35);
        let softplus = place.softplus
            + ((rest * (place.logistic >> 9)) >> 29)
            + ((square * place.first) >> 36)
            + ((cube * (place.half_second / 3)) >> 42);
        Some(Found { odds: odds << (SIGMOID_BITS - ODDS_BITS), logistic, softplus })
    }
}

/// `ln(1 + e^x)`, for those that are not in the table.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[test]
fn the_table_is_as_exact_as_it_says() {
    let sigmoid = Sigmoid::new();
    let unit = 1.0 / (1_u64 << SIGMOID_BITS) as f64;
    let numbers = (-400_000..=400_000).map(|step| f64::from(step) * 0.000_042_5).chain([-17.0, 17.0, 0.0, -0.0]);
    for x in numbers {
        let found = sigmoid.at(x).unwrap();
        let (said, integral) = (found.logistic as f64 * unit, found.softplus as f64 * unit);
        assert!((said - logistic(x)).abs() < 1e-8 && (0.0..=1.0).contains(&said), "{x}: {said}");
        assert!((integral - softplus(x)).abs() < 1e-10, "{x}: {integral} is not {}", softplus(x));
        assert!((found.odds as f64 * unit - x).abs() < 1e-11, "{x}");
    }
    for far in [17.1, -17.1, 1e9, -1e9, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(sigmoid.at(far).is_none(), "{far}");
    }
}
