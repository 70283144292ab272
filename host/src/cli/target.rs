//! Which DAG, run, output or plugin is meant by an argument.
//!
//! A DAG is an id or a file's path; a plugin is a reference, a component's file or a crate's folder. A path is what
//! holds a `/`, or ends as such files do; so `train` is a plugin's name and `train/` a folder.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::ids::{DagId, PortName, RunId, TaskId};
use crate::limits::DAG_FILE_MAX_BYTES;
use crate::registry::PluginRef;
use crate::registry::versions::near_names;
use crate::store::{DagRecord, InstanceRecord, RunFilter, RunRecord, Store};
use crate::text::shell_word;

/// The word for the newest run.
pub const LATEST: &str = "latest";

/// A DAG as named by an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DagArg {
    /// By its file.
    File(PathBuf),
    /// By its id.
    Id(DagId),
}

impl DagArg {
    /// Tells a path from an id. A file that is there is meant before an id of the same name.
    pub fn read(text: &str) -> Result<Self, CliError> {
        let path = Path::new(text);
        if path.is_file() || looks_like_path(text) || text.ends_with(".toml") {
            return Ok(Self::File(path.to_path_buf()));
        }
        match DagId::new(text) {
            Ok(id) => Ok(Self::Id(id)),
            Err(error) => {
                Err(CliError::from(error).doing(format!("`{text}` is neither a file that exists nor a DAG's id")))
            }
        }
    }

    /// The file of the DAG: the path that was given, or the one that the id is known by.
    pub fn file(self, store: &dyn Store) -> Result<PathBuf, CliError> {
        let id = match self {
            Self::File(path) => return Ok(path),
            Self::Id(id) => id,
        };
        known_dag(store, &id)?.path.ok_or_else(|| {
            CliError::usage(format!("the DAG `{id}` is known by its runs only")).help("give the path of its file")
        })
    }

    /// The id of the DAG: as given, or as it stands in the file, which need not be right otherwise.
    pub fn id(self, store: &dyn Store) -> Result<DagId, CliError> {
        match self {
            Self::File(path) => id_in_file(&path),
            Self::Id(id) => known_dag(store, &id).map(|dag| dag.dag_id),
        }
    }
}

fn looks_like_path(text: &str) -> bool {
    text.contains('/') || text == "." || text == ".."
}

/// A DAG that was run or served.
fn known_dag(store: &dyn Store, id: &DagId) -> Result<DagRecord, CliError> {
    let dags = store.dags()?;
    if let Some(found) = dags.iter().find(|dag| dag.dag_id == *id) {
        return Ok(found.clone());
    }
    let near = near_names(dags.iter().map(|dag| dag.dag_id.as_str()), id.as_str());
    let help = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None if Path::new(id.as_str()).is_dir() => format!("`{id}` is a folder: give the DAG file in it"),
        None => "`dagwood dag list` shows those that are known; a file is given by its path".to_owned(),
    };
    Err(CliError::usage(format!("no DAG `{id}` was run or served in this home folder")).help(help))
}

