//! How much rows count, by their class.

use dagwood_tabular::Labels;
use dagwood_tabular::wording::{listed, quoted};

use crate::error::TrainError;
use crate::params::{Balanced, ClassWeights};

/// What a row of each class counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    of_class: Vec<f64>,
}

impl Weights {
    /// Each row counts once.
    pub fn even(labels: &Labels) -> Self {
        Self { of_class: vec![1.0; labels.classes.len()] }
    }

    /// What the params ask for.
    ///
    /// # Errors
    /// They name a class that is not there, or a weight that is none.
    pub fn new(labels: &Labels, asked: Option<&ClassWeights>) -> Result<Self, TrainError> {
        match asked {
            None => Ok(Self::even(labels)),
            Some(ClassWeights::Named(Balanced::Balanced)) => Ok(Self::balanced(labels)),
            Some(ClassWeights::Each(weights)) => {
                let mut even = Self::even(labels);
                for (class, weight) in weights {
                    let Some(place) = labels.classes.iter().position(|known| known == class) else {
                        let (class, classes) = (quoted(class), listed(&labels.classes));
                        return Err(TrainError::params(
                            "class_weights",
                            format!("names the class {class}, and the classes are {classes}"),
                        ));
                    };
                    even.of_class[place] = *weight;
                }
                Ok(even)
            }
        }
    }

    /// As scikit-learn's `class_weight="balanced"`: all classes weigh the same together, and all rows as many as they are.
    fn balanced(labels: &Labels) -> Self {
        let each = labels.codes.len() as f64 / labels.classes.len() as f64;
        Self { of_class: labels.counts().into_iter().map(|rows| each / rows.max(1) as f64).collect() }
    }

    /// Whether each row counts once.
    pub fn are_even(&self) -> bool {
        self.of_class.iter().all(|weight| *weight == 1.0)
    }

    /// Of a row of this class.
    pub fn of(&self, code: u32) -> f64 {
        self.of_class[code as usize]
    }

    /// Of all rows.
    pub fn total(&self, labels: &Labels) -> f64 {
        self.of_class.iter().zip(labels.counts()).map(|(weight, rows)| weight * rows as f64).sum()
    }

    /// The greatest.
    pub fn greatest(&self) -> f64 {
        self.of_class.iter().copied().fold(0.0, f64::max)
    }

    /// All of them times a factor.
    pub fn times(&self, factor: f64) -> Self {
        Self { of_class: self.of_class.iter().map(|weight| weight * factor).collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn labels() -> Labels {
        Labels::new(&["a", "b", "a", "a"])
    }

    #[test]
    fn balanced_classes_weigh_the_same_together() {
        let weights = Weights::new(&labels(), Some(&ClassWeights::Named(Balanced::Balanced))).unwrap();
        assert_eq!((weights.of(0) * 3.0, weights.of(1)), (2.0, 2.0));
        assert_eq!((weights.total(&labels()), weights.are_even()), (4.0, false));
        assert!(Weights::new(&labels(), None).unwrap().are_even());
    }

    #[test]
    fn a_class_that_is_not_there_is_named_with_those_that_are() {
        let asked = ClassWeights::Each(BTreeMap::from([("b".into(), 3.0)]));
        assert_eq!(Weights::new(&labels(), Some(&asked)).unwrap().of(1), 3.0);
        let asked = ClassWeights::Each(BTreeMap::from([("c".into(), 3.0)]));
        let error = Weights::new(&labels(), Some(&asked)).unwrap_err().to_string();
        assert!(error.contains("\"c\"") && error.contains("\"a\", \"b\""), "{error}");
    }
}
