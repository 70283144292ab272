//! Grants: what they mean in themselves. Whether the operator allows them is for who may look at the disk.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{GrantsSpec, MountSpec};
use crate::dag::model::{Grants, Mount};
use crate::dag::path::DocPath;
use crate::dag::words::list;
use crate::text::one_line;

/// Folders that every task has.
const OWN: &[&str] = &["/in", "/out", "/tmp"];

/// The grants of every task.
pub(super) fn check(ground: &Ground<'_>, mistakes: &mut Vec<Mistake>) -> Vec<Grants> {
    (0..ground.tasks.len()).map(|at| one_task(ground, at, mistakes)).collect()
}

fn one_task(ground: &Ground<'_>, at: usize, mistakes: &mut Vec<Mistake>) -> Grants {
    let Some((_, task)) = ground.tasks.get(at) else { return Grants::default() };
    let Some(spec) = &task.grants else { return Grants::default() };
    let path = ground.path(at).key("grants");
    not_yet(spec, &path, mistakes);
    let mounts = mounts(spec, &path.key("mounts"), mistakes);
    let env = env(spec, &path.key("env"), mistakes);
    let grants = Grants { mounts, env };
    if !grants.is_empty() && task.options.tries.deterministic == Some(true) {
        let message = "a task with grants is not deterministic: what it is granted may change";
        let place = Place::value(ground.path(at).key("deterministic"));
        let hint = "leave it out, or give it what it needs as inputs and params";
        mistakes.push(Mistake::error(place, message).hint(hint.to_owned()));
    }
    grants
}

/// These grants are understood but cannot be given yet; an empty list asks for nothing.
fn not_yet(spec: &GrantsSpec, path: &DocPath, mistakes: &mut Vec<Mistake>) {
    let wanted = [("http", spec.http.is_empty()), ("secrets", spec.secrets.is_empty())];
    for (kind, _) in wanted.iter().filter(|(_, is_empty)| !is_empty) {
        let message = format!("this version cannot grant `{kind}`: beyond the sandbox there are `mounts` and `env`");
        let hint = "give the task what it needs as an input".to_owned();
        mistakes.push(Mistake::error(Place::key(path.key(kind)), message).hint(hint));
    }
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

fn mounts(spec: &GrantsSpec, path: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for (at, spec) in spec.mounts.iter().enumerate() {
        let Some(mount) = spec.as_ref().and_then(|spec| mount(spec, &path.index(at), mistakes)) else { continue };
        let meets = |other: &&Mount| is_within(&mount.guest, &other.guest) || is_within(&other.guest, &mount.guest);
        if let Some(other) = mounts.iter().find(meets) {
            let message =
                format!("`{}` and `{}` overlap: each mount has a folder of its own", other.guest, mount.guest);
            mistakes.push(Mistake::error(Place::value(path.index(at).key("guest")), message));
        }
        mounts.push(mount);
    }
    mounts
}

fn mount(spec: &MountSpec, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Option<Mount> {
    let (host, guest) = (spec.host.as_deref(), spec.guest.as_deref());
    let host = host.and_then(|host| host_path(host, &at.key("host"), mistakes));
    let guest = guest.and_then(|guest| guest_path(guest, &at.key("guest"), mistakes));
    Some(Mount { host: host?, guest: guest?, mode: spec.mode.unwrap_or_default() })
}

fn host_path(text: &str, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Option<PathBuf> {
    let path = Path::new(text);
    let goes_back = path.components().any(|part| part == Component::ParentDir);
    if path.is_absolute() && !goes_back && !text.contains('\0') {
        return Some(path.to_owned());
    }
    let message = match goes_back {
        true => format!("`{text}` has `..` in it"),
        false => format!("`{text}` is no absolute path: where a DAG file lies must not decide what is mounted"),
    };
    mistakes.push(Mistake::error(Place::value(at.clone()), message).hint("write it from `/` on".to_owned()));
    None
}

fn guest_path(text: &str, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let names = Path::new(text).components().skip(1).map(|part| match part {
        Component::Normal(name) => name.to_str(),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
    });
    let names: Option<Vec<&str>> = names.collect();
    let message = match names {
        _ if !text.starts_with('/') || text.contains('\0') => format!("`{text}` is no absolute path"),
        None => format!("`{text}` has `..` in it"),
        Some(names) if names.is_empty() => "`/` itself cannot be a mount".to_owned(),
        Some(names) => {
            let guest = format!("/{}", names.join("/"));
            match OWN.iter().find(|own| is_within(&guest, own)) {
                None => return Some(guest),
                Some(own) => {
                    format!("`{own}` is the task's own: {} are there for every task", list(OWN.iter().copied()))
                }
            }
        }
    };
    mistakes.push(Mistake::error(Place::value(at.clone()), message).hint("such as `/data`".to_owned()));
    None
}

/// Whether `path` is `folder` or lies in it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
