//! `dagwood plugin register`.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::cli::args::Json;
use crate::cli::ask::tell_plugins_changed;
use crate::cli::commands::plugin::words;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::cli::target::PluginArg;
use crate::cli::watch_build::SayBuild;
use crate::compose::Host;
use crate::registry::{RegisterOptions, Registered, Registration, RegistryError};
use crate::text;
use crate::views::human;
use crate::views::plugins::PluginDocument;

/// Keep a component under the name and version that it describes itself with
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// A component's .wasm file, or a crate's folder, which is built if it changed
    #[arg(value_name = "FILE|CRATE")]
    from: String,
    /// Let the name and version mean this component from now on, though they meant another
    #[arg(long)]
    replace: bool,
    /// Take it though it imports or requests more than the version before it
    #[arg(long)]
    accept_imports: bool,
    #[command(flatten)]
    json: Json,
}

/// Registers it, and shows what it may do.
pub(super) fn run(args: RegisterArgs, context: &Context) -> Result<Exit, CliError> {
    let registered = context.with_host(async |host| {
        let registered = register(&host, context, &args).await?;
        tell_plugins_changed(&host);
        Ok(registered)
    })?;
    let registration = registered.registration;
    let document = PluginDocument::from(registered.plugin);
    if args.json.json {
        context.output.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let what = match registration {
        Registration::New => "registered".to_owned(),
        Registration::AlreadyThere => "registered already".to_owned(),
        Registration::Replaced(before) => format!("registered, in place of {}", human::digest(before)),
    };
    let colours = context.output.colours();
    let name = text::one_line(&document.registered.join(", ")).into_owned();
    let mut lines = vec![
        format!("{} {}", colours.paint(Tone::Good, &what), colours.paint(Tone::Strong, &name)),
        words::fact("component", document.digest.to_string()),
        words::fact("size", human::size(document.size_bytes)),
    ];
    lines.extend(words::powers(&document));
    context.output.print(&lines.join("\n"))?;
    Ok(Exit::Done)
}

async fn register(host: &Host, context: &Context, args: &RegisterArgs) -> Result<Registered, CliError> {
    let text = args.from.as_str();
    let options = RegisterOptions { replace: args.replace, accept_imports: args.accept_imports };
    let path = match PluginArg::read(text) {
        Ok(PluginArg::Crate(path)) => return register_crate(host, context, &path, options).await,
        Ok(PluginArg::File(path)) => path,
        // A plain name is a file or a folder here: what is registered needs no registering.
        Ok(PluginArg::Reference(_)) | Err(_) if Path::new(text).is_dir() => {
            return register_crate(host, context, Path::new(text), options).await;
        }
        Ok(PluginArg::Reference(_)) | Err(_) => text.into(),
    };
    Ok(host.registry.register_file(&path, options).await?)
}

async fn register_crate(
    host: &Host,
    context: &Context,
    path: &Path,
    options: RegisterOptions,
) -> Result<Registered, CliError> {
    let built = host.registry.build(&[path.to_path_buf()], Arc::new(SayBuild(context.output))).await;
    let built = built.into_iter().next().unwrap_or(Err(RegistryError::Interrupted))?;
    let subject = path.display().to_string();
    Ok(host.registry.register_component(&subject, built.component, options).await?)
}
