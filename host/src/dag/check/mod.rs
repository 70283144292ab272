//! The second stage: a draft and its plugins → a checked DAG, or everything that is wrong with it.
//!
//! Each file checks one thing and adds what it finds to one list; none stops the others. What a mistake leaves
//! unknown is left out of later checks, so that one mistake is reported once.

mod branches;
mod callbacks;
mod cycles;
mod dates;
mod edges;
mod flow;
mod grants;
mod ground;
mod options;
mod order;
mod params;
mod plugins;
mod quantity;
mod settings;
mod weights;
mod wiring;

pub(crate) use quantity::{Zero, duration, size};

use std::collections::BTreeMap;

use crate::dag::callback::Callbacks;
use crate::dag::catalog::Catalog;
use crate::dag::check::edges::EdgeList;
use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Diagnostic, Mistake, Place, Severity};
use crate::dag::draft::Draft;
use crate::dag::locate;
use crate::dag::model::{Dag, DagSettings, Edges, Task, TaskTerms};
use crate::dag::path::DocPath;
use crate::dag::shared::Shared;
use crate::dag::template::Template;
use crate::ids::{DagId, Digest, TaskId, TaskIx};
use crate::limits::DAG_TASKS_MAX;

/// What the checks made of a draft.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The DAG, if there is no error.
    pub dag: Option<Dag>,
    /// Everything that is wrong, the first stage's included, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks all that the first stage could read.
pub fn check(draft: &Draft, catalog: &Catalog) -> Checked {
    let mut mistakes = draft.mistakes.clone();
    let dag = draft.file.as_ref().and_then(|file| {
        let ground = Ground::new(file, catalog, &mut mistakes);
        assemble(draft, &ground, catalog, &mut mistakes)
    });
    let failed = mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
    let diagnostics = locate::diagnostics(mistakes, draft.text.as_deref());
    Checked { dag: dag.filter(|_| !failed), diagnostics }
}

/// Runs every check; `None` if what they found leaves no DAG.
fn assemble(draft: &Draft, ground: &Ground<'_>, catalog: &Catalog, mistakes: &mut Vec<Mistake>) -> Option<Dag> {
    count_tasks(ground, mistakes);
    let settings = settings::check(ground.file, mistakes);
    let declared = params::declared(ground.file, mistakes);
    plugins::warn_of_unused(ground, mistakes);
    let head = Head { id: settings::id(ground.file, mistakes), version: version(draft, catalog), settings };
    let dag = graph(ground, &head, mistakes);
    let callbacks = callbacks::check(ground, catalog, &head, mistakes);
    dag.map(|dag| Dag { params: declared, callbacks, ..dag })
}

/// What a DAG is besides its tasks.
#[derive(Clone)]
struct Head {
    id: Option<DagId>,
    version: Digest,
    settings: DagSettings,
}

/// The tasks with their edges, as a DAG without parameters and callbacks; `None` if what was found leaves none.
fn graph(ground: &Ground<'_>, head: &Head, mistakes: &mut Vec<Mistake>) -> Option<Dag> {
    let mut list = EdgeList::default();
    order::check(ground, &mut list, mistakes);
    let wired = wiring::check(ground, &mut list, mistakes);
    let filled = params::check(ground, &mut list, mistakes);
    let options = options::check(ground, mistakes);
    let grants = grants::check(ground, mistakes);
    let edges = cycles::check(ground, list, mistakes);
    let branches = branches::check(ground, &edges.downstream, mistakes);
    wiring::warn_of_early_rules(ground, &wired, &options, mistakes);
    let ids: Option<Vec<TaskId>> = ground.tasks.iter().map(|(id, _)| TaskId::new(id).ok()).collect();
    let [upstream, downstream] = [edges.upstream, edges.downstream].map(|lists| lists.into_iter().collect());
    let edges = Edges { upstream, downstream, order: edges.order? };
    let weights = weights::effective(&edges, &options);
    let parts = wired.into_iter().zip(filled).zip(options).zip(grants).zip(branches).zip(weights);
    let (mut known, mut known_params) = (Shared::default(), Shared::default());
    let tasks: Option<Vec<Task>> = ids?
        .into_iter()
        .enumerate()
        .zip(parts)
        .map(|((at, id), (((((inputs, (params, template_values)), options), grants), branches), effective_weight))| {
            let (_, spec) = ground.tasks.get(at)?;
            let terms = TaskTerms {
                past: options.past(),
                seed: spec.seed,
                branches,
                plugin_name: spec.plugin.clone()?,
                plugin: (*ground.plugin(at)?).clone(),
                owner: options.owner.clone(),
                trigger_rule: options.trigger_rule,
                retry: options.retry.clone(),
                reschedule_timeout: options.reschedule_timeout,
                limits: options.limits.clone(),
                deterministic: options.deterministic && grants.is_empty(),
                grants,
                priority_weight: options.priority_weight,
                weight_rule: options.weight_rule,
                pool: options.pool.clone(),
                pool_slots: options.pool_slots,
                max_active_tis_per_dag: options.max_active_tis_per_dag,
                max_active_tis_per_dagrun: options.max_active_tis_per_dagrun,
            };
            Some(Task {
                id,
                terms: known.share(terms, PartialEq::eq),
                description: spec.description.as_deref().map(Into::into),
                params: known_params.share(params, are_written_alike),
                inputs: inputs.into_iter().collect(),
                template_values: template_values.into(),
                effective_weight,
            })
        })
        .collect();
    let mut tasks = tasks?;
    tasks.shrink_to_fit();
    Some(Dag {
        id: head.id.clone()?,
        version: head.version,
        settings: head.settings.clone(),
        params: Vec::new(),
        tasks,
        edges,
        callbacks: Callbacks::default(),
    })
}

/// Equal, and written the same: `0.0` and `-0.0` are equal, and a plugin may tell them apart.
fn are_written_alike(one: &Template, other: &Template) -> bool {
    one == other && (*one == Template::empty() || format!("{one:?}") == format!("{other:?}"))
}

fn count_tasks(ground: &Ground<'_>, mistakes: &mut Vec<Mistake>) {
    let path = DocPath::of(&["tasks"]);
    let tasks = || Place::key(path.clone());
    let lacks_tasks = ground.is_broken(&path);
    if ground.tasks.is_empty() && !lacks_tasks {
        mistakes.push(Mistake::error(tasks(), "a DAG has at least one task"));
    }
    if ground.tasks.len() > DAG_TASKS_MAX {
        let message = format!("a DAG has at most {DAG_TASKS_MAX} tasks, this one has {}", ground.tasks.len());
        mistakes.push(Mistake::error(tasks(), message));
    }
}

/// The digest of the source and of what its plugins were resolved to.
fn version(draft: &Draft, catalog: &Catalog) -> Digest {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(draft.source.as_bytes());
    let used: BTreeMap<_, _> = draft
        .plugins()
        .iter()
        .filter_map(|plugin| Some((&plugin.name, catalog.plugins.get(&plugin.name)?.as_ref().ok()?)))
        .collect();
    for (name, plugin) in used {
        part(name.as_bytes());
        part(plugin.digest.as_bytes());
    }
    hasher.finalize().into()
}

/// A task's place among the tasks.
fn ix(at: usize) -> TaskIx {
    // There are at most DAG_TASKS_MAX; a file with more gives no DAG.
    TaskIx(u32::try_from(at).unwrap_or(u32::MAX))
}
