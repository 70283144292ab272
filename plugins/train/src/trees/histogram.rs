//! What the rows of a node sum up to, bin by bin, in whole numbers: sums do not depend on the order, and what is left when one child
//! is taken away is exactly the other.

use std::ops::{Add, Sub};

use super::bins::Bins;
use super::sigmoid::SIGMOID_BITS;
use crate::limits::{AT_ONCE, CURVATURE_BITS, GRADIENT_BITS};

/// Sums over some rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    /// Of the loss's first derivative.
    pub(super) gradient: f64,
    /// Of its second.
    pub(super) curvature: f64,
    pub(super) rows: u32,
}

/// The loss's first and second derivative by the score of a row, in units of [`GRADIENT_BITS`] and [`CURVATURE_BITS`] bits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slope {
    gradient: i32,
    curvature: u32,
}

impl Slope {
    /// `gradient` from -127 to 127, `curvature` from 0 on; those of all rows together up to a million.
    pub(super) fn new(gradient: f64, curvature: f64) -> Self {
        Self {
            gradient: (gradient * f64::from(1 << GRADIENT_BITS)).round_ties_even() as i32,
            // Never 0: what is certain still counts as a row.
            curvature: ((curvature * f64::from(1 << CURVATURE_BITS)).round_ties_even() as u32).max(1),
        }
    }

    /// Of a row whose class is the second one, or is not. `probability`: that it is the second, from 0 to 1 with
    /// [`SIGMOID_BITS`] behind the point.
    #[inline]
    pub(super) fn of_class(probability: i64, second: bool, weight: Weight) -> Self {
        let shorter = rounded(probability, SIGMOID_BITS - PROBABILITY_BITS);
        let gradient = shorter - (i64::from(second) << PROBABILITY_BITS);
        let curvature = (shorter * ((1 << PROBABILITY_BITS) - shorter)) >> PROBABILITY_BITS;
        let bits = PROBABILITY_BITS + WEIGHT_BITS;
        Self {
            gradient: rounded(gradient * weight.0, bits - GRADIENT_BITS) as i32,
            curvature: (rounded(curvature * weight.0, bits - CURVATURE_BITS) as u32).max(1),
        }
    }
}

/// Bits behind the point of a probability that is multiplied: with a weight it still fits into 64.
const PROBABILITY_BITS: u32 = 30;

/// Bits behind the point of a weight.
const WEIGHT_BITS: u32 = 24;

/// What a row counts, up to 127, as a whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight(i64);

impl Weight {
    pub(super) fn new(weight: f64) -> Self {
        Self((weight * f64::from(1 << WEIGHT_BITS)).round_ties_even() as i64)
    }
}

/// Without its last bits, to the nearest.
fn rounded(value: i64, bits: u32) -> i64 {
    (value + (1 << (bits - 1))) >> bits
}

/// The sums of a bin: gradients, and rows and curvatures in one number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Packed {
    gradient: i64,
    rows_and_curvature: u64,
}

/// Where the rows begin in the number that holds both.
const ROWS_SHIFT: u32 = 40;

impl Packed {
    pub(super) fn is_empty(self) -> bool {
        self.rows_and_curvature == 0
    }

    pub(super) fn sums(self) -> Sums {
        Sums {
            gradient: self.gradient as f64 / f64::from(1 << GRADIENT_BITS),
            curvature: (self.rows_and_curvature & ((1 << ROWS_SHIFT) - 1)) as f64 / f64::from(1 << CURVATURE_BITS),
            rows: (self.rows_and_curvature >> ROWS_SHIFT) as u32,
        }
    }
}

impl Add for Packed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            rows_and_curvature: self.rows_and_curvature + other.rows_and_curvature,
        }
    }
}

impl Sub for Packed {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            rows_and_curvature: self.rows_and_curvature - other.rows_and_curvature,
        }
    }
}

impl From<Slope> for Packed {
    fn from(slope: Slope) -> Self {
        Self { gradient: slope.gradient.into(), rows_and_curvature: (1 << ROWS_SHIFT) | u64::from(slope.curvature) }
    }
}

/// The sums of each bin of each column.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    /// Column after column.
    sums: Vec<Packed>,
    /// Where each column begins, and where the last one ends.
    offsets: Vec<usize>,
}

/// Sums of four columns, of as many bins as a code can say, so that none is out of bounds.
type Four = [[Packed; 256]; 4];

#[inline]
fn add(sums: &mut Four, codes: [u8; 4], slope: Slope) {
    let slope = Packed::from(slope);
    for (sums, code) in sums.iter_mut().zip(codes) {
        let bin = &mut sums[usize::from(code)];
        *bin = *bin + slope;
    }
}

/// Counts rows by what `codes_of` says of each of `places`. A function of its own, so that a guest's compiler has registers for all of
/// it.
#[inline(never)]
fn count<P: Copy>(places: &[P], slopes: &[Slope], codes_of: impl Fn(P) -> [u8; 4]) -> Four {
    let mut sums = [[Packed::default(); 256]; 4];
    let ((many, last), (slopes_of_many, last_slopes)) = (places.as_chunks::<AT_ONCE>(), slopes.as_chunks::<AT_ONCE>());
    for (places, slopes) in many.iter().zip(slopes_of_many) {
        for (place, slope) in places.iter().zip(slopes) {
            add(&mut sums, codes_of(*place), *slope);
        }
    }
    for (place, slope) in last.iter().zip(last_slopes) {
        add(&mut sums, codes_of(*place), *slope);
    }
    sums
}

impl Histogram {
    /// Of these rows, whose slopes come in the same order.
    pub(super) fn new(bins: &Bins, rows: &[u32], slopes: &[Slope]) -> Self {
        let mut offsets = vec![0];
        for column in &bins.columns {
            offsets.push(offsets.last().copied().unwrap_or_default() + column.meaning.bins());
        }
        let mut sums = Vec::with_capacity(offsets.last().copied().unwrap_or_default());
        for (codes, columns) in bins.quads.iter().zip(bins.columns.chunks(4)) {
            let counted = if rows.len() == codes.len() {
                // All of them, one after the other.
                count(codes, slopes, |codes| codes)
            } else {
                count(rows, slopes, |row: u32| codes[row as usize])
            };
            for (column, own) in columns.iter().zip(&counted) {
                sums.extend_from_slice(&own[..column.meaning.bins()]);
            }
        }
        Self { sums, offsets }
    }

    /// Of a node whose one child has been counted: what is left is the other child.
    pub(super) fn without(mut self, child: &Self) -> Self {
        self.sums.iter_mut().zip(&child.sums).for_each(|(sums, child)| *sums = *sums - *child);
        self
    }

    /// The bins of a column.
    pub(super) fn column(&self, column: usize) -> &[Packed] {
        &self.sums[self.offsets[column]..self.offsets[column + 1]]
    }

    /// Of all rows.
    pub(super) fn total(&self) -> Packed {
        let bins = if self.offsets.len() > 1 { self.column(0) } else { &[] };
        bins.iter().fold(Packed::default(), |total, sums| total + *sums)
    }
}
