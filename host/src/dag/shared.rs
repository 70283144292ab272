//! What several tasks have alike, kept once: of a hundred thousand tasks mostly all have the same terms.

use std::sync::Arc;

/// So many that were met last are looked at: tasks that are alike mostly stand together.
const REMEMBERED: usize = 16;

/// Those that were met last.
pub(super) struct Shared<T>(Vec<Arc<T>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Shared<T> {
    /// This, or one that is the same by `is_same`, and was met before.
    pub(super) fn share(&mut self, value: T, is_same: impl Fn(&T, &T) -> bool) -> Arc<T> {
        let known = self.0.iter().rposition(|known| is_same(known, &value));
        let shared = known.map_or_else(|| Arc::new(value), |at| self.0.remove(at));
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(Arc::clone(&shared));
        shared
    }
}

#[test]
fn what_is_alike_is_one_as_long_as_it_is_remembered() {
    let mut shared = Shared::default();
    let mut share = |value: usize| shared.share(value, PartialEq::eq);
    let first = share(0);
    assert!((1..REMEMBERED).all(|other| !Arc::ptr_eq(&first, &share(other))));
    assert!(Arc::ptr_eq(&first, &share(0)));
    (1..=REMEMBERED).for_each(|other| drop(share(other)));
    assert!(!Arc::ptr_eq(&first, &share(0)));
}
