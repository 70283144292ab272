//! Sums over columns. Numbers are added many side by side: so the processor's vector unit is used, and no addition waits for the one
//! before. The order is the same everywhere.

/// Sums side by side. With canonical NaNs a guest waits longer for an addition, so more of them have to be under way.
const LANES: usize = 16;

/// The sum of numbers.
pub fn sum(values: &[f64]) -> f64 {
    sum_of(values, |value| value)
}

/// The sum of what a function makes of each number.
pub fn sum_of(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (many, rest) = values.as_chunks::<LANES>();
    for values in many {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += of(*value));
    }
    let rest = rest.iter().map(|value| of(*value)).sum::<f64>();
    halved(sums) + rest
}

/// The sum of products.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>();
    halved(sums) + rest
}

/// Adds the second half to the first, until there is one.
fn halved(mut sums: [f64; LANES]) -> f64 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

/// How often each of so many codes is met. Others are passed over.
#[inline(never)]
pub fn counts(many: usize, codes: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; many];
    for code in codes {
        if let Some(count) = counts.get_mut(*code as usize) {
            *count += 1;
        }
    }
    counts
}
