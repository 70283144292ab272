//! How often which class was taken for which.

/// A square of counts: a row for each true class, a column for each predicted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Nothing counted yet of so many classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts a row of the class `truth` that was taken for `predicted`, both from 0 to `classes - 1`; another is not counted.
    pub fn add(&mut self, truth: u32, predicted: u32) {
        let (truth, predicted) = (truth as usize, predicted as usize);
        if truth < self.classes && predicted < self.classes {
            self.counts[truth * self.classes + predicted] += 1;
        }
    }

    /// Of pairs of true and predicted classes.
    #[cfg(test)]
    pub(crate) fn of(classes: usize, truth: &[u32], predicted: &[u32]) -> Self {
        let mut confusion = Self::new(classes);
        truth.iter().zip(predicted).for_each(|(truth, predicted)| confusion.add(*truth, *predicted));
        confusion
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
