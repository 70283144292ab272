//! `dagwood plugin run`: one plugin as the only task of a DAG made in memory, on the same path as any other run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::args::Json;
use crate::cli::commands::run::tell;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::param::{self, Declared, Param};
use crate::cli::signals::Signals;
use crate::cli::target::PluginArg;
use crate::cli::watch_build::SayBuild;
use crate::cli::{diagnostics, drive, report};
use crate::compose::{Host, RunRequest};
use crate::contract::Cardinality;
use crate::dag::diagnostic::Diagnostic;
use crate::dag::{Catalog, Draft, check, json::canonical};
use crate::loader::resolved;
use crate::loader::{self, Loaded};
use crate::registry::{ComponentRecord, RegistryError};

/// What the id of the DAG begins with; the plugin's name follows.
const DAG_PREFIX: &str = "plugin-run";

/// Try one plugin without a DAG
#[derive(Debug, Args)]
pub struct PluginRunArgs {
    /// NAME, NAME@VERSION or a digest; a component's .wasm file; or a crate's folder, which is built if it changed
    #[arg(value_name = "PLUGIN")]
    plugin: String,
    /// Set a param: VALUE is JSON where it is JSON and the plugin's schema allows it, else text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<Param>,
    /// Give an input port a file or folder
    #[arg(long = "in", value_name = "PORT=FILE")]
    inputs: Vec<InputFile>,
    /// What it may do beyond the sandbox, as `grants` in a DAG file: 'http = ["api.example.com:443"]'
    #[arg(long, value_name = "TOML")]
    grants: Option<String>,
    /// Put the results into this folder, as PLUGIN.PORT with the usual ending; files of these names are replaced
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// One `PORT=FILE`.
#[derive(Debug, Clone)]
struct InputFile {
    port: String,
    path: PathBuf,
}

impl FromStr for InputFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((port, path)) if !port.is_empty() && !path.is_empty() => {
                Ok(Self { port: port.to_owned(), path: path.into() })
            }
            Some(_) | None => Err(format!("`{text}` is not `PORT=FILE`")),
        }
    }
}

/// Runs it.
pub(super) fn run(args: PluginRunArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let mut signals = Signals::take()?;
        let request = drive::unless_interrupted(&mut signals, request(&host, context, &args)).await?;
        report::make_destination(args.out.as_deref())?;
        let finished = drive::drive(&host, context, request, signals).await?;
        tell(&host, context, &finished, args.out.as_deref(), args.json)
    })
}

async fn request(host: &Host, context: &Context, args: &PluginRunArgs) -> Result<RunRequest, CliError> {
    let component = component(host, context, &args.plugin).await?;
    let schemas = param_schemas(&component.descriptor.params_schema);
    let declared = |name: &str| Declared { schema: schemas.get(name), default: None };
    let params = param::read_all(&args.params, declared)?;
    let inputs = inputs(&args.inputs)?;
    check_ports(&component, &inputs)?;
    let grants = args.grants.as_deref().map(grants).transpose()?;
    let document = document(&component, params, inputs, grants);
    let loaded = checked(context, document, &component)?;
    loader::compile(&host.registry, &loaded.dag, &SayBuild(context.output)).await?;
    Ok(RunRequest { loaded, params: BTreeMap::new(), logical_date: None, resume: None })
}

/// The component that is meant, taken or built if need be.
async fn component(host: &Host, context: &Context, text: &str) -> Result<ComponentRecord, CliError> {
    match PluginArg::read(text)? {
        PluginArg::Reference(reference) => {
            let digest = host.registry.inspect(&reference).map_err(|error| {
                let error = CliError::from(error);
                match PluginArg::folder_of_that_name(text) {
                    Some(help) => error.help(help),
                    None => error,
                }
            })?;
            let found = host.registry.component(digest.digest)?;
            found.ok_or_else(|| CliError::usage(format!("the component of `{text}` is not kept any more")))
        }
        PluginArg::File(path) => Ok(host.registry.resolve_file(&path).await?),
        PluginArg::Crate(path) => {
            let built = host.registry.build(&[path], Arc::new(SayBuild(context.output))).await;
            Ok(built.into_iter().next().unwrap_or(Err(RegistryError::Interrupted))?.component)
        }
    }
}

/// The schema of each param, each with the definitions that it may refer to.
fn param_schemas(schema: &Value) -> BTreeMap<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let whole = |(name, property): (&String, &Value)| {
        let mut property = property.clone();
        if let (Some(own), Some(definitions)) = (property.as_object_mut(), schema.get("$defs")) {
            own.insert("$defs".to_owned(), definitions.clone());
        }
        (name.clone(), property)
    };
    properties.into_iter().flatten().map(whole).collect()
}

/// Inputs with whole paths, since the DAG has no file that they could be relative to.
fn inputs(given: &[InputFile]) -> Result<Map<String, Value>, CliError> {
    let mut inputs = Map::new();
    for InputFile { port, path } in given {
        let whole = std::fs::canonicalize(path).map_err(|error| CliError::unreadable(path, error))?;
        let Some(whole) = whole.to_str() else {
            return Err(CliError::usage(format!("the path {} is not UTF-8", path.display())));
        };
        if inputs.insert(port.clone(), json!({ "file": whole })).is_some() {
            return Err(CliError::usage(format!("the input port `{port}` is given twice")));
        }
    }
    Ok(inputs)
}

