//! Callbacks: each is checked as the only task of a DAG, and what is wrong with it is said where it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dag::callback::{CallbackKind, Callbacks, Deadline};
use crate::dag::catalog::Catalog;
use crate::dag::check::ground::Ground;
use crate::dag::check::quantity::{Zero, duration};
use crate::dag::check::{Head, graph, ix};
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{CallbackSpec, DagFile, Ordered};
use crate::dag::model::{Dag, DagSettings};
use crate::dag::path::DocPath;

/// What a task may have.
const OF_TASKS: &[CallbackKind] = &[CallbackKind::OnSuccess, CallbackKind::OnFailure, CallbackKind::OnRetry];

/// All callbacks of the file; those that are wrong are missing.
pub(super) fn check(ground: &Ground<'_>, catalog: &Catalog, head: &Head, mistakes: &mut Vec<Mistake>) -> Callbacks {
    let file = ground.file;
    let mut all = Callbacks::default();
    let one = |at: DocPath, kind, spec: &CallbackSpec, mistakes: &mut Vec<Mistake>| {
        Written { at, kind, spec }.check(file, catalog, head, mistakes).map(Arc::new)
    };
    for kind in CallbackKind::ALL {
        let at = DocPath::of(&[kind.as_str()]);
        if let Some(dag) = file.callback(*kind).and_then(|spec| one(at, *kind, spec, mistakes)) {
            all.set_run(*kind, dag);
        }
    }
    let mut shared = BTreeMap::new();
    for kind in OF_TASKS {
        let at = DocPath::of(&["defaults", kind.as_str()]);
        let spec = file.defaults.callbacks.of(*kind);
        shared.extend(spec.and_then(|spec| one(at, *kind, spec, mistakes)).map(|dag| (*kind, dag)));
    }
    for (at, (id, task)) in file.tasks.0.iter().enumerate() {
        for kind in OF_TASKS {
            let dag = match task.callbacks.said().and_then(|callbacks| callbacks.of(*kind)) {
                Some(spec) => one(DocPath::of(&["tasks", id, kind.as_str()]), *kind, spec, mistakes),
                None => shared.get(kind).cloned(),
            };
            if let Some(dag) = dag {
                all.set_task(ix(at), *kind, dag);
            }
        }
    }
    all
}

/// The run's deadline.
pub(super) fn deadline(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Option<Deadline> {
    let at = DocPath::of(&["deadline"]);
    let Some(spec) = &file.deadline else {
        let broken = mistakes.iter().any(|mistake| mistake.touches(&at));
        if file.on_deadline.is_some() && !broken {
            let message = "`on_deadline` without a `deadline` is never started";
            let hint = "write `deadline = { after = \"run_start\", of = \"2h\" }`".to_owned();
            mistakes.push(Mistake::error(Place::key(DocPath::of(&["on_deadline"])), message).hint(hint));
        }
        return None;
    };
    let of = duration(spec.of.as_ref(), || at.key("of"), Zero::Refused, mistakes)?;
    Some(Deadline { after: spec.after?, of })
}

/// A callback, and where it stands.
struct Written<'a> {
    at: DocPath,
    kind: CallbackKind,
    spec: &'a CallbackSpec,
}

impl Written<'_> {
    /// The DAG of one task that it is.
    fn check(&self, file: &DagFile, catalog: &Catalog, head: &Head, mistakes: &mut Vec<Mistake>) -> Option<Dag> {
        let id = self.kind.as_str();
        let alone = DagFile {
            params: file.params.clone(),
            plugins: file.plugins.clone(),
            tasks: Ordered(vec![(id.to_owned(), self.spec.task())]),
            ..DagFile::default()
        };
        let inside = DocPath::of(&["tasks", id]);
        let known = mistakes.iter().filter_map(|known| known.moved(&self.at, &inside)).collect();
        let ground = Ground::of_callback(&alone, catalog, known);
        let mut found = Vec::new();
        let settings = DagSettings::default();
        let dag = graph(&ground, &Head { settings, ..head.clone() }, &mut found);
        for mistake in found {
            match mistake.moved(&inside, &self.at) {
                Some(own) => mistakes.push(self.placed(own)),
                // It is about a plugin, and may have been said already.
                None if mistakes.contains(&mistake) => {}
                None => mistakes.push(mistake),
            }
        }
        dag
    }

    /// The short form has no places of its own.
    fn placed(&self, mistake: Mistake) -> Mistake {
        match self.spec {
            CallbackSpec::Plugin(_) => Mistake { place: Place::value(self.at.clone()), ..mistake },
            CallbackSpec::Task(_) => mistake,
        }
    }
}
