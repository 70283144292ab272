//! Folders of the host.

use std::path::{Component, Path, PathBuf};

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{GrantsSpec, MountSpec};
use crate::dag::model::Mount;
use crate::dag::path::DocPath;
use crate::dag::words::list;

/// Folders that every task has.
const OWN: &[&str] = &["/in", "/out", "/tmp"];

/// The mounts of one task: absolute paths, apart from each other and from the task's own folders.
pub(super) fn check(spec: &GrantsSpec, path: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<Mount> {
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
