//! Text → what the operator decides, or all that is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use crate::dag::diagnostic::{Diagnostic, Mistake, Place};
use crate::dag::document::{self, Shape, SizeSpec, Zero, duration, size};
use crate::dag::origin::OriginPattern;
use crate::dag::path::DocPath;
use crate::limits::{
    EXECUTION_TIMEOUT_MAX, LOG_MAX_BYTES, MEMORY_MAX_BYTES, MEMORY_MIN_BYTES, RESULT_MAX_BYTES, RESULT_MIN_BYTES,
    SCRATCH_MAX_BYTES, TRAFFIC_MAX_BYTES,
};
use crate::schedule::duration::show_duration;
use crate::text::exact_bytes;

use super::file::{AllowSpec, AllowedHttpSpec, AllowedMountSpec, AllowedSecretSpec, ConfigFile, MaximumSpec};
use super::{AllowedHttp, AllowedMount, AllowedSecret, Config, Maximum, MemoryBudget};

/// `None` only if its schema were broken, which a test rules out.
static SHAPE: LazyLock<Option<Shape>> = LazyLock::new(document::shape_of::<ConfigFile>);

pub(super) fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    let (file, mut mistakes) = match &*SHAPE {
        Some(shape) => document::from_toml::<ConfigFile>(text, shape),
        None => (None, vec![Mistake::error(Place::value(DocPath::root()), "this program cannot read a config.toml")]),
    };
    let config = file.map(|file| config(file, &mut mistakes));
    match config.filter(|_| mistakes.is_empty()) {
        Some(config) => Ok(config),
        None => Err(document::diagnostics(mistakes, text)),
    }
}

fn config(file: ConfigFile, mistakes: &mut Vec<Mistake>) -> Config {
    let AllowSpec { http, mounts, env, secrets, files } = file.allow;
    let at = DocPath::of(&["allow"]);
    let words = |words: Vec<Option<String>>, key: &str, mistakes: &mut Vec<Mistake>| {
        let words = words.into_iter().enumerate().filter_map(|(index, word)| Some((index, word?)));
        words.filter_map(|(index, word)| name(word, at.key(key).index(index), mistakes)).collect::<Vec<_>>()
    };
    Config {
        parallelism: file.parallelism,
        memory_budget: file.budget.memory.and_then(|memory| budget(&memory, mistakes)),
        maximum: maximum(&file.maximum, mistakes),
        http: http.map_or_else(|| Config::default().http, |http| allowed_http(http, &at.key("http"), mistakes)),
        env: words(env, "env", mistakes),
        secrets: allowed_secrets(secrets, &at.key("secrets"), mistakes),
        mounts: mounts
            .into_iter()
            .enumerate()
            .filter_map(|(index, mount)| allowed_mount(mount?, &at.key("mounts").index(index), mistakes))
            .collect(),
        files: files
            .into_iter()
            .enumerate()
            .filter_map(|(index, folder)| absolute(&folder?, at.key("files").index(index), mistakes))
            .collect(),
    }
}

fn name(word: String, at: DocPath, mistakes: &mut Vec<Mistake>) -> Option<String> {
    if word.is_empty() || word.contains(char::is_whitespace) {
        mistakes.push(Mistake::error(Place::value(at), "this is no name"));
        return None;
    }
    Some(word)
}

fn allowed_http(specs: Vec<Option<AllowedHttpSpec>>, path: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<AllowedHttp> {
    let mut allowed = Vec::new();
    for (index, spec) in specs.into_iter().enumerate() {
        let at = path.index(index);
        let (text, place, methods, private) = match spec {
            None => continue,
            Some(AllowedHttpSpec::To(text)) => (Some(text), at, None, false),
            Some(AllowedHttpSpec::With(table)) => (table.to, at.key("to"), table.methods, table.private),
        };
        let methods = methods.map(|methods| methods.into_iter().flatten().map(|m| m.to_ascii_uppercase()).collect());
        let to = text.and_then(|text| pattern(&text, place, mistakes));
        allowed.extend(to.map(|to| AllowedHttp { to, methods, private }));
    }
    allowed
}

fn pattern(text: &str, place: DocPath, mistakes: &mut Vec<Mistake>) -> Option<OriginPattern> {
    match OriginPattern::parse(text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let hint = "such as `*:443`, `*.example.com:443`, or `http://example.com:80` without TLS".to_owned();
            mistakes.push(Mistake::error(Place::value(place), error.to_string()).hint(hint));
            None
        }
    }
}

