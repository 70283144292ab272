//! Sums over columns. Numbers are added four side by side, so that the processor's vector unit is used, and the order is the same
//! everywhere.

/// The sum of numbers.
pub fn sum(values: &[f64]) -> f64 {
    sum_of(values, |value| value)
}

/// The sum of what a function makes of each number.
pub fn sum_of(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; 4];
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        sums.iter_mut().zip(four).for_each(|(sum, value)| *sum += of(*value));
    }
    let rest = rest.iter().map(|value| of(*value)).sum::<f64>();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

/// The sum of products.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
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
