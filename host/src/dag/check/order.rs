//! Order without data: `after` and `flow`.

use std::ops::Range;

use crate::dag::check::edges::{EdgeList, Origin};
use crate::dag::check::flow::{self, Arrow};
use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::path::DocPath;

pub(super) fn check(ground: &Ground<'_>, list: &mut EdgeList, mistakes: &mut Vec<Mistake>) {
    for (down, (_, task)) in ground.tasks.iter().enumerate() {
        for (at, id) in task.after.texts() {
            let path = || item(ground.path(down).key("after"), at);
            match ground.find(id) {
                Some(up) => list.add(ground, up, down, Origin::After(at.map(small)), mistakes),
                None => mistakes.push(ground.no_such_task(id, Place::value(path()))),
            }
        }
    }
    for (at, text) in ground.file.flow.texts() {
        chain(ground, at, text, list, mistakes);
    }
}

fn item(path: DocPath, at: Option<usize>) -> DocPath {
    match at {
        Some(at) => path.index(at),
        None => path,
    }
}

/// A place in a file, which has fewer than 2^32 bytes.
fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn chain(ground: &Ground<'_>, at: Option<usize>, text: &str, list: &mut EdgeList, mistakes: &mut Vec<Mistake>) {
    let path = || item(DocPath::of(&["flow"]), at);
    let chain = match flow::parse(text) {
        Ok(chain) => chain,
        Err(error) => {
            let hint = "write `a >> b >> [c, d]`".to_owned();
            mistakes.push(Mistake::error(Place::within(path(), error.span), error.message).hint(hint));
            return;
        }
    };
    let mut find = |span: &Range<usize>| {
        let id = text.get(span.clone()).unwrap_or_default();
        let found = ground.find(id);
        if found.is_none() {
            mistakes.push(ground.no_such_task(id, Place::within(path(), span.clone())));
        }
        found.map(|task| (task, span.clone()))
    };
    let groups: Vec<Vec<(usize, Range<usize>)>> =
        chain.groups.iter().map(|group| group.iter().filter_map(&mut find).collect()).collect();
    for (pair, arrow) in groups.windows(2).zip(&chain.arrows) {
        let [left, right] = pair else { continue };
        let (first, second) = match arrow {
            Arrow::Right => (left, right),
            Arrow::Left => (right, left),
        };
        for (up, _) in first {
            for (down, span) in second {
                if list.is_full() {
                    return;
                }
                let origin = Origin::Flow(at.map(small), small(span.start), small(span.end));
                list.add(ground, *up, *down, origin, mistakes);
            }
        }
    }
}
