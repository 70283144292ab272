//! `/in`: a folder that exists nowhere. Its entries are the input ports; each leads to a file or folder in the store,
//! opened where it lies, for reading only.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::{FsPerms, OpenMode};

use crate::contract::ArtifactKind;
use crate::executor::port::MountedInput;

/// The artifacts under `/in`.
pub(super) struct Inputs {
    mounts: BTreeMap<String, MountedInput>,
    /// Folders that were opened already.
    folders: BTreeMap<String, Dir>,
}

/// What a path below `/in` means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// `/in` itself.
    Root,
    /// The artifact of that port.
    Artifact(String),
    /// Something in the folder of that port.
    Inside(String, String),
}

impl Inputs {
    /// These mounts.
    pub(super) fn new(mounts: Vec<MountedInput>) -> Self {
        let mounts = mounts.into_iter().map(|mount| (mount.port.clone(), mount)).collect();
        Self { mounts, folders: BTreeMap::new() }
    }

    /// One entry for each port.
    pub(super) fn entries(&self) -> Vec<DirectoryEntry> {
        let entry = |mount: &MountedInput| DirectoryEntry {
            type_: match mount.kind {
                ArtifactKind::File => DescriptorType::RegularFile,
                ArtifactKind::Folder => DescriptorType::Directory,
            },
            name: mount.port.clone(),
        };
        self.mounts.values().map(entry).collect()
    }

    /// Opens the artifact of a port for reading.
    pub(super) fn open(&mut self, port: &str) -> FsResult<Descriptor> {
        let mount = self.mounts.get(port).ok_or(ErrorCode::NoEntry)?;
        match mount.kind {
            ArtifactKind::File => {
                let file = open_read_only(&mount.host_path, OFlags::empty())?;
                Ok(Descriptor::File(File::new(file, FsPerms::ReadOnly, OpenMode::READ, true)))
            }
            ArtifactKind::Folder => {
                if let Some(dir) = self.folders.get(port) {
                    return Ok(Descriptor::Dir(dir.clone()));
                }
                let file = open_read_only(&mount.host_path, OFlags::DIRECTORY)?;
                let dir = Dir::new(file, FsPerms::ReadOnly, OpenMode::READ, true);
                self.folders.insert(port.to_owned(), dir.clone());
                Ok(Descriptor::Dir(dir))
            }
        }
    }

    /// Whether the artifact of a port is a file.
    pub(super) fn is_file(&self, port: &str) -> bool {
        self.mounts.get(port).is_some_and(|mount| mount.kind == ArtifactKind::File)
    }
}

/// Opens what the host named; not through a link, should one be there.
pub(super) fn open_read_only(path: &Path, more: OFlags) -> std::io::Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | more;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// Reads a path below `/in`. Artifacts hold no links, so `..` can be resolved by its name.
pub(super) fn below(path: &str) -> Result<Below, ErrorCode> {
    if path.is_empty() {
        return Err(ErrorCode::NoEntry);
    }
    if path.starts_with('/') {
        return Err(ErrorCode::NotPermitted);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(ErrorCode::NotPermitted)?;
            }
            name => parts.push(name),
        }
    }
    let Some((port, rest)) = parts.split_first() else { return Ok(Below::Root) };
    let port = (*port).to_owned();
    // A slash or a dot at the end says that a folder is meant.
    let folder_meant = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    Ok(match (rest.is_empty(), folder_meant) {
        (true, false) => Below::Artifact(port),
        (true, true) => Below::Inside(port, ".".to_owned()),
        (false, false) => Below::Inside(port, rest.join("/")),
        (false, true) => Below::Inside(port, rest.join("/") + "/"),
    })
}
