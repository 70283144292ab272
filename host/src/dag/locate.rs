//! Places → spans of the text.
//!
//! The text is read once more for that, and only if there is something to say: keeping every span of a large file
//! would cost more than all other checks.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::dag::diagnostic::{Diagnostic, Mistake, Note, Part, Place};
use crate::dag::path::{DocPath, Step};
use crate::dag::words::printable;

/// Diagnostics that are given: a file with more was written by a program, and that is what has to be mended.
const DIAGNOSTICS_MAX: usize = 1_000;

/// Looks the places of `mistakes` up in `text`; sorted as they stand there.
pub(crate) fn diagnostics(mistakes: Vec<Mistake>, text: Option<&str>) -> Vec<Diagnostic> {
    if mistakes.is_empty() {
        return Vec::new();
    }
    let (table, _) = DeTable::parse_recoverable(text.unwrap_or_default());
    let root = table.get_ref();
    let span = |place: &Place| text.and_then(|text| locate(root, text, place));
    let mut found: Vec<Diagnostic> = mistakes
        .into_iter()
        .map(|mistake| Diagnostic {
            severity: mistake.severity,
            message: printable(&mistake.message),
            hint: mistake.hint.as_deref().map(printable),
            path: match &mistake.place {
                Place::At(path, _) => printable(&path.to_string()),
                Place::Span(_) => String::new(),
            },
            span: span(&mistake.place),
            notes: mistake
                .notes
                .iter()
                .map(|(place, message)| Note { message: printable(message), span: span(place) })
                .collect(),
        })
        .collect();
    let left_out = keep_the_worst(&mut found);
    found.sort_by_key(|diagnostic| diagnostic.span.as_ref().map(|span| span.start));
    found.extend(left_out);
    found
}

/// Nobody reads more than [`DIAGNOSTICS_MAX`]: errors stay before warnings, and the rest is counted.
fn keep_the_worst(found: &mut Vec<Diagnostic>) -> Option<Diagnostic> {
    let more = found.len().checked_sub(DIAGNOSTICS_MAX).filter(|more| *more > 0)?;
    found.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.span.as_ref().map(|span| span.start)));
    let severity = found.get(DIAGNOSTICS_MAX)?.severity;
    found.truncate(DIAGNOSTICS_MAX);
    let message = format!("{more} more are not shown");
    Some(Diagnostic { severity, message, hint: None, path: String::new(), span: None, notes: Vec::new() })
}

fn locate(root: &DeTable<'_>, text: &str, place: &Place) -> Option<Range<usize>> {
    let span = match place {
        Place::Span(span) => span.clone(),
        Place::At(path, part) => at(root, text, path, part),
    };
    let end = span.end.min(text.len());
    Some(span.start.min(end)..end)
}

/// What was found on the way down.
struct Found<'a, 'i> {
    key: Range<usize>,
    value: Option<&'a Spanned<DeValue<'i>>>,
}

fn at(root: &DeTable<'_>, text: &str, path: &DocPath, part: &Part) -> Range<usize> {
    let mut found = Found { key: 0..0, value: None };
    let mut table = Some(root);
    let mut array = None;
    for step in path.steps() {
        let value = match step {
            Step::Key(name) => {
                let Some((key, value)) = table.and_then(|table| table.get_key_value(name.as_str())) else { break };
                found.key = key.span();
                value
            }
            Step::Index(index) => {
                let Some(value) = array.and_then(|array: &toml::de::DeArray<'_>| array.get(*index)) else { break };
                found.key = value.span();
                value
            }
        };
        table = value.get_ref().as_table();
        array = value.get_ref().as_array();
        found.value = Some(value);
    }
    match (part, found.value) {
        (Part::Key, _) | (_, None) => found.key,
        (Part::Value, Some(value)) => value_span(value, found.key, text),
        (Part::Within(within), Some(value)) => within_string(value, within, text),
    }
}

/// A table that has a header or dotted keys is shown by its key: its value has no text of its own.
fn value_span(value: &Spanned<DeValue<'_>>, key: Range<usize>, text: &str) -> Range<usize> {
    match value.get_ref() {
        DeValue::Table(_) if !text.get(value.span()).is_some_and(|text| text.starts_with('{')) => key,
        _ => value.span(),
    }
}

/// A part of a string, if its text is the string itself between quotes; else all of it.
fn within_string(value: &Spanned<DeValue<'_>>, within: &Range<usize>, text: &str) -> Range<usize> {
    let span = value.span();
    let Some(string) = value.get_ref().as_str() else { return span };
    let source = text.get(span.clone()).unwrap_or_default();
    let Some(at) = source.find(string).filter(|_| !string.is_empty()) else { return span };
    let start = span.start + at;
    let part = start + within.start..start + within.end.max(within.start + 1);
    if part.end <= span.end && text.get(part.clone()).is_some() { part } else { span }
}
