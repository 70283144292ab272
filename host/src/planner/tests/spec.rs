//! Small DAGs for tests: described in the tests' own words, made into the real thing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::contract::{Cardinality, Descriptor, Port};
use crate::dag::callback::Callbacks;
use crate::dag::model::{
    Dag, DagSettings, Edges, PastRule, ResolvedPlugin, RetryPolicy, Task, TaskTerms, TriggerRule, WeightRule, Wire,
};
use crate::dag::template::Template;
use crate::ids::{DagId, Digest, PoolName, PortName, TaskId, TaskIx};
use crate::limits::TaskLimits;

/// A task. Upstreams are places of earlier tasks.
#[derive(Debug, Clone)]
pub(super) struct TaskSpec {
    pub(super) id: String,
    pub(super) rule: TriggerRule,
    /// Order without data.
    pub(super) after: Vec<usize>,
    /// Wired to the port `out` of these, as `in<place>`; it cannot do without.
    pub(super) required: Vec<usize>,
    /// The same as `opt<place>`; it can do without.
    pub(super) optional: Vec<usize>,
    /// Wired to the value of these, as `val<place>`.
    pub(super) values: Vec<usize>,
    /// Its params name `values.<id>.x` of these.
    pub(super) templates: Vec<usize>,
    pub(super) may_branch: bool,
    pub(super) labels: BTreeMap<String, Vec<usize>>,
    pub(super) retries: u32,
    pub(super) memory_bytes: u64,
    /// What it declares; 0: nothing.
    pub(super) scratch_bytes: u64,
    pub(super) priority: i32,
    pub(super) pool: String,
    pub(super) pool_slots: u32,
    pub(super) max_per_dag: Option<u32>,
    pub(super) max_per_run: Option<u32>,
    pub(super) past: PastRule,
}

/// A DAG.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) dag_id: String,
    pub(super) tasks: Vec<TaskSpec>,
    pub(super) max_active_tasks: u32,
    pub(super) dagrun_timeout: Option<Duration>,
}

pub(super) const RETRY_DELAY: Duration = Duration::from_secs(10);
pub(super) const RESCHEDULE_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 3600);

impl TaskSpec {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            rule: TriggerRule::AllSuccess,
            after: Vec::new(),
            required: Vec::new(),
            optional: Vec::new(),
            values: Vec::new(),
            templates: Vec::new(),
            may_branch: false,
            labels: BTreeMap::new(),
            retries: 0,
            memory_bytes: 1,
            scratch_bytes: 0,
            priority: 0,
            pool: "default_pool".to_owned(),
            pool_slots: 1,
            max_per_dag: None,
            max_per_run: None,
            past: PastRule::Ignored,
        }
    }

    /// All direct upstreams.
    pub(super) fn upstream(&self) -> BTreeSet<usize> {
        [&self.after, &self.required, &self.optional, &self.values, &self.templates]
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    fn wires(&self) -> BTreeMap<PortName, Wire> {
        let name = |kind: &str, up: &usize| PortName::new(&format!("{kind}{up}")).unwrap();
        let port = |up: &usize, required| Wire::Port { task: ix(*up), port: PortName::new("out").unwrap(), required };
        let required = self.required.iter().map(|up| (name("in", up), port(up, true)));
        let optional = self.optional.iter().map(|up| (name("opt", up), port(up, false)));
        let values = self.values.iter().map(|up| (name("val", up), Wire::Value { task: ix(*up) }));
        required.chain(optional).chain(values).collect()
    }
}

pub(super) fn ix(place: usize) -> TaskIx {
    TaskIx(u32::try_from(place).unwrap())
}

impl Spec {
    pub(super) fn new(tasks: Vec<TaskSpec>) -> Self {
        Self { dag_id: "dag".to_owned(), tasks, max_active_tasks: 100, dagrun_timeout: None }
    }

    pub(super) fn downstream(&self, place: usize) -> Vec<usize> {
        (0..self.tasks.len()).filter(|below| self.tasks[*below].upstream().contains(&place)).collect()
    }