fn allowed_secrets(
    specs: Vec<Option<AllowedSecretSpec>>,
    path: &DocPath,
    mistakes: &mut Vec<Mistake>,
) -> Vec<AllowedSecret> {
    let mut allowed = Vec::new();
    for (index, spec) in specs.into_iter().enumerate() {
        let at = path.index(index);
        let (text, place, to) = match spec {
            None => continue,
            Some(AllowedSecretSpec::Name(text)) => (Some(text), at.clone(), None),
            Some(AllowedSecretSpec::With(table)) => (table.name, at.key("name"), table.to),
        };
        let to = to.map(|texts| {
            let texts = texts.into_iter().enumerate().filter_map(|(index, text)| Some((index, text?)));
            texts.filter_map(|(index, text)| pattern(&text, at.key("to").index(index), mistakes)).collect()
        });
        let name = text.and_then(|text| name(text, place, mistakes));
        allowed.extend(name.map(|name| AllowedSecret { name, to }));
    }
    allowed
}

fn allowed_mount(spec: AllowedMountSpec, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Option<AllowedMount> {
    let host = absolute(&spec.host?, at.key("host"), mistakes)?;
    Some(AllowedMount { host, mode: spec.mode.unwrap_or_default() })
}

fn absolute(text: &str, at: DocPath, mistakes: &mut Vec<Mistake>) -> Option<PathBuf> {
    if Path::new(text).is_absolute() && !text.contains('\0') {
        return Some(PathBuf::from(text));
    }
    let mistake = Mistake::error(Place::value(at), format!("`{text}` is no absolute path"));
    mistakes.push(mistake.hint("write it from `/` on".to_owned()));
    None
}

/// Bytes, or percent.
fn budget(memory: &SizeSpec, mistakes: &mut Vec<Mistake>) -> Option<MemoryBudget> {
    let at = || DocPath::of(&["budget", "memory"]);
    if let SizeSpec::Text(text) = memory
        && let Some(number) = text.strip_suffix('%')
    {
        let percent = number.parse::<u8>().ok().filter(|percent| (1..=100).contains(percent));
        if percent.is_none() {
            mistakes.push(Mistake::error(Place::value(at()), format!("`{text}` is no part: 1% to 100% are")));
        }
        return percent.map(MemoryBudget::Percent);
    }
    size(Some(memory), at, Zero::Refused, mistakes).map(MemoryBudget::Bytes)
}

fn maximum(spec: &MaximumSpec, mistakes: &mut Vec<Mistake>) -> Maximum {
    let default = Maximum::default();
    let at = |key: &'static str| move || DocPath::of(&["maximum", key]);
    let memory = size(spec.memory.as_ref(), at("memory"), Zero::Refused, mistakes);
    let scratch = size(spec.scratch.as_ref(), at("scratch"), Zero::Allowed, mistakes);
    let log = size(spec.log.as_ref(), at("log"), Zero::Allowed, mistakes);
    let traffic = size(spec.traffic.as_ref(), at("traffic"), Zero::Allowed, mistakes);
    let result = size(spec.result.as_ref(), at("result"), Zero::Refused, mistakes);
    let timeout = duration(spec.execution_timeout.as_ref(), at("execution_timeout"), Zero::Refused, mistakes);
    Maximum {
        memory_bytes: within(memory, (MEMORY_MIN_BYTES, MEMORY_MAX_BYTES), at("memory"), mistakes)
            .unwrap_or(default.memory_bytes),
        execution_timeout: at_most(timeout, at("execution_timeout"), mistakes).unwrap_or(default.execution_timeout),
        scratch_bytes: within(scratch, (0, SCRATCH_MAX_BYTES), at("scratch"), mistakes)
            .unwrap_or(default.scratch_bytes),
        log_bytes: within(log, (0, LOG_MAX_BYTES), at("log"), mistakes).unwrap_or(default.log_bytes),
        traffic_bytes: within(traffic, (0, TRAFFIC_MAX_BYTES), at("traffic"), mistakes)
            .unwrap_or(default.traffic_bytes),
        result_bytes: within(result, (RESULT_MIN_BYTES, RESULT_MAX_BYTES), at("result"), mistakes)
            .unwrap_or(default.result_bytes),
        handles: spec.handles.map_or(default.handles, |handles| handles as usize),
        metric_points: spec.metric_points.map_or(default.metric_points, u64::from),
        fuel: spec.fuel.unwrap_or(default.fuel),
    }
}

fn within(
    bytes: Option<u64>,
    (least, most): (u64, u64),
    at: impl Fn() -> DocPath,
    mistakes: &mut Vec<Mistake>,
) -> Option<u64> {
    let bytes = bytes?;
    if (least..=most).contains(&bytes) {
        return Some(bytes);
    }
    let message = format!("this is out of range: from {} to {}", exact_bytes(least), exact_bytes(most));
    mistakes.push(Mistake::error(Place::value(at()), message));
    None
}

fn at_most(timeout: Option<Duration>, at: impl Fn() -> DocPath, mistakes: &mut Vec<Mistake>) -> Option<Duration> {
    let timeout = timeout?;
    if timeout > EXECUTION_TIMEOUT_MAX {
        let message = format!("this is too much: a try may take {} at most", show_duration(EXECUTION_TIMEOUT_MAX));
        mistakes.push(Mistake::error(Place::value(at()), message));
        return None;
    }
    Some(timeout)
}
