//! What a template may name.
//!
//! Only what is fixed when a run is made: the number of the try and the like are not here, so that a task's params
//! are the same in every try.

use std::collections::{BTreeMap, HashSet};

use crate::dag::template::HoleKind;
use crate::dag::template::engine::{self, ENGINE};

/// The names of Airflow's that are known here, each with what it is. Instants are UTC.
pub const NAMES: &[(&str, &str)] = &[
    ("ds", "the logical date's day, 2026-01-31"),
    ("ds_nodash", "the same without dashes, 20260131"),
    ("ts", "the logical date, 2026-01-31T06:30:00+00:00"),
    ("ts_nodash", "the same without dashes, colons and zone, 20260131T063000"),
    ("ts_nodash_with_tz", "the same with its zone, 20260131T063000+0000"),
    ("logical_date", "as `ts`"),
    ("data_interval_start", "the start of the run's data interval, as `ts`"),
    ("data_interval_end", "the end of the run's data interval, as `ts`"),
    ("run_id", "the run's id"),
    ("dag.dag_id", "the DAG's id"),
    ("dag_run.run_id", "as `run_id`"),
    ("dag_run.logical_date", "as `ts`"),
    ("dag_run.data_interval_start", "as `data_interval_start`"),
    ("dag_run.data_interval_end", "as `data_interval_end`"),
    ("task.task_id", "the task's id"),
    ("params.NAME", "a parameter of the DAG"),
    ("values.TASK", "the result of a task, which thereby is an upstream"),
];

/// What happened, in the templates of callbacks. Whatever does not apply is null.
pub const EVENT_NAMES: &[(&str, &str)] = &[
    ("event", "all of it"),
    ("event.kind", "`on_success`, `on_failure`, `on_retry` or `on_deadline`"),
    ("event.at", "when it happened, 2026-01-31T06:30:00Z"),
    ("event.dag_id", "the DAG's id"),
    ("event.run_id", "the id of the run that it happened to"),
    ("event.task_id", "the task that it happened to; null: the run itself"),
    ("event.state", "the state of the run or the task after it"),
    ("event.try_number", "the task's try"),
    ("event.max_tries", "the tries that it has"),
    ("event.next_try_at", "when the next try is due, after a failed one"),
    ("event.code", "the short word for what went wrong"),
    ("event.message", "what went wrong"),
    ("event.value", "the task's result"),
    ("event.deadline", "the deadline that passed"),
];

/// Something that a template names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `params.x`, or something in it.
    Param(String),
    /// `params` as a whole.
    AllParams,
    /// `values.task`, or something in it.
    Value(String),
    /// `event`, or something in it, as [`EVENT_NAMES`] has it.
    Event(String),
    /// A name of the table.
    Known(String),
    /// None of these.
    Unknown(String),
}

/// The names in the template `text`, sorted; `undeclared` is what the engine finds in it. The error says what cannot be
/// read from it.
pub(super) fn of(text: &str, kind: HoleKind, undeclared: HashSet<String>) -> Result<Vec<Name>, String> {
    let (readable, subscripts) = with_attributes(text);
    let undeclared = match subscripts.is_empty() {
        true => undeclared,
        // What looked like a subscript may have been a part of a string.
        false => engine::undeclared(&readable, kind).unwrap_or(undeclared),
    };
    let mut names = Vec::new();
    for dotted in undeclared {
        names.extend(name(&dotted, &subscripts)?);
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn name(dotted: &str, subscripts: &BTreeMap<String, String>) -> Result<Option<Name>, String> {
    let mut parts = dotted.split('.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next().map(|part| subscripts.get(part).map_or(part, String::as_str));
    let known = |full: &str| NAMES.iter().any(|(name, _)| *name == full);
    Ok(Some(match (first, second) {
        ("params", Some(param)) => Name::Param(param.to_owned()),
        ("params", None) => Name::AllParams,
        ("values", Some(task)) => Name::Value(task.to_owned()),
        ("values", None) => {
            return Err(
                "`values` alone does not say which task is meant: write `values.TASK` or `values[\"TASK\"]`".into()
            );
        }
        ("event", _) if EVENT_NAMES.iter().any(|(name, _)| *name == event_name(dotted)) => {
            Name::Event(event_name(dotted).to_owned())
        }
        (global, _) if ENGINE.globals().any(|(name, _)| name == global) => return Ok(None),
        (_, _) if known(dotted) => Name::Known(dotted.to_owned()),
        (_, _) => Name::Unknown(dotted.to_owned()),
    }))
}

/// `event.value.accuracy` lies in `event.value`.
fn event_name(dotted: &str) -> &str {
    dotted.match_indices('.').nth(1).and_then(|(at, _)| dotted.get(..at)).unwrap_or(dotted)
}

/// The engine tells `values.a` from `values.b`, but not `values["a"]` from `values["b"]`, which ids with a dash need.
/// So for this reading, subscripts with a literal become attributes; the map says which attribute stands for what.
fn with_attributes(text: &str) -> (String, BTreeMap<String, String>) {
    let mut out = String::with_capacity(text.len());
    let mut subscripts = BTreeMap::new();
    let mut rest = text;
    while let Some((before, literal, after)) = next_subscript(rest) {
        let attribute = format!("subscript_{}", subscripts.len());
        out.push_str(before);
        out.push('.');
        out.push_str(&attribute);
        subscripts.insert(attribute, literal.to_owned());
        rest = after;
    }
    out.push_str(rest);
    (out, subscripts)
}

/// Splits at the first `values["literal"]` or `params["literal"]`: up to the name's end, the literal, what follows.
fn next_subscript(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('[').find_map(|(at, _)| {
        let before = text.get(..at)?.trim_end();
        let owner = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').next()?;
        if owner != "values" && owner != "params" {
            return None;
        }
        let inside = text.get(at + 1..)?.trim_start();
        let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (literal, after) = inside.get(1..)?.split_once(quote)?;
        let after = after.trim_start().strip_prefix(']')?;
        (!literal.contains('\\')).then_some((before, literal, after))
    })
}

/// The code of a template: what stands in `{{ … }}` and `{% … %}`, without the strings in it.
pub(super) fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let inner = rest.get(open + 2..).unwrap_or_default();
        let end = copy_code(inner, &mut code);
        code.push('\n');
        rest = inner.get(end..).unwrap_or_default();
    }
    code
}

/// Copies up to `}}` or `%}` without strings; returns where it stopped.
fn copy_code(text: &str, code: &mut String) -> usize {
    let mut quote = None;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(q) => {
                if c == q && previous != '\\' {
                    quote = None;
                }
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '}' && matches!(previous, '}' | '%') => return at + c.len_utf8(),
            None => code.push(c),
        }
        previous = if c == '\\' && previous == '\\' { ' ' } else { c };
    }
    text.len()
}
