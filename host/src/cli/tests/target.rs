use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::error::{CliError, Exit};
use crate::cli::target::{DagArg, LATEST, PluginArg, instance, run_anywhere, run_of_dag, task_and_port};
use crate::dag::model::RunInputs;
use crate::ids::{DagId, Digest, RunId, TaskId};
use crate::lifecycle::launch::RunDates;
use crate::registry::PluginRef;
use crate::store::sqlite::SqliteStore;
use crate::store::{DagVersion, NewInstance, NewRun, ProcessKind, RunType, Seen, Store};

type Tested = Result<(), Box<dyn std::error::Error>>;

struct Bench {
    folder: tempfile::TempDir,
    store: SqliteStore,
}

impl Bench {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(&folder.path().join("db"))?;
        Ok(Self { folder, store })
    }

    /// Makes a run with one task, `train`.
    fn run(&self, dag: &str, run: &str, path: Option<&Path>, now: Timestamp) -> Tested {
        let (dag_id, digest) = (DagId::new(dag)?, Digest::of(dag.as_bytes()));
        let version = DagVersion {
            digest,
            dag_id: dag_id.clone(),
            source: "".into(),
            folder: PathBuf::from("/"),
            plugins: BTreeMap::new(),
        };
        let seen = path.map_or(Seen::Nowhere, |path| Seen::Served(path.to_path_buf()));
        self.store.keep_dag_version(&version, seen, now)?;
        let owner = self.store.enter_process(ProcessKind::Run, 1, now)?;
        let task = NewInstance {
            task_id: TaskId::new("train")?,
            max_tries: 1,
            component: Digest::of(b"train"),
            plugin: "train@0.1.0".into(),
        };
        self.store.create_run(&NewRun {
            dag_id,
            run_id: RunId::new(run)?,
            run_type: RunType::Manual,
            version: digest,
            owner,
            dates: RunDates { logical_date: None, data_interval: None, run_after: now },
            inputs: RunInputs::default(),
            tasks: vec![task],
            now,
        })?;
        Ok(())
    }

    fn two_dags() -> Result<Self, Box<dyn std::error::Error>> {
        let bench = Self::new()?;
        let at = |second: i64| Timestamp::from_second(1_767_225_600 + second);
        bench.run("a", "manual__1", None, at(0)?)?;
        bench.run("a", "manual__2", None, at(1)?)?;
        bench.run("b", "manual__2", Some(Path::new("/srv/b.toml")), at(2)?)?;
        Ok(bench)
    }
}

fn words(error: CliError) -> (Exit, String) {
    (error.exit(), error.to_string())
}

fn dag(text: &str) -> Result<DagId, crate::ids::BadId> {
    DagId::new(text)
}

#[test]
fn a_path_is_told_from_an_id() -> Tested {
    let file = |path: &str| Ok::<_, CliError>(DagArg::File(path.into()));
    for path in ["dag.toml", "./dag", "dags/x", "..", "examples/"] {
        assert_eq!(DagArg::read(path).ok(), file(path).ok(), "{path}");
    }
    assert_eq!(DagArg::read("ml_pipeline").ok(), Some(DagArg::Id(dag("ml_pipeline")?)));
    assert_eq!(DagArg::read("not an id").map_err(|error| error.exit()), Err(Exit::Usage));
    Ok(())
}

#[test]
fn the_id_of_a_file_is_read_though_the_rest_is_wrong() -> Tested {
    let bench = Bench::new()?;
    let path = bench.folder.path().join("dag.toml");
    fs::write(&path, "id = 'mine'\nnonsense = 1\n")?;
    assert_eq!(DagArg::File(path.clone()).id(&bench.store).ok(), Some(dag("mine")?));
    for wrong in ["id = 7", "id = 'a b'", "name = 'x'", "id = ", "\u{0}"] {
        fs::write(&path, wrong)?;
        let told = DagArg::File(path.clone()).id(&bench.store).map_err(words);
        assert!(told.is_err_and(|(exit, words)| exit == Exit::Usage && words.contains("dagwood dag check")), "{wrong}");
    }
    Ok(())
}

