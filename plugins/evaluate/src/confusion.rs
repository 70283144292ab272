//! How often which class was taken for which.

/// A square of counts: a row for each true class, a column for each predicted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts pairs of true and predicted classes, numbered from 0 to `classes - 1`; other numbers are not counted.
    pub fn new(classes: usize, truth: &[u32], predicted: &[u32]) -> Self {
        let mut counts = vec![0; classes * classes];
        for (truth, predicted) in truth.iter().zip(predicted).map(|(t, p)| (*t as usize, *p as usize)) {
            if truth < classes && predicted < classes {
                counts[truth * classes + predicted] += 1;
            }
        }
        Self { classes, counts }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many rows of the class `truth` were taken for `predicted`; 0 for a class that there is not.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        if truth < self.classes && predicted < self.classes { self.counts[truth * self.classes + predicted] } else { 0 }
    }

    /// The counts, one row for each true class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// Rows counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows of the class.
    pub fn support(&self, truth: usize) -> u64 {
        (0..self.classes).map(|predicted| self.count(truth, predicted)).sum()
    }

    /// Rows taken for the class.
    pub fn predicted(&self, predicted: usize) -> u64 {
        (0..self.classes).map(|truth| self.count(truth, predicted)).sum()
    }

    /// Rows taken for what they are.
    pub fn correct(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }
}