/// The id that a DAG file gives, whatever else is wrong with the file.
fn id_in_file(path: &Path) -> Result<DagId, CliError> {
    let check = format!("`dagwood dag check {}` says what is wrong with it", shell_word(&path.display().to_string()));
    let unreadable = |error| CliError::unreadable(path, error);
    let mut text = String::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(DAG_FILE_MAX_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    let no_id = || CliError::usage(format!("{} has no DAG's id", path.display())).help(check.clone());
    let table: toml::Table = text.parse().map_err(|_| no_id())?;
    let id = table.get("id").and_then(toml::Value::as_str).ok_or_else(no_id)?;
    DagId::new(id).map_err(|_| no_id())
}

/// A run of a DAG: by its id, or the newest.
pub fn run_of_dag(store: &dyn Store, dag: &DagId, run: &str) -> Result<RunRecord, CliError> {
    let found = if run == LATEST { newest(store, Some(dag.clone()))? } else { store.find_run(dag, &run_id(run)?)? };
    found.ok_or_else(|| {
        CliError::usage(match run {
            LATEST => format!("the DAG `{dag}` has no run yet"),
            run => format!("the DAG `{dag}` has no run `{run}`"),
        })
        .help(format!("`dagwood runs list {dag}` shows its runs"))
    })
}

/// A run as `DAG/RUN`, or as `RUN` where only one DAG has it. `dag` is the DAG where it was given apart.
pub fn run_anywhere(store: &dyn Store, dag: Option<&str>, run: &str) -> Result<RunRecord, CliError> {
    let (dag, run) = match (dag, run.rsplit_once('/')) {
        (Some(dag), None) => (Some(dag), run),
        (Some(_), Some(_)) => return Err(CliError::usage("the DAG is given twice: before the run's id and by --dag")),
        (None, Some((dag, run))) => (Some(dag), run),
        (None, None) => (None, run),
    };
    match dag {
        Some(dag) => run_of_dag(store, &DagArg::read(dag)?.id(store)?, run),
        None => run_of_any_dag(store, run),
    }
}

fn run_of_any_dag(store: &dyn Store, run: &str) -> Result<RunRecord, CliError> {
    if run == LATEST {
        let none = || CliError::usage("this home folder has no run yet").help("`dagwood run FILE` makes one");
        return newest(store, None)?.ok_or_else(none);
    }
    let run_id = run_id(run)?;
    let mut found = Vec::new();
    for dag in store.dags()? {
        found.extend(store.find_run(&dag.dag_id, &run_id)?);
    }
    match found.as_slice() {
        [] => Err(CliError::usage(format!("no DAG has a run `{run}`")).help("`dagwood runs list` shows all runs")),
        [only] => Ok(only.clone()),
        several => {
            let names: Vec<_> = several.iter().map(|run| format!("{}/{}", run.dag_id, run.run_id)).collect();
            Err(CliError::usage(format!("several DAGs have a run `{run}`"))
                .help(format!("say which: {}", names.join(", "))))
        }
    }
}

fn run_id(text: &str) -> Result<RunId, CliError> {
    RunId::new(text).map_err(|error| CliError::from(error).doing(format!("`{text}` is no run's id")))
}

fn newest(store: &dyn Store, dag_id: Option<DagId>) -> Result<Option<RunRecord>, CliError> {
    let (runs, _) = store.runs(&RunFilter { dag_id, limit: Some(1), ..RunFilter::default() })?;
    Ok(runs.into_iter().next())
}

/// An instance of a run by its task's id.
pub fn instance(store: &dyn Store, run: &RunRecord, task: &str) -> Result<InstanceRecord, CliError> {
    let instances = store.instances(run.key)?;
    if let Some(found) = instances.iter().find(|instance| instance.task_id.as_str() == task) {
        return Ok(found.clone());
    }
    let near = near_names(instances.iter().map(|instance| instance.task_id.as_str()), task);
    let help = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`dagwood runs show {} {}` shows its tasks", run.dag_id, run.run_id),
    };
    Err(CliError::usage(format!("the run has no task `{task}`")).help(help))
}

/// `TASK.PORT`. A task's id has no `.`, a port's name may have some.
pub fn task_and_port(text: &str) -> Result<(TaskId, PortName), CliError> {
    let wrong = || CliError::usage(format!("`{text}` is not TASK.PORT, such as `train_model.model`"));
    let (task, port) = text.split_once('.').ok_or_else(wrong)?;
    Ok((TaskId::new(task).map_err(|_| wrong())?, PortName::new(port).map_err(|_| wrong())?))
}

/// A plugin as named by an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginArg {
    /// A registered one, or a kept component.
    Reference(PluginRef),
    /// A component's file.
    File(PathBuf),
    /// A crate's folder.
    Crate(PathBuf),
}

impl PluginArg {
    /// Tells a path from a reference.
    pub fn read(text: &str) -> Result<Self, CliError> {
        let path = PathBuf::from(text);
        if text.ends_with(".wasm") || (looks_like_path(text) && path.is_file()) {
            return Ok(if path.file_name().is_some_and(|name| name == "Cargo.toml") {
                Self::Crate(path)
            } else {
                Self::File(path)
            });
        }
        if looks_like_path(text) {
            return Ok(Self::Crate(path));
        }
        Ok(Self::Reference(text.parse()?))
    }

    /// A hint where a name was given and a folder of that name is there.
    pub fn folder_of_that_name(text: &str) -> Option<String> {
        let is_crate = !looks_like_path(text) && Path::new(text).join("Cargo.toml").is_file();
        is_crate.then(|| format!("for the crate in the folder `{text}`, write `{text}/`"))
    }
}
