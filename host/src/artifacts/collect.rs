//! From `/out` of a try to its published outputs.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use crate::artifacts::beneath::Beneath;
use crate::artifacts::copy::hash_folder;
use crate::artifacts::digest::hash_reader;
use crate::artifacts::error::StoreError;
use crate::artifacts::store::ArtifactStore;
use crate::artifacts::survey::{ManyNames, Node, Refusal, SurveyError, admit_at, survey};
use crate::contract::{ArtifactKind, ArtifactRef, Cardinality, Output, Port};

/// How the content of `/out` broke the contract.
#[derive(Debug, thiserror::Error)]
pub enum Breach {
    /// Something that no port declares.
    #[error("it wrote {} to /out, which is no output port of it{}", quoted(names), declares(declared))]
    Undeclared {
        /// What it wrote.
        names: Vec<String>,
        /// The ports that it has.
        declared: Vec<String>,
    },
    /// A port of cardinality `one` with nothing there.
    #[error("it did not write {}, which it declares as an output", quoted_out(ports))]
    Missing {
        /// The ports.
        ports: Vec<String>,
    },
    /// Something that is neither file nor folder.
    #[error("its output `{port}` cannot be published")]
    Refused {
        /// The port.
        port: String,
        /// What is there.
        #[source]
        refusal: Refusal,
    },
}

impl Breach {
    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Undeclared { .. } => "undeclared-output",
            Self::Missing { .. } => "missing-output",
            Self::Refused { .. } => "refused-output",
        }
    }
}

/// Why outputs were not collected; nothing is published then.
#[derive(Debug, thiserror::Error)]
pub enum CollectProblem {
    /// The task's fault.
    #[error(transparent)]
    Broken(#[from] Breach),
    /// The host's.
    #[error(transparent)]
    Host(#[from] StoreError),
}

/// Names shown in one message; a guest may have written 100,000.
const NAMES_SHOWN: usize = 5;

fn quoted(names: &[String]) -> String {
    listed(names, |name| format!("`{name}`"))
}

fn quoted_out(names: &[String]) -> String {
    listed(names, |name| format!("`/out/{name}`"))
}

fn listed(names: &[String], show: impl Fn(&String) -> String) -> String {
    let shown: Vec<_> = names.iter().take(NAMES_SHOWN).map(show).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn declares(declared: &[String]) -> String {
    if declared.is_empty() { " (it has none)".into() } else { format!(" (it has {})", quoted(declared)) }
}

/// One port's content, looked at and hashed.
struct Found<'a> {
    port: &'a Port,
    artifact: ArtifactRef,
    nodes: Vec<Node>,
}

impl ArtifactStore {
    /// Publishes what lies in `out`, a try's `/out`, in the order of `ports`.
    ///
    /// Everything is looked at and hashed first; only if all of it is as declared is it moved into the store. Nobody
    /// may write to `out` any more. A port of cardinality `one` must be there; `optional` and `many` may be.
    ///
    /// Errors: [`CollectProblem::Broken`] leaves `out` as it was; [`CollectProblem::Host`] may have published some.
    pub fn collect(&self, out: &Path, ports: &[Port]) -> Result<Vec<Output>, CollectProblem> {
        let names = names_in(out)?;
        check_names(&names, ports)?;
        let mut root = Beneath::open(out).map_err(|error| StoreError::new("read", out, error))?;
        let mut all = Vec::new();
        for port in ports.iter().filter(|port| names.contains(&port.name)) {
            all.push(look(&mut root, out, port)?);
        }
        for found in &all {
            self.publish(&out.join(&found.port.name), &found.artifact, &found.nodes)?;
        }
        let output = |found: Found<'_>| Output {
            port: found.port.name.clone(),
            artifact: found.artifact,
            media_type: found.port.media_type.clone(),
        };
        Ok(all.into_iter().map(output).collect())
    }
}

/// The names in `out`, sorted; one that is not UTF-8 can be no port's, so it may be shown lossily.
fn names_in(out: &Path) -> Result<Vec<String>, StoreError> {
    let list = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(out)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    };
    list().map_err(|error| StoreError::new("list", out, error))
}

fn check_names(names: &[String], ports: &[Port]) -> Result<(), Breach> {
    let declared = |name: &&String| ports.iter().any(|port| port.name == **name);
    let undeclared: Vec<_> = names.iter().filter(|name| !declared(name)).cloned().collect();
    if !undeclared.is_empty() {
        let declared = ports.iter().map(|port| port.name.clone()).collect();
        return Err(Breach::Undeclared { names: undeclared, declared });
    }
    let required = ports.iter().filter(|port| port.cardinality == Cardinality::One);
    let missing: Vec<_> = required.filter(|port| !names.contains(&port.name)).map(|port| port.name.clone()).collect();
    if missing.is_empty() { Ok(()) } else { Err(Breach::Missing { ports: missing }) }
}

fn look<'a>(root: &mut Beneath, out: &Path, port: &'a Port) -> Result<Found<'a>, CollectProblem> {
    let name = port.name.as_str();
    let failed = |error| match error {
        SurveyError::Refused(refusal) => Breach::Refused { port: name.to_owned(), refusal }.into(),
        SurveyError::Io(rel, error) => CollectProblem::Host(StoreError::new("read", out.join(rel), error)),
    };
    let is_folder = admit_at(root, name, ManyNames::Refused).map_err(failed)?;
    let within = |(rel, error): (String, io::Error)| failed(SurveyError::Io(format!("{name}/{rel}"), error));
    let (kind, nodes, (digest, size_bytes)) = if is_folder {
        let mut folder = open_folder(root, name).map_err(failed)?;
        let nodes = survey(&mut folder, ManyNames::Refused).map_err(failed)?;
        let hashed = hash_folder(&mut folder, &nodes).map_err(within)?;
        (ArtifactKind::Folder, nodes, hashed)
    } else {
        let hashed = root.file(name).and_then(hash_reader);
        let hashed = hashed.map_err(|error| failed(SurveyError::Io(name.to_owned(), error)))?;
        (ArtifactKind::File, Vec::new(), hashed)
    };
    Ok(Found { port, artifact: ArtifactRef { digest, kind, size_bytes }, nodes })
}

fn open_folder(root: &mut Beneath, name: &str) -> Result<Beneath, SurveyError> {
    let open = root.folder(name).and_then(|folder| folder.try_clone_to_owned());
    let open: OwnedFd = open.map_err(|error| SurveyError::Io(name.to_owned(), error))?;
    Ok(Beneath::of(open))
}
