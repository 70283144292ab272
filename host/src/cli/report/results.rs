//! `--out DIR`: a run's results as files with readable names.

use std::path::{Path, PathBuf};

use crate::artifacts::{ArtifactStore, Overwrite};
use crate::cli::context::Again;
use crate::cli::error::{Blame, CliError, Exit};
use crate::contract::ArtifactRef;
use crate::views::artifacts::file_name;
use crate::views::run::RunDocument;

/// Where a run's results are for who wants them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// In the home folder: commands get them out.
    Kept {
        /// How the program is called.
        again: Again,
    },
    /// In a folder of the user's.
    Written {
        /// The folder.
        folder: PathBuf,
        /// What lies there.
        results: Vec<WrittenResult>,
    },
}

/// A result under its readable name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenResult {
    /// Within the folder.
    pub name: String,
    /// Of a folder, that of all its files.
    pub size_bytes: u64,
}

/// Makes sure before a run that its results can be put into the folder, if one is wanted.
///
/// # Errors
/// It is no folder, cannot be made, or cannot be written to.
pub fn make_destination(folder: Option<&Path>) -> Result<(), CliError> {
    let Some(folder) = folder else { return Ok(()) };
    let made = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    made.map(drop).map_err(|error| {
        CliError::new(Exit::Usage, error)
            .doing(format!("the results cannot be put into {}", folder.display()))
            .help("give another folder with --out, or none: then they are kept in the home folder only")
    })
}

/// Puts all that a run published into `folder`, as `<task>.<port>` with the ending of its media type. What an earlier
/// run put there under the same names is replaced. One that cannot be put there does not keep the others from it: it is
/// told beside them.
pub fn write_results(
    artifacts: &ArtifactStore,
    run: &RunDocument,
    folder: &Path,
) -> (Destination, Result<(), CliError>) {
    let (mut results, mut failed) = (Vec::new(), Vec::new());
    for task in &run.task_instances {
        for output in &task.outputs {
            let name = file_name(&task.task_id, output);
            let artifact = ArtifactRef { digest: output.digest, kind: output.kind, size_bytes: output.size_bytes };
            match artifacts.export(&artifact, &folder.join(&name), Overwrite::Yes) {
                Ok(()) => results.push(WrittenResult { name, size_bytes: output.size_bytes }),
                Err(error) => failed.push(error),
            }
        }
    }
    let exit = failed.iter().map(Blame::exit).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Done);
    let told = if failed.is_empty() { Ok(()) } else { Err(CliError::all(exit, failed)) };
    (Destination::Written { folder: folder.to_path_buf(), results }, told)
}