/// Says in the words of this command what is missing; the check of the DAG would speak of its file. Of ports that the
/// plugin does not have, that check speaks better.
fn check_ports(component: &ComponentRecord, given: &Map<String, Value>) -> Result<(), CliError> {
    let ports = &component.descriptor.inputs;
    if given.keys().any(|given| !ports.iter().any(|port| port.name.as_str() == given.as_str())) {
        return Ok(());
    }
    let needed = ports.iter().filter(|port| port.cardinality == Cardinality::One);
    let missing: Vec<_> = needed.map(|port| port.name.as_str()).filter(|port| !given.contains_key(*port)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let options: Vec<_> = missing.iter().map(|port| format!("--in {port}=FILE")).collect();
    let named: Vec<_> = missing.iter().map(|port| format!("`{port}`")).collect();
    let message = format!("the plugin `{}` needs the input {}", component.descriptor.name, named.join(", "));
    Err(CliError::usage(message).help(format!("add {}", options.join(" "))))
}

/// The table of grants, as JSON.
fn grants(text: &str) -> Result<Value, CliError> {
    toml::from_str(text).map_err(|error| {
        let error = CliError::usage(format!("`--grants` is no TOML: {}", error.message()));
        error.help("write it as in a DAG file: --grants 'http = [\"api.example.com:443\"]'")
    })
}

/// What a DAG file with this one task would say.
fn document(
    component: &ComponentRecord,
    params: BTreeMap<String, Value>,
    inputs: Map<String, Value>,
    grants: Option<Value>,
) -> Value {
    let (name, version) = (&component.descriptor.name, &component.descriptor.version);
    let params: Map<String, Value> = params.into_iter().map(|(name, value)| (name, literal(value))).collect();
    let mut task = json!({ "plugin": name, "params": params, "inputs": inputs });
    if let (Some(grants), Some(task)) = (grants, task.as_object_mut()) {
        task.insert("grants".to_owned(), grants);
    }
    json!({
        "id": format!("{DAG_PREFIX}.{name}"),
        "plugins": { name: { "version": format!("={version}") } },
        "tasks": { name: task },
    })
}

/// A value none of whose strings is taken for a template.
pub(in crate::cli) fn literal(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => Value::String(literal_text(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(literal).collect()),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, literal(value))).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

/// A template that becomes `text`: each opening of a template is the value of an expression.
fn literal_text(text: &str) -> String {
    let mut template = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        template.push_str(before);
        let opening = ["{{", "{%", "{#"].into_iter().find(|opening| from.starts_with(opening));
        match opening {
            Some(opening) => template.push_str(&format!("{{{{ \"{opening}\" }}}}")),
            None => template.push('{'),
        }
        rest = &from[opening.map_or(1, str::len)..];
    }
    template.push_str(rest);
    template
}

/// A mistake at a place of the document, told at the option that it came from.
fn as_options(mut wrong: Diagnostic, task: &str) -> Diagnostic {
    if let Some(rest) = wrong.path.strip_prefix(&format!("tasks.{task}.grants")) {
        wrong.path = format!("--grants{}", rest.replacen('.', " ", 1));
        return wrong;
    }
    for (key, option) in [("params", "--param "), ("inputs", "--in ")] {
        if let Some(rest) = wrong.path.strip_prefix(&format!("tasks.{task}.{key}.")) {
            wrong.path = format!("{option}{rest}");
            // Hints on how to wire an input in a file would mislead here.
            wrong.hint = wrong.hint.filter(|hint| key == "params" || !hint.contains("inputs."));
            return wrong;
        }
    }
    wrong
}

/// The same checks as a file's. The plugin is known already, whatever the document says of it.
fn checked(context: &Context, document: Value, component: &ComponentRecord) -> Result<Loaded, CliError> {
    let source = canonical(&document);
    let plugin = resolved(component.clone());
    let name = component.descriptor.name.clone();
    let path = PathBuf::from(format!("{DAG_PREFIX}.{name}"));
    let catalog = Catalog { plugins: BTreeMap::from([(name, Ok(plugin))]), registered: Vec::new() };
    let checked = check(&Draft::from_document(document), &catalog);
    let colours = context.output.words_colours();
    let task = component.descriptor.name.as_str();
    let told: Vec<_> = checked.diagnostics.iter().cloned().map(|wrong| as_options(wrong, task)).collect();
    let Some(dag) = checked.dag else {
        return Err(diagnostics::error(&told, None, &path, colours));
    };
    if !told.is_empty() {
        context.output.say(&diagnostics::words(&told, None, &path, colours));
    }
    let (dag, folder) = (Arc::new(dag), PathBuf::from("/"));
    Ok(Loaded { dag, source: source.into(), path, folder, file: None, warnings: checked.diagnostics })
}
