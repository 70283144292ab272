//! What the operator allows the DAGs of a home folder, and what of a DAG goes beyond it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::artifacts::supposed_path;
use crate::config::{Config, Here, Refusal};
use crate::dag::diagnostic::Diagnostic;
use crate::dag::model::{Dag, Task};
use crate::dag::path::DocPath;
use crate::dag::{Draft, Wrong};
use crate::executor::mounts;
use crate::executor::permits::{GrantRefusal, Permits};
use crate::lifecycle::launch::{HttpGrant, MountMode, SecretGrant};
use crate::limits::TaskLimits;

/// In the home folder.
const OPERATORS_FILE: &str = "config.toml";

/// The ground that DAGs stand on.
#[derive(Debug, Clone, PartialEq)]
pub struct Grounds {
    config: Arc<Config>,
    /// The home folder, its links resolved.
    home: PathBuf,
    /// Of a server, its folder of DAG files, its links resolved.
    dags: Option<PathBuf>,
}

impl Grounds {
    /// Where `config` holds, over the home folder `home`.
    pub fn new(config: Config, home: &Path) -> Self {
        let config = Arc::new(config.with_folders(real));
        Self { config, home: real(home.to_owned()), dags: None }
    }

    /// The same for a server of this folder of DAG files: input files lie in it, or where the operator says.
    #[must_use]
    pub fn serving(&self, dags: &Path) -> Self {
        Self { dags: Some(real(dags.to_owned())), ..self.clone() }
    }

    fn here(&self) -> Here<'_> {
        Here { home: &self.home, file: Path::new(OPERATORS_FILE) }
    }

    /// What the operator decided.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The DAG with what its tasks may use here: a default may be more than the operator's maximum.
    pub fn lowered(&self, dag: Dag) -> Dag {
        dag.lowered(&|limits| self.config.lower(limits))
    }

    /// Why an input file may not be taken, whether or not it is there; nothing, if it may. Blocks.
    pub fn refuses_file(&self, path: &Path) -> Option<Refusal> {
        self.refuses_real_file(&supposed_path(path))
    }

    /// As [`refuses_file`](Self::refuses_file), for a path without links.
    pub fn refuses_real_file(&self, real: &Path) -> Option<Refusal> {
        self.config.refuses_file(real, self.dags.as_deref()?, self.here())
    }

    /// What of the DAG goes beyond what the operator allows. Blocks.
    pub(super) fn beyond(&self, dag: &Dag, draft: &Draft) -> Vec<Diagnostic> {
        let own = dag.tasks.iter().map(|task| (DocPath::of(&["tasks", task.id.as_str()]), task));
        let of_run = dag.callbacks.of_the_run().map(|(kind, callback)| (DocPath::of(&[kind.as_str()]), callback));
        let of_tasks = dag.callbacks.of_tasks().filter_map(|(ix, kind, callback)| {
            Some((DocPath::of(&["tasks", dag.task(ix)?.id.as_str(), kind.as_str()]), callback))
        });
        let callbacks =
            of_run.chain(of_tasks).flat_map(|(at, dag)| dag.tasks.iter().map(move |task| (at.clone(), task)));
        let wrong = own.chain(callbacks).flat_map(|(at, task)| self.beyond_of(&at, task));
        draft.wrong(wrong.collect())
    }

    fn beyond_of(&self, at: &DocPath, task: &Task) -> Vec<Wrong> {
        let excesses = self.config.excesses(&task.terms.limits, self.here()).into_iter();
        let excesses =
            excesses.map(|excess| Wrong { at: at.key(excess.key), message: excess.message, hint: Some(excess.hint) });
        let mounts = task.terms.grants.mounts.iter().enumerate().filter_map(|(index, mount)| {
            let error = mounts::open(mount, self).err()?;
            let at = at.key("grants").key("mounts").index(index).key("host");
            Some(Wrong { at, message: error.to_string(), hint: error.hint().map(str::to_owned) })
        });
        let env = task.terms.grants.env.keys().filter_map(|name| {
            let Refusal { message, hint } = self.config.refuses_env(name, self.here())?;
            Some(Wrong { at: at.key("grants").key("env").key(name), message, hint: Some(hint) })
        });
        let http = task.terms.grants.http.iter().filter_map(|grant| {
            let Refusal { message, hint } = self.config.permits_http(grant, self.here()).err()?;
            Some(Wrong { at: at.key("grants").key("http"), message, hint: Some(hint) })
        });
        let secrets = task.terms.grants.secrets.iter().filter_map(|secret| {
            let Refusal { message, hint } = self.config.refuses_secret(secret, self.here())?;
            Some(Wrong { at: at.key("grants").key("secrets"), message, hint: Some(hint) })
        });
        excesses.chain(mounts).chain(env).chain(http).chain(secrets).collect()
    }
}

impl Permits for Grounds {
    fn lower(&self, limits: &mut TaskLimits) {
        self.config.lower(limits);
    }

    fn refuses_mount(&self, real: &Path, mode: MountMode) -> Option<GrantRefusal> {
        self.config.refuses_mount(real, mode, self.here()).map(GrantRefusal::from)
    }

    fn refuses_env(&self, name: &str) -> Option<GrantRefusal> {
        self.config.refuses_env(name, self.here()).map(GrantRefusal::from)
    }

    fn permits_http(&self, grant: &HttpGrant) -> Result<bool, GrantRefusal> {
        self.config.permits_http(grant, self.here()).map_err(GrantRefusal::from)
    }

    fn refuses_secret(&self, grant: &SecretGrant) -> Option<GrantRefusal> {
        self.config.refuses_secret(grant, self.here()).map(GrantRefusal::from)
    }
}

impl From<Refusal> for GrantRefusal {
    fn from(Refusal { message, hint }: Refusal) -> Self {
        Self { message, hint }
    }
}

/// The path without links, if it is there.
fn real(path: PathBuf) -> PathBuf {
    std::fs::canonicalize(&path).unwrap_or(path)
}
