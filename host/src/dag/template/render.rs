//! Filling in the holes.

use minijinja::value::ValueKind;
use serde_json::{Map, Number, Value};

use crate::contract::Problem;
use crate::dag::path::DocPath;
use crate::dag::template::engine::{self, ENGINE};
use crate::dag::template::{Hole, HoleKind, Node, TemplateContext};
use crate::limits::JSON_DEPTH_MAX;

/// The code of every problem here.
const CODE: &str = "template";

pub(super) fn render(root: &Node, context: &TemplateContext<'_>) -> Result<Value, Problem> {
    if let Node::Plain(value) = root {
        return Ok(value.clone());
    }
    let context = context.to_engine();
    fill(root, &DocPath::root(), &context)
}

fn fill(node: &Node, at: &DocPath, context: &minijinja::Value) -> Result<Value, Problem> {
    match node {
        Node::Plain(value) => Ok(value.clone()),
        Node::Hole(hole) => fill_hole(hole, context).map_err(|why| {
            let place = if at.is_root() { String::new() } else { format!(" of param `{at}`") };
            Problem::new(CODE, format!("the template `{}`{place} gave no value: {why}", hole.source))
        }),
        Node::Array(items) => {
            items.iter().enumerate().map(|(index, item)| fill(item, &at.index(index), context)).collect()
        }
        Node::Object(entries) => {
            let filled: Result<Map<_, _>, _> = entries
                .iter()
                .map(|(key, value)| fill(value, &at.key(key), context).map(|value| (key.clone(), value)))
                .collect();
            filled.map(Value::Object)
        }
    }
}

fn fill_hole(hole: &Hole, context: &minijinja::Value) -> Result<Value, String> {
    let say = |error: minijinja::Error| engine::say(&error);
    match hole.kind {
        HoleKind::Text => ENGINE.render_str(&hole.source, context.clone()).map(Value::String).map_err(say),
        HoleKind::Value => {
            let inner = engine::whole_expression(&hole.source).unwrap_or(&hole.source);
            let value = ENGINE.compile_expression(inner).and_then(|e| e.eval(context.clone())).map_err(say)?;
            to_json(&value, JSON_DEPTH_MAX)
        }
    }
}

fn to_json(value: &minijinja::Value, depth_left: usize) -> Result<Value, String> {
    let deeper = depth_left.checked_sub(1).ok_or("its value nests too deep")?;
    match value.kind() {
        ValueKind::Undefined => Err("a name or a part of it has no value here".into()),
        ValueKind::None => Ok(Value::Null),
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => value.as_str().map(Value::from).ok_or_else(|| "its text is not UTF-8".into()),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().map_err(|error| engine::say(&error))?.map(|item| to_json(&item, deeper)).collect()
        }
        ValueKind::Map => object(value, deeper),
        kind @ (ValueKind::Bytes | ValueKind::Plain | ValueKind::Invalid) => Err(no_json(kind)),
        // The engine may learn kinds of values that this program does not know.
        kind => Err(no_json(kind)),
    }
}

fn no_json(kind: ValueKind) -> String {
    format!("its value is no JSON but {kind}")
}

fn number(value: &minijinja::Value) -> Result<Value, String> {
    if let Some(integer) = value.as_i64().filter(|_| value.is_integer()) {
        return Ok(integer.into());
    }
    if let Some(integer) = u64::try_from(value.clone()).ok().filter(|_| value.is_integer()) {
        return Ok(integer.into());
    }
    let float = f64::try_from(value.clone()).map_err(|error| engine::say(&error))?;
    Number::from_f64(float).map(Value::Number).ok_or_else(|| format!("{float} is no JSON"))
}

fn object(value: &minijinja::Value, deeper: usize) -> Result<Value, String> {
    let mut map = Map::new();
    for key in value.try_iter().map_err(|error| engine::say(&error))? {
        let name = key.as_str().ok_or("a key of its value is no text")?.to_owned();
        let item = value.get_item(&key).map_err(|error| engine::say(&error))?;
        map.insert(name, to_json(&item, deeper)?);
    }
    Ok(Value::Object(map))
}
