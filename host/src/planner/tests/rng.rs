//! Numbers from a seed (the mixing function is splitmix64's).

/// A stream of numbers.
pub(in crate::planner) struct Rng(u64);

impl Rng {
    pub(in crate::planner) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(in crate::planner) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Less than `end`, which is not 0.
    pub(in crate::planner) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True that many times of a hundred.
    pub(in crate::planner) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    pub(in crate::planner) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len() as u64) as usize) }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
