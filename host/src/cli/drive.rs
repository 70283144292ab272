//! A run from here to its end: driven, watched, cancelled by Ctrl-C, and read back as a document.

use std::path::Path;
use std::sync::Arc;

use crate::cli::context::Context;
use crate::cli::diagnostics;
use crate::cli::error::{CliError, Exit};
use crate::cli::progress::{self, Progress};
use crate::cli::signals::Signals;
use crate::cli::watch_build::SayBuild;
use crate::compose::{Host, RunError, RunRequest};
use crate::ids::{RunKey, TaskId};
use crate::loader::{self, Build, LoadError, Loaded};
use crate::scheduler::RunObserver;
use crate::views::run::RunDocument;

/// A run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// What is kept of it.
    pub document: RunDocument,
    /// Tasks that nothing comes after: their values are what the run was for.
    pub leaves: Vec<TaskId>,
}

/// Loads a DAG file, and says what it warns of.
///
/// # Errors
/// All mistakes of the file, rendered.
pub async fn load(host: &Host, context: &Context, path: &Path, build: Build) -> Result<Loaded, CliError> {
    let output = context.output;
    let colours = output.words_colours();
    match loader::load(&host.registry, &host.grounds, path, build, Arc::new(SayBuild(output))).await {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                output.say(&diagnostics::words(&loaded.warnings, Some(&loaded.source), &loaded.path, colours));
            }
            Ok(loaded)
        }
        Err(LoadError::Diagnostics { path, text, diagnostics }) => {
            Err(diagnostics::error(&diagnostics, Some(&text), &path, colours))
        }
        Err(other) => Err(other.into()),
    }
}

/// Does what comes before a run, and gives it up at the first signal: nothing is recorded yet.
pub async fn unless_interrupted<T>(
    signals: &mut Signals,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::select! {
        done = work => done,
        () = signals.next() => {
            Err(CliError::rendered(Exit::RunFailed, "interrupted before the run was made; nothing is recorded".to_owned()))
        }
    }
}

/// Drives a run to its end.
pub async fn drive(
    host: &Host,
    context: &Context,
    request: RunRequest,
    signals: Signals,
) -> Result<Finished, CliError> {
    let leaves = leaves(&request.loaded);
    let progress = progress::for_output(context.output);
    let teller: Arc<dyn Progress> = Arc::clone(&progress);
    let cancel = signals.into_cancel(
        "cancelling: tasks are ended and their states recorded; once more to end at once",
        "ended at once; the run is marked failed when this home folder is opened again",
        move |words| teller.say(words),
    );
    let observer: Arc<dyn RunObserver> = Arc::clone(&progress) as _;
    let finished = host.run(request, observer, cancel).await;
    progress.finish();
    let finished = finished.map_err(|error| match error {
        RunError::Params(wrong) => CliError::several(wrong),
        other => other.into(),
    })?;
    Ok(Finished { document: document(host, finished.key)?, leaves })
}

/// The document of a run that is kept.
pub fn document(host: &Host, key: RunKey) -> Result<RunDocument, CliError> {
    let gone = || CliError::rendered(Exit::Host, "error: the run was removed while it was read".to_owned());
    let run = host.store.run(key)?.ok_or_else(gone)?;
    Ok(RunDocument::new(run, host.store.instances(key)?, host.store.callbacks(key)?))
}

fn leaves(loaded: &Loaded) -> Vec<TaskId> {
    let dag = &loaded.dag;
    let downstream = dag.edges.downstream.iter();
    dag.tasks.iter().zip(downstream).filter(|(_, below)| below.is_empty()).map(|(task, _)| task.id.clone()).collect()
}
