//! `dagwood plugin build`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::ask::tell_plugins_changed;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::cli::watch_build::SayBuild;
use crate::ids::Digest;
use crate::registry::build::Built;
use crate::text;
use crate::views::human;

/// Build crates to components, if they changed
///
/// A DAG that gives a plugin by its path takes the build that is kept here. Building runs code from the crate's folder.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Folders of crates
    #[arg(default_value = ".", value_name = "CRATE")]
    crates: Vec<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// What was built, for programs.
#[derive(Debug, Serialize)]
struct BuildList {
    builds: Vec<BuildDocument>,
    total_entries: u64,
}

#[derive(Debug, Serialize)]
struct BuildDocument {
    path: PathBuf,
    name: String,
    version: semver::Version,
    digest: Digest,
    size_bytes: u64,
    /// Whether anything had changed since the last build.
    built: bool,
}

impl BuildDocument {
    fn new(path: &Path, build: Built) -> Self {
        let descriptor = &build.component.descriptor;
        Self {
            path: path.to_path_buf(),
            name: descriptor.name.clone(),
            version: descriptor.version.clone(),
            digest: build.component.digest,
            size_bytes: build.component.size_bytes,
            built: build.cargo_ran,
        }
    }
}

/// Builds them all, those after a failed one too.
pub(super) fn run(args: BuildArgs, context: &Context) -> Result<Exit, CliError> {
    let output = context.output;
    let built = context.with_host(async |host| {
        let built = host.registry.build(&args.crates, Arc::new(SayBuild(output))).await;
        tell_plugins_changed(&host);
        Ok(built)
    })?;
    let mut documents = Vec::new();
    let mut exit = Exit::Done;
    for (path, build) in args.crates.iter().zip(built) {
        match build.map_err(CliError::from) {
            Ok(build) => documents.push(BuildDocument::new(path, build)),
            Err(error) => {
                output.say(&error.render(output.words_colours()));
                exit = error.exit();
            }
        }
    }
    if args.json.json {
        output.print_json(&BuildList { total_entries: documents.len() as u64, builds: documents })?;
    } else {
        let lines: Vec<_> = documents.iter().map(|build| line(build, context)).collect();
        output.print(&lines.join("\n"))?;
    }
    Ok(exit)
}

fn line(build: &BuildDocument, context: &Context) -> String {
    let what = if build.built { "built" } else { "unchanged" };
    format!(
        "{} {}@{}  {}  {}",
        context.output.colours().paint(Tone::Good, what),
        text::one_line(&build.name),
        build.version,
        human::size(build.size_bytes),
        build.digest
    )
}
