//! What one try is given and where it writes: all that its result may depend on.

use crate::bindings::dagwood::task::types;
use crate::{Failure, Input, Many, One, Optional, Output};
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// What one try is given, beside its params, and where it writes.
///
/// Ids, dates and the try's number are not in here, since a result should not depend on them: see
/// [`context`](mod@crate::context).
#[derive(Debug)]
pub struct Invocation {
    inputs: Vec<Artifact>,
    values: Vec<types::NamedValue>,
    seed: u64,
    resume: Option<String>,
    extra: Vec<(String, String)>,
    folders: Folders,
}

/// Where a try may write.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub(crate) out: PathBuf,
    pub(crate) tmp: PathBuf,
}

impl Folders {
    /// The fixed folders of the sandbox.
    pub(crate) fn of_the_sandbox() -> Self {
        Self { out: PathBuf::from("/out"), tmp: PathBuf::from("/tmp") }
    }
}

impl Invocation {
    /// Takes all but the params.
    pub(crate) fn new(raw: types::Invocation, folders: Folders) -> Self {
        let inputs = raw.inputs.into_iter().map(Artifact::new).collect();
        Self { inputs, values: raw.values, seed: raw.seed, resume: raw.resume, extra: raw.extra, folders }
    }

    /// The file or folder at an input that must be there.
    ///
    /// # Errors
    /// A permanent failure `missing-input` if it is not there, which a host lets happen only for a port that
    /// [`Task::plugin`](crate::Task::plugin) does not declare.
    pub fn input(&self, port: Input<One>) -> Result<&Artifact, Failure> {
        self.find(port.name()).ok_or_else(|| {
            let name = port.name();
            Failure::permanent(
                "missing-input",
                format!("nothing came at the input `{name}`; is it declared in `plugin`?"),
            )
        })
    }

    /// The file or folder at an input that may be absent.
    pub fn optional_input(&self, port: Input<Optional>) -> Option<&Artifact> {
        self.find(port.name())
    }

    /// What all instances of a mapped task published, in the order of their indices.
    pub fn inputs(&self, port: Input<Many>) -> Vec<&Artifact> {
        self.inputs.iter().filter(|artifact| artifact.port == port.name()).collect()
    }

    fn find(&self, port: &str) -> Option<&Artifact> {
        self.inputs.iter().find(|artifact| artifact.port == port)
    }

    /// Where to write an output: make a file or a folder of exactly this path. It does not exist yet.
    pub fn output<C>(&self, port: Output<C>) -> PathBuf {
        self.folders.out.join(port.name())
    }

    /// An empty folder for whatever else the try has to write. Gone when it ends.
    pub fn scratch(&self) -> &Path {
        &self.folders.tmp
    }

    /// The result of the upstream task that is wired to `name`, if there is one.
    ///
    /// # Errors
    /// A permanent failure `bad-value` if it does not fit `T`.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        self.named(name).next().map(|found| parse(found)).transpose()
    }

    /// The results of all instances of the mapped task that is wired to `name`, in the order of their indices.
    ///
    /// # Errors
    /// A permanent failure `bad-value` if one does not fit `T`.
    pub fn values<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, Failure> {
        self.named(name).map(parse).collect()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &types::NamedValue> {
        self.values.iter().filter(move |value| value.name == name)
    }

    /// For every random choice. The same for all runs and tries of a task, unless the DAG says otherwise.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What the last [`Outcome::Again`](crate::Outcome::Again) of this try left; `None` the first time.
    ///
    /// # Errors
    /// A permanent failure `bad-state` if it does not fit `S`.
    pub fn resume<S: DeserializeOwned>(&self) -> Result<Option<S>, Failure> {
        self.resume.as_deref().map(serde_json::from_str).transpose().map_err(|error| {
            Failure::permanent("bad-state", format!("the state of the last time does not fit: {error}"))
        })
    }

    /// What a newer host hands over beyond this contract: JSON by name.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(known, _)| known == name).map(|(_, json)| json.as_str())
    }
}

fn parse<T: DeserializeOwned>(value: &types::NamedValue) -> Result<T, Failure> {
    serde_json::from_str(&value.value).map_err(|error| {
        let message = format!("the upstream value `{}` is not what this task expects: {error}", value.name);
        Failure::permanent("bad-value", message)
    })
}

/// A file or folder that another task published, or an outside file. Read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The input port it is wired to.
    pub port: String,
    /// Its place among the map indices of the task that published it; empty if that was not mapped.
    pub index: Vec<u32>,
    /// Where it lies.
    pub path: PathBuf,
    /// What its publisher says it is, such as `text/csv`.
    pub media_type: Option<String>,
    /// Content digest: `blake3:` and 64 hex digits.
    pub digest: String,
    /// Its size in bytes; of a folder, that of all its files.
    pub size_bytes: u64,
}

impl Artifact {
    fn new(raw: types::Artifact) -> Self {
        Self {
            port: raw.port,
            index: raw.index,
            path: PathBuf::from(raw.path),
            media_type: raw.media_type,
            digest: raw.digest,
            size_bytes: raw.size_bytes,
        }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// A permanent failure `unreadable-input` that names the port.
    pub fn open(&self) -> Result<fs::File, Failure> {
        fs::File::open(&self.path).map_err(|error| self.unreadable(&error))
    }

    /// All bytes of the file.
    ///
    /// # Errors
    /// A permanent failure `unreadable-input` that names the port.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        fs::read(&self.path).map_err(|error| self.unreadable(&error))
    }

    /// The file as UTF-8 text.
    ///
    /// # Errors
    /// A permanent failure `unreadable-input` that names the port, also if it is not UTF-8.
    pub fn read_to_string(&self) -> Result<String, Failure> {
        fs::read_to_string(&self.path).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        Failure::permanent("unreadable-input", format!("cannot read the input `{}`: {error}", self.port))
    }
}

impl AsRef<Path> for Artifact {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