    /// `from` and all that comes after it.
    pub(super) fn with_descendants(&self, from: &[usize]) -> Vec<usize> {
        let mut found: BTreeSet<usize> = from.iter().copied().collect();
        for place in 0..self.tasks.len() {
            if self.tasks[place].upstream().iter().any(|up| found.contains(up)) {
                found.insert(place);
            }
        }
        found.into_iter().collect()
    }

    /// The real thing.
    pub(super) fn dag(&self, id: &str) -> Arc<Dag> {
        let settings = DagSettings {
            max_active_tasks: self.max_active_tasks,
            dagrun_timeout: self.dagrun_timeout,
            ..DagSettings::default()
        };
        Arc::new(Dag {
            id: DagId::new(id).unwrap(),
            version: Digest::of(id.as_bytes()),
            settings,
            params: Vec::new(),
            tasks: self.tasks.iter().map(|task| self.task(task)).collect(),
            edges: self.edges(),
            callbacks: Callbacks::default(),
        })
    }

    fn edges(&self) -> Edges {
        let all = 0..self.tasks.len();
        Edges {
            upstream: self.tasks.iter().map(|task| task.upstream().into_iter().map(ix).collect::<Vec<_>>()).collect(),
            downstream: all
                .clone()
                .map(|place| self.downstream(place).into_iter().map(ix).collect::<Vec<_>>())
                .collect(),
            order: all.map(ix).collect(),
        }
    }

    fn task(&self, spec: &TaskSpec) -> Task {
        Task {
            id: TaskId::new(&spec.id).unwrap(),
            terms: Arc::new(Self::terms(spec)),
            description: None,
            params: Arc::new(self.params(spec)),
            inputs: spec.wires().into_iter().collect(),
            template_values: spec.templates.iter().map(|up| ix(*up)).collect(),
            effective_weight: spec.priority,
        }
    }

    fn terms(spec: &TaskSpec) -> TaskTerms {
        TaskTerms {
            plugin_name: spec.id.clone(),
            plugin: plugin(spec.may_branch),
            owner: None,
            trigger_rule: spec.rule,
            retry: RetryPolicy {
                retries: spec.retries,
                delay: RETRY_DELAY,
                exponential_backoff: true,
                max_delay: Duration::from_secs(3600),
            },
            reschedule_timeout: RESCHEDULE_TIMEOUT,
            limits: TaskLimits {
                memory_bytes: spec.memory_bytes,
                scratch_bytes: spec.scratch_bytes,
                scratch_declared: spec.scratch_bytes > 0,
                ..TaskLimits::default()
            },
            deterministic: true,
            grants: Default::default(),
            priority_weight: spec.priority,
            weight_rule: WeightRule::Absolute,
            pool: PoolName::new(&spec.pool).unwrap(),
            pool_slots: spec.pool_slots,
            max_active_tis_per_dag: spec.max_per_dag,
            max_active_tis_per_dagrun: spec.max_per_run,
            past: spec.past,
            seed: None,
            branches: spec
                .labels
                .iter()
                .map(|(label, tasks)| (label.clone(), tasks.iter().map(|task| ix(*task)).collect()))
                .collect(),
        }
    }

    fn params(&self, spec: &TaskSpec) -> Template {
        let holes: serde_json::Map<_, _> = spec
            .templates
            .iter()
            .map(|up| (format!("p{up}"), json!(format!("{{{{ values.{}.x }}}}", self.tasks[*up].id))))
            .collect();
        Template::parse(&holes.into()).unwrap()
    }
}

fn plugin(may_branch: bool) -> ResolvedPlugin {
    let out =
        Port { name: "out".into(), description: String::new(), media_type: None, cardinality: Cardinality::Optional };
    let descriptor = Descriptor {
        name: "test".into(),
        version: semver::Version::new(0, 1, 0),
        summary: String::new(),
        params_schema: json!({}),
        result_schema: None,
        inputs: Vec::new(),
        outputs: vec![out],
        may_branch,
        requests: Vec::new(),
    };
    ResolvedPlugin {
        digest: Digest::of(&[u8::from(may_branch)]),
        descriptor: Arc::new(descriptor),
        granted_imports: [].into(),
    }
}
