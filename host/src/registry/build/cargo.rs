//! Calls of cargo: one for all crates of a workspace.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use super::environment::{Environment, Variables};
use super::messages::{Made, component_of, made};
use super::plan::{Crate, Group, group};
use super::{BuildError, BuildWatcher, TARGET, toolchain};

/// Lines of cargo that are kept for the error: what it said was shown as it came.
const TAIL_LINES: usize = 40;

/// A crate's component, where cargo put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Artifact {
    pub(super) wasm: PathBuf,
}

/// What became of crates, by folder.
#[derive(Debug, Default)]
pub(super) struct Artifacts(HashMap<PathBuf, Result<Artifact, BuildError>>);

impl Artifacts {
    pub(super) fn of(&self, the_crate: &Crate) -> Result<Artifact, BuildError> {
        let found = self.0.get(&the_crate.folder).cloned();
        found.unwrap_or_else(|| Err(no_component(the_crate, "cargo was not asked for it".to_owned())))
    }
}

/// Builds crates: those of one workspace at once, the workspaces one after the other.
pub(super) async fn build_all(crates: Vec<Crate>, variables: &Variables, watcher: &Arc<dyn BuildWatcher>) -> Artifacts {
    let mut artifacts = Artifacts::default();
    for group in group(crates).into_iter().flat_map(split_unnameable) {
        watcher.begins(&group.crates.iter().map(|the_crate| the_crate.name.clone()).collect::<Vec<_>>());
        let built = build_group(&group, variables, watcher).await;
        for the_crate in group.crates {
            let artifact = match &built {
                Ok(built) => built.artifact_of(&the_crate),
                Err(Missing::Cargo(program)) => {
                    Err(BuildError::NoCargo { path: the_crate.folder.clone(), program: program.clone() })
                }
                Err(Missing::Other(error)) => Err(error.clone()),
            };
            artifacts.0.insert(the_crate.folder, artifact);
        }
    }
    artifacts
}

enum Missing {
    Cargo(String),
    Other(BuildError),
}

struct GroupBuilt {
    made: Vec<Made>,
    ended: Ended,
}

impl GroupBuilt {
    fn artifact_of(&self, the_crate: &Crate) -> Result<Artifact, BuildError> {
        match component_of(&self.made, &the_crate.folder) {
            Ok(wasm) => Ok(Artifact { wasm }),
            Err(advice) if self.ended.status.success() => Err(no_component(the_crate, advice)),
            Err(_) => Err(BuildError::Failed {
                name: the_crate.name.clone(),
                path: the_crate.folder.clone(),
                reason: self.ended.first_error(),
                output_tail: self.ended.tail.iter().cloned().collect(),
            }),
        }
    }
}

fn no_component(the_crate: &Crate, advice: String) -> BuildError {
    BuildError::NoComponent { name: the_crate.name.clone(), path: the_crate.folder.clone(), advice }
}

async fn build_group(
    group: &Group,
    variables: &Variables,
    watcher: &Arc<dyn BuildWatcher>,
) -> Result<GroupBuilt, Missing> {
    let environment = Environment::of(&group.folder, variables);
    toolchain::ensure_target(&environment, &group.folder, watcher).await.map_err(Missing::Other)?;
    let mut cargo = command(&environment.cargo, &environment, &group.folder);
    cargo
        .args(["build", "--release", "--target", TARGET, "--message-format=json-render-diagnostics", "--keep-going"])
        .args(["--color", if watcher.colour() { "always" } else { "never" }])
        .stdout(Stdio::piped());
    for the_crate in &group.crates {
        if let Some(spec) = package_spec(the_crate) {
            cargo.args(["--package", &spec]);
        }
    }
    let mut all_made = Vec::new();
    let ended = run_watched(cargo, watcher, |line| all_made.extend(made(line))).await;
    let program = environment.cargo.to_string_lossy().into_owned();
    match ended {
        Ok(ended) => Ok(GroupBuilt { made: all_made, ended }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Missing::Cargo(program)),
        Err(source) => Err(Missing::Other(BuildError::Run { program, source: source.into() })),
    }
}

/// How cargo names a package by its folder, so that a dependency of the same name is not meant. `None` where the path
/// would have to be escaped in ways that must match cargo's own to the letter.
fn package_spec(the_crate: &Crate) -> Option<String> {
    let path = the_crate.folder.to_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._- ".contains(c);
    let escaped = path.chars().all(is_plain).then(|| path.replace(' ', "%20"))?;
    Some(format!("path+file://{escaped}#{}", the_crate.name))
}

/// A crate that cannot be named is built alone, from its own folder, where it needs no name.
fn split_unnameable(group: Group) -> Vec<Group> {
    let (named, alone): (Vec<_>, Vec<_>) = group.crates.into_iter().partition(|one| package_spec(one).is_some());
    let mut groups: Vec<Group> =
        alone.into_iter().map(|one| Group { folder: one.folder.clone(), crates: vec![one] }).collect();
    if !named.is_empty() {
        groups.push(Group { folder: group.folder, crates: named });
    }
    groups
}

/// A call in `folder` under `environment`; it ends when nobody waits for it any more.
pub(super) fn command(program: &OsStr, environment: &Environment, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().envs(&environment.variables).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// How a watched program ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    tail: VecDeque<String>,
    first_error: Option<String>,
}

impl Ended {
    fn first_error(&self) -> String {
        let error = self.first_error.clone().or_else(|| self.tail.back().cloned());
        error.unwrap_or_else(|| format!("cargo ended with {}", self.status))
    }
}

/// Runs a program, hands lines of its standard error to the watcher and lines of its standard output to `on_output`.
pub(super) async fn run_watched(
    mut command: Command,
    watcher: &Arc<dyn BuildWatcher>,
    on_output: impl FnMut(&str),
) -> io::Result<Ended> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut tail, mut first_error) = (VecDeque::new(), None);
    let on_error = |line: &str| {
        watcher.line(line);
        let plain = without_colours(line);
        if first_error.is_none() && plain.starts_with("error") {
            first_error = Some(plain.clone());
        }
        if tail.len() == TAIL_LINES {
            tail.pop_front();
        }
        tail.push_back(plain);
    };
    tokio::try_join!(each_line(stdout, on_output), each_line(stderr, on_error))?;
    Ok(Ended { status: child.wait().await?, tail, first_error })
}

async fn each_line(from: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(&str)) -> io::Result<()> {
    let Some(from) = from else { return Ok(()) };
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await? > 0 {
        take(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(())
}

/// The line without escape sequences of the form that colours have.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, after)| after))
}
