//! minijinja as it is used here: strict about undefined names, bounded in work, with nothing to load.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use crate::dag::template::HoleKind;
use crate::dag::template::context;

/// Instructions of one template, a byte of output counting as a 64th: far more than params need, a few milliseconds.
const FUEL: u64 = 200_000;

/// How deep expressions may nest when they run.
const RECURSION_MAX: usize = 100;

pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(RECURSION_MAX);
    // Text stays as written. The default delimiters cannot be refused.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        engine.set_syntax(syntax);
    }
    // It would print everything that the engine knows.
    engine.remove_global("debug");
    context::add_filters(&mut engine);
    engine
});

/// The expression of a string that is one whole `{{ expression }}`.
pub(super) fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
    ENGINE.compile_expression(inner).is_ok().then_some(inner)
}

/// What `text`, which holds a template, becomes.
pub(super) fn kind(text: &str) -> HoleKind {
    if whole_expression(text).is_some() { HoleKind::Value } else { HoleKind::Text }
}

/// The names in `text` with what is reached through them, as far as that is written with dots: `values.train.loss`.
///
/// # Errors
/// It is no template.
pub(super) fn undeclared(text: &str, kind: HoleKind) -> Result<HashSet<String>, Error> {
    match (kind, whole_expression(text)) {
        (HoleKind::Value, Some(inner)) => Ok(ENGINE.compile_expression(inner)?.undeclared_variables(true)),
        (HoleKind::Value, None) | (HoleKind::Text, _) => Ok(ENGINE.template_from_str(text)?.undeclared_variables(true)),
    }
}

/// An error of the engine in one line.
pub(super) fn say(error: &Error) -> String {
    let mut text = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    if error.kind() == ErrorKind::UndefinedError && error.detail().is_none() {
        text = "a name or a part of it has no value here".to_owned();
    }
    if let Some(line) = error.line().filter(|line| *line > 1) {
        // Writing to a string cannot fail.
        let _ = write!(text, " (in its line {line})");
    }
    text
}

/// The engine notices unknown filters and tests only when it comes by them, so they are looked for here.
pub(super) fn unknown_filter(text: &str) -> Option<String> {
    if !text.contains('|') && !text.contains(" is ") {
        return None;
    }
    let code = super::names::code_of(text);
    let filter =
        words_after(&code, "|").into_iter().find(|name| fails_with(&format!("''|{name}"), ErrorKind::UnknownFilter));
    if let Some(name) = filter {
        return Some(format!("there is no filter `{name}`"));
    }
    let tests = words_after(&code, " is ").into_iter().chain(words_after(&code, " is not "));
    let test =
        tests.into_iter().find(|name| *name != "not" && fails_with(&format!("'' is {name}"), ErrorKind::UnknownTest));
    test.map(|name| format!("there is no test `{name}`"))
}

fn fails_with(expression: &str, kind: ErrorKind) -> bool {
    let Ok(expression) = ENGINE.compile_expression(expression) else { return false };
    expression.eval(()).is_err_and(|error| error.kind() == kind)
}

/// The identifiers that follow `mark`.
fn words_after<'a>(code: &'a str, mark: &str) -> Vec<&'a str> {
    code.match_indices(mark)
        .map(|(at, _)| code[at + mark.len()..].trim_start())
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .collect()
}
