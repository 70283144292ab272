//! What is known of a plugin, as text.

use serde_json::Value;

use crate::cli::style::{Palette, Tone};
use crate::contract::{Cardinality, Descriptor, Port, Request};
use crate::text;
use crate::views::human;
use crate::views::plugins::{Imports, PluginDocument};

/// The longest default or description shown of a param.
const SHORT_MAX_CHARS: usize = 100;

/// A name and what is known under it, in a line.
pub(super) fn fact(name: &str, value: impl AsRef<str>) -> String {
    format!("{name:<12}{}", value.as_ref())
}

/// Everything: identity, ports, params, and what it may do.
pub(super) fn in_full(plugin: &PluginDocument, colours: Palette) -> String {
    let mut lines = Vec::new();
    match &plugin.descriptor {
        Some(descriptor) => {
            let name = format!("{}@{}", text::one_line(&descriptor.name), descriptor.version);
            lines.push(format!("{}  {}", colours.paint(Tone::Strong, &name), text::one_line(&descriptor.summary)));
        }
        None => lines.push("not taken yet: what it says of itself is known when it is registered or run".to_owned()),
    }
    lines.push(fact("component", plugin.digest.to_string()));
    lines.push(fact("size", human::size(plugin.size_bytes)));
    let registered = if plugin.registered.is_empty() { "no".to_owned() } else { plugin.registered.join(", ") };
    lines.push(fact("registered", text::one_line(&registered)));
    if let Some(descriptor) = &plugin.descriptor {
        lines.extend(descriptor.inputs.iter().map(|port| fact("input", port_words(port))));
        lines.extend(descriptor.outputs.iter().map(|port| fact("output", port_words(port))));
        lines.extend(params(&descriptor.params_schema));
        lines.extend(result(descriptor));
    }
    lines.extend(powers(plugin));
    lines.join("\n")
}

/// What it may do: what it exports and imports, and what it would like to be granted.
pub(super) fn powers(plugin: &PluginDocument) -> Vec<String> {
    let mut lines: Vec<_> = plugin.exports.iter().map(|name| fact("exports", text::one_line(name))).collect();
    lines.extend(imports(&plugin.imports));
    let requests = plugin.descriptor.iter().flat_map(|descriptor| &descriptor.requests);
    lines.extend(requests.map(|request| fact("requests", request_words(request))));
    lines
}

fn imports(imports: &Imports) -> Vec<String> {
    let mut lines = Vec::new();
    if !imports.base.is_empty() {
        let count = human::count(imports.base.len() as u64, "interface");
        lines.push(fact("imports", format!("WASI's base set ({count}), which grants nothing")));
    }
    for name in &imports.task {
        let note = if name.contains("/context@") { ": results may depend on the run" } else { "" };
        lines.push(fact("imports", format!("{}{note}", text::one_line(name))));
    }
    lines
        .extend(imports.granted.iter().map(|name| fact("imports", format!("{}: needs a grant", text::one_line(name)))));
    if lines.is_empty() {
        lines.push(fact("imports", "nothing"));
    }
    lines
}

fn request_words(request: &Request) -> String {
    format!("{} {}: {}", text::one_line(&request.kind), text::one_line(&request.value), text::one_line(&request.reason))
}

fn port_words(port: &Port) -> String {
    let cardinality = match port.cardinality {
        Cardinality::One => "",
        Cardinality::Optional => ", optional",
        Cardinality::Many => ", any number",
    };
    let media_type = port.media_type.as_deref().map(|media| format!(" ({})", text::one_line(media)));
    let description =
        if port.description.is_empty() { String::new() } else { format!(": {}", text::one_line(&port.description)) };
    format!("{}{}{cardinality}{description}", text::one_line(&port.name), media_type.unwrap_or_default())
}

/// A line for each property of the params' schema.
fn params(schema: &Value) -> Vec<String> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let line = |(name, property): (&String, &Value)| {
        fact("param", param_words(name, property, required.contains(&name.as_str())))
    };
    properties.into_iter().flatten().map(line).collect()
}

fn param_words(name: &str, property: &Value, required: bool) -> String {
    let mut words = text::one_line(name).into_owned();
    if let Some(kind) = kind(property) {
        words.push_str(&format!(" ({})", text::short_line(&kind, SHORT_MAX_CHARS)));
    }
    match property.get("default") {
        Some(default) => words.push_str(&format!(" = {}", text::short_line(&default.to_string(), SHORT_MAX_CHARS))),
        None if required => words.push_str(", required"),
        None => {}
    }
    if let Some(description) = property.get("description").and_then(Value::as_str) {
        // The first line says enough; `--json` has the rest.
        let first = description.lines().next().unwrap_or_default();
        words.push_str(&format!(": {}", text::short_line(first, SHORT_MAX_CHARS)));
    }
    words
}

/// The type of a property, or its words.
fn kind(property: &Value) -> Option<String> {
    if let Some(words) = property.get("enum").and_then(Value::as_array) {
        return Some(words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | "));
    }
    match property.get("type")? {
        Value::String(name) => Some(name.clone()),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn result(descriptor: &Descriptor) -> Vec<String> {
    let properties = descriptor.result_schema.as_ref().and_then(|schema| schema.get("properties")?.as_object());
    let names: Vec<_> = properties.into_iter().flatten().map(|(name, _)| text::one_line(name)).collect();
    let mut lines = Vec::new();
    if !names.is_empty() {
        lines.push(fact("value", names.join(", ")));
    }
    if descriptor.may_branch {
        lines.push(fact("branches", "it may choose which of the tasks after it go on"));
    }
    lines
}