#[test]
fn an_id_leads_to_its_file_where_that_is_known() -> Tested {
    let bench = Bench::two_dags()?;
    assert_eq!(DagArg::Id(dag("b")?).file(&bench.store).ok(), Some("/srv/b.toml".into()));
    let told = DagArg::Id(dag("a")?).file(&bench.store).map_err(words);
    assert!(told.is_err_and(|(exit, words)| exit == Exit::Usage && words.contains("known by its runs only")));
    let told = DagArg::Id(dag("aa")?).id(&bench.store).map_err(words);
    assert!(told.is_err_and(|(exit, words)| exit == Exit::Usage && words.contains("did you mean `a`?")));
    Ok(())
}

#[test]
fn a_run_is_found_by_its_id_or_as_the_newest() -> Tested {
    let bench = Bench::two_dags()?;
    let find = |run| run_of_dag(&bench.store, &DagId::new("a").ok()?, run).ok().map(|run| run.run_id.to_string());
    assert_eq!(find("manual__1").as_deref(), Some("manual__1"));
    assert_eq!(find(LATEST).as_deref(), Some("manual__2"));
    assert_eq!((find("manual__3"), find("no id")), (None, None));
    Ok(())
}

#[test]
fn a_run_without_its_dag_must_be_the_only_one_of_that_id() -> Tested {
    let bench = Bench::two_dags()?;
    let find = |dag, run| run_anywhere(&bench.store, dag, run).map(|run| format!("{}/{}", run.dag_id, run.run_id));
    assert_eq!(find(None, "manual__1").map_err(words), Ok("a/manual__1".to_owned()));
    assert_eq!(find(None, "b/manual__2").map_err(words), Ok("b/manual__2".to_owned()));
    assert_eq!(find(Some("b"), "manual__2").map_err(words), Ok("b/manual__2".to_owned()));
    assert_eq!(find(None, "a/latest").map_err(words), Ok("a/manual__2".to_owned()));
    assert_eq!(find(None, LATEST).map_err(words), Ok("b/manual__2".to_owned()));
    let several = find(None, "manual__2").map_err(words);
    assert!(several.is_err_and(|(exit, words)| exit == Exit::Usage && words.contains("a/manual__2, b/manual__2")));
    assert!(find(Some("a"), "b/manual__2").is_err() && find(None, "manual__9").is_err());
    Ok(())
}

#[test]
fn a_task_that_the_run_has_not_is_named_with_the_one_that_was_meant() -> Tested {
    let bench = Bench::two_dags()?;
    let run = run_of_dag(&bench.store, &dag("a")?, LATEST)?;
    assert_eq!(
        instance(&bench.store, &run, "train").map(|found| found.task_id.to_string()).ok().as_deref(),
        Some("train")
    );
    let told = instance(&bench.store, &run, "trian").map_err(words);
    assert!(told.is_err_and(|(exit, words)| exit == Exit::Usage && words.contains("did you mean `train`?")));
    Ok(())
}

#[test]
fn a_task_and_a_port_are_parted_at_the_first_point() -> Tested {
    let (task, port) = task_and_port("train.model.json")?;
    assert_eq!((task.as_str(), port.as_str()), ("train", "model.json"));
    for wrong in ["train", ".model", "train.", "a b.c", "train.../x"] {
        assert!(task_and_port(wrong).is_err(), "{wrong}");
    }
    Ok(())
}

#[test]
fn a_plugin_is_a_reference_a_file_or_a_folder() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(folder.path().join("component"), "")?;
    fs::write(folder.path().join("Cargo.toml"), "")?;
    assert_eq!(PluginArg::read("train")?, PluginArg::Reference(PluginRef::Name("train".to_owned())));
    assert_eq!(PluginArg::read("train.wasm")?, PluginArg::File("train.wasm".into()));
    assert_eq!(PluginArg::read("train/")?, PluginArg::Crate("train/".into()));
    assert_eq!(PluginArg::read(".")?, PluginArg::Crate(".".into()));
    assert_eq!(PluginArg::read(&path("component"))?, PluginArg::File(path("component").into()));
    assert_eq!(PluginArg::read(&path("Cargo.toml"))?, PluginArg::Crate(path("Cargo.toml").into()));
    assert!(PluginArg::read("train@x.y").is_err());
    Ok(())
}
