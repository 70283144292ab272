//! Who comes before and after whom.

use crate::ids::TaskIx;

/// Who comes before and after whom, by index; without doubles, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edges {
    /// For each task, its direct upstreams.
    pub upstream: Neighbours,
    /// For each task, its direct downstreams.
    pub downstream: Neighbours,
    /// All tasks, each after its upstreams.
    pub order: Vec<TaskIx>,
}

/// Some tasks for each task, one list after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Where each list ends.
    ends: Vec<u32>,
    all: Vec<TaskIx>,
}

impl Neighbours {
    /// Those of a task; none if there is no such task.
    pub fn of(&self, task: TaskIx) -> &[TaskIx] {
        let at = task.index();
        let Some(end) = self.ends.get(at) else { return &[] };
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.all.get(begin as usize..*end as usize).unwrap_or_default()
    }

    /// Those of each task.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[TaskIx]> {
        (0..self.ends.len()).map(|at| self.of(TaskIx(u32::try_from(at).unwrap_or(u32::MAX))))
    }
}

impl<L: AsRef<[TaskIx]>> FromIterator<L> for Neighbours {
    fn from_iter<I: IntoIterator<Item = L>>(lists: I) -> Self {
        let mut made = Self::default();
        for list in lists {
            made.all.extend_from_slice(list.as_ref());
            // A DAG has far fewer edges.
            made.ends.push(u32::try_from(made.all.len()).unwrap_or(u32::MAX));
        }
        made.all.shrink_to_fit();
        made.ends.shrink_to_fit();
        made
    }
}

#[test]
fn lists_are_found_again() {
    let lists: Vec<Vec<TaskIx>> = vec![vec![TaskIx(1), TaskIx(2)], vec![], vec![TaskIx(0)]];
    let neighbours: Neighbours = lists.iter().collect();
    assert_eq!(neighbours.iter().map(<[TaskIx]>::to_vec).collect::<Vec<_>>(), lists);
    assert_eq!(neighbours.of(TaskIx(3)), []);
    assert_eq!(Neighbours::default().of(TaskIx(0)), []);
}
