//! Grants: what they mean in themselves. Whether the operator allows them is for who may look at the disk.

mod http;
mod mounts;
mod secrets;

use std::collections::BTreeMap;

use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::GrantsSpec;
use crate::dag::model::Grants;
use crate::dag::path::DocPath;
use crate::dag::words::list;
use crate::text::one_line;

/// The grants of every task.
pub(super) fn check(ground: &Ground<'_>, mistakes: &mut Vec<Mistake>) -> Vec<Grants> {
    (0..ground.tasks.len()).map(|at| one_task(ground, at, mistakes)).collect()
}

fn one_task(ground: &Ground<'_>, at: usize, mistakes: &mut Vec<Mistake>) -> Grants {
    let Some((_, task)) = ground.tasks.get(at) else { return Grants::default() };
    let Some(spec) = &task.grants else {
        imports(ground, at, None, mistakes);
        return Grants::default();
    };
    let path = ground.path(at).key("grants");
    let mounts = mounts::check(spec, &path.key("mounts"), mistakes);
    let env = env(spec, &path.key("env"), mistakes);
    let http = http::check(spec, &path.key("http"), mistakes);
    let secrets = secrets::check(spec, &http, &path.key("secrets"), mistakes);
    let grants = Grants { mounts, env, http, secrets };
    imports(ground, at, Some(spec), mistakes);
    if !grants.is_empty() && task.options.said().is_some_and(|options| options.tries.deterministic == Some(true)) {
        let message = "a task with grants is not deterministic: what it is granted may change";
        let place = Place::value(ground.path(at).key("deterministic"));
        let hint = "leave it out, or give it what it needs as inputs and params";
        mistakes.push(Mistake::error(place, message).hint(hint.to_owned()));
    }
    grants
}

/// Environment variables: what a C library takes for some.
fn env(spec: &GrantsSpec, path: &DocPath, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for (name, value) in &spec.env {
        if name.is_empty() || name.contains(['=', '\0']) || name.contains(char::is_whitespace) {
            let message = format!("`{}` is no name of an environment variable", one_line(name));
            mistakes.push(Mistake::error(Place::key(path.key(name)), message));
        }
        match value.as_str() {
            Some(text) if !text.contains('\0') => drop(env.insert(name.clone(), text.to_owned())),
            Some(_) => mistakes.push(Mistake::error(Place::value(path.key(name)), "the value has a NUL in it")),
            // What is no text was told already.
            None => {}
        }
    }
    env
}

/// What the plugin imports beyond the base set, held against what the task is granted.
fn imports(ground: &Ground<'_>, at: usize, spec: Option<&GrantsSpec>, mistakes: &mut Vec<Mistake>) {
    let Some(plugin) = ground.plugin(at) else { return };
    let (http, unknown): (Vec<&str>, Vec<&str>) =
        plugin.granted_imports.iter().map(String::as_str).partition(|import| import.starts_with("wasi:http/"));
    let task = || Place::key(ground.path(at));
    let name = one_line(&plugin.descriptor.name);
    if !unknown.is_empty() {
        let message = format!("the plugin `{name}` imports {}, which no grant gives", list(unknown));
        mistakes.push(Mistake::error(task(), message));
    }
    match (http.is_empty(), spec.is_none_or(|spec| spec.http.is_empty())) {
        (false, true) if !ground.is_broken(&ground.path(at).key("grants")) => {
            let message = format!("the plugin `{name}` imports {}, which a grant gives", list(http));
            let hint = "name the hosts that it may reach: `grants.http = [\"api.example.com:443\"]`".to_owned();
            mistakes.push(Mistake::error(task(), message).hint(hint));
        }
        (true, false) => {
            let message = format!("the plugin `{name}` does not import wasi:http, so that this grant gives it nothing");
            mistakes.push(Mistake::warning(Place::key(ground.path(at).key("grants").key("http")), message));
        }
        (_, _) => {}
    }
}
