//! Three million flights: what the sandbox costs `preprocess` and `train`, and the whole pipeline beside scikit-learn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::figure::Figure;
use crate::kit::{Home, Kit, root};
use crate::measure::Measured;

/// The DAG of the example, whose plugins are taken as registered.
const DAG: &str = "examples/flights/three_million.toml";
const DATA: &str = "examples/flights/data/flights-3m.parquet";
/// What is measured, each with its plugin.
const TASKS: [(&str, &str); 3] = [("prepare", "preprocess"), ("train_logistic", "train"), ("train_trees", "train")];

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    if !root().join(DATA).exists() {
        eprintln!("SKIPPED: there is no {DATA}; `examples/flights/three_million.sh` fetches it");
        return Ok(Vec::new());
    }
    let mut figures = compute(kit)?;
    figures.extend(pipeline(kit)?);
    Ok(figures)
}

/// A home with the three plugins, and the DAG beside its data.
fn home(kit: &Kit, head: &str) -> Result<(Home, PathBuf)> {
    let home = kit.home(&["preprocess", "train", "evaluate"])?;
    let text = std::fs::read_to_string(root().join(DAG))?;
    let registered = text.lines().filter(|line| !line.contains("path = \"../../plugins/"));
    let text: String = registered.map(|line| format!("{line}\n")).collect();
    let folder = home.folder.path().join("flights");
    std::fs::create_dir_all(folder.join("data"))?;
    std::fs::copy(root().join(DATA), folder.join("data/flights-3m.parquet"))?;
    let file = folder.join("dag.toml");
    std::fs::write(&file, format!("{head}\n{text}"))?;
    Ok((home, file))
}

/// One task after the other, each beside the same source as a native program.
fn compute(kit: &Kit) -> Result<Vec<Figure>> {
    let (home, file) = home(kit, "max_active_tasks = 1")?;
    let (portable, tuned) = (native(None)?, native(Some("-C target-cpu=native"))?);
    let params: Value = toml::from_str(&std::fs::read_to_string(&file)?)?;
    let (mut ours, mut plain, mut native) = (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..kit.rounds {
        let run = kit.runtime.block_on(async { home.run(&home.load(&file).await?).await })?.1;
        let mut table = None;
        for instance in home.host.store.instances(run.key)? {
            let took = instance.end_date.zip(instance.start_date).context("a task without dates")?;
            ours.push(instance.task_id.as_str(), took.0.duration_since(took.1).as_secs_f64());
            let train = instance.outputs.iter().find(|output| output.port == "train");
            table = table.or(train.map(|output| home.host.artifacts.locate(&output.artifact)).transpose()?);
        }
        let table = table.context("no table to train on")?;
        for (task, plugin) in TASKS {
            let input = if plugin == "train" { table.clone() } else { file.with_file_name("data/flights-3m.parquet") };
            let given = params["tasks"][task]["params"].to_string();
            plain.push(task, seconds(&portable, plugin, &input, &given)?);
            native.push(task, seconds(&tuned, plugin, &input, &given)?);
        }
    }
    let figure = |task: &str| {
        let tuned = native.of(task);
        Figure::new(format!("`{task}` on 3,000,000 flights, the whole try"), "s", ours.of(task))
            .beside("the same source, native", &plain.of(task))
            .at_most_times(1.5)
            .note(format!("with target-cpu=native: {:.2} s ({:.2}–{:.2})", tuned.median, tuned.low, tuned.high))
    };
    Ok(TASKS.iter().map(|(task, _)| figure(task)).collect())
}

/// Seconds of several rounds, by task.
#[derive(Default)]
struct Rounds(BTreeMap<String, Vec<f64>>);

impl Rounds {
    fn push(&mut self, task: &str, seconds: f64) {
        self.0.entry(task.to_owned()).or_default().push(seconds);
    }

    fn of(&self, task: &str) -> Measured {
        Measured::of(self.0.get(task).into_iter().flatten().copied())
    }
}

/// Builds the native program.
fn native(flags: Option<&str>) -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(if flags.is_some() { "native-cpu" } else { "native" });
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--package", "train", "--example", "native", "--target-dir"]);
    build.arg(&target).env_remove("CARGO").envs(flags.map(|flags| ("RUSTFLAGS", flags)));
    ensure!(build.current_dir(root()).status()?.success(), "the native program cannot be built");
    Ok(target.join("release/examples/native"))
}

fn seconds(program: &Path, plugin: &str, input: &Path, params: &str) -> Result<f64> {
    let ran = Command::new(program).arg(plugin).arg(input).arg(params).output()?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?.trim().parse()?)
}

/// The whole DAG, beside a script of scikit-learn and pandas.
fn pipeline(kit: &Kit) -> Result<Vec<Figure>> {
    let script = root().join("examples/flights/scikit_learn.py");
    let (home, file) = home(kit, "")?;
    let data = file.with_file_name("data").join("flights-3m.parquet");
    let (mut ours, mut theirs, mut aucs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..kit.rounds.min(3) {
        let ran = Command::new("python3").arg(&script).arg(&data).arg("--json").output();
        let ran = ran.ok().filter(|ran| ran.status.success());
        let Some(said) = ran.and_then(|ran| serde_json::from_slice::<Value>(&ran.stdout).ok()) else {
            eprintln!("SKIPPED: scikit-learn is not there; `pip install scikit-learn pandas pyarrow` makes it so");
            return Ok(Vec::new());
        };
        theirs.push(said["seconds"].as_f64().context("no seconds")?);
        let (took, run) = kit.runtime.block_on(async { home.run(&home.load(&file).await?).await })?;
        ours.push(took.as_secs_f64());
        for instance in home.host.store.instances(run.key)? {
            let model = match instance.task_id.as_str() {
                "evaluate_logistic" => "logistic_regression",
                "compare" => "gradient_boosted_trees",
                _ => continue,
            };
            let auc = instance.value.as_ref().and_then(|value| value["roc_auc"].as_f64()).context("no AUC")?;
            aucs.push((model, auc, said["roc_auc"][model].as_f64().context("no AUC of theirs")?));
        }
    }
    let theirs = Measured::of(theirs);
    let whole = Figure::new("the whole pipeline on 3,000,000 flights, both models", "s", Measured::of(ours));
    let faster = whole.beside("scikit-learn and pandas", &theirs).at_most_times(1.0);
    let auc = |model: &'static str| {
        let of =
            |ours: bool| aucs.iter().filter(move |auc| auc.0 == model).map(move |auc| if ours { auc.1 } else { auc.2 });
        let (ours, theirs) = (Measured::of(of(true)), Measured::of(of(false)));
        let reached = ours.median >= theirs.median - 0.005;
        Figure::new(format!("its AUC, {}", model.replace('_', " ")), "", ours)
            .beside("scikit-learn", &theirs)
            .goal("≥ theirs − 0.005", reached)
    };
    Ok(vec![faster, auc("logistic_regression"), auc("gradient_boosted_trees")])
}
