//! Terms that several tasks have, kept once: of a hundred thousand tasks mostly all have the same.

use std::sync::Arc;

use crate::dag::model::TaskTerms;

/// So many that were met last are looked at: tasks that are alike mostly stand together.
const REMEMBERED: usize = 16;

/// The terms that were met last.
#[derive(Default)]
pub(super) struct Shared(Vec<Arc<TaskTerms>>);

impl Shared {
    /// These terms, or the same that were met before.
    pub(super) fn share(&mut self, terms: TaskTerms) -> Arc<TaskTerms> {
        let known = self.0.iter().rposition(|known| **known == terms);
        let shared = known.map_or_else(|| Arc::new(terms), |at| self.0.remove(at));
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(Arc::clone(&shared));
        shared
    }
}
