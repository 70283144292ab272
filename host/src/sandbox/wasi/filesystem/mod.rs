//! `wasi:filesystem`: three folders, those that were granted, and nothing else. `/in` is read-only and made of the input ports; `/out` and
//! `/tmp` are real folders with a quota.
//!
//! Paths are resolved and files opened by wasmtime-wasi, which does not leave a folder by `..` or a link. Around it,
//! here: the quota ([`ledger`]), `/in` ([`inputs`]), streams that finish what they start ([`streams`]), sorted
//! listings ([`listing`]), granted folders ([`mounts`]), and for pure tasks facts that are the same on every machine ([`facts`]).
//! One more rule for files: [`descriptor`] is where every call passes.

mod descriptor;
mod facts;
pub(in crate::sandbox) mod handles;
mod inputs;
pub(in crate::sandbox) mod ledger;
mod listing;
mod mounts;
mod mutate;
mod streams;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{self, ErrorCode};
use wasmtime_wasi::{FsPerms, OpenMode, WasiCtx};

use self::facts::Facts;
use self::handles::{Budget, Handles};
use self::inputs::{Below, Inputs, below};
use self::ledger::{Ledger, Quota, Refusal};
use self::listing::Held;
use self::mounts::Mounts;
use crate::executor::mounts::OpenMount;
use crate::executor::port::{Folders, WorkFolders, WorkPaths};
use crate::sandbox::guest::Guest;
use crate::sandbox::trap::HostFault;

/// wasmtime-wasi's part: calls happen on the guest's own thread, which is meant to block on files.
static BLOCKING: LazyLock<WasiFilesystemCtx> = LazyLock::new(|| {
    let mut ctx = WasiCtx::builder().allow_blocking_current_thread(true).build();
    ctx.filesystem().clone()
});

/// An empty folder that nobody else can reach, which stands for `/in` in wasmtime-wasi's eyes.
#[derive(Clone)]
struct EmptyFolder(Dir);

impl EmptyFolder {
    /// Makes a folder and removes its name.
    fn new() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = inputs::open_read_only(folder.path(), OFlags::DIRECTORY)?;
        folder.close()?;
        Ok(Self(Dir::new(file, FsPerms::ReadOnly, OpenMode::READ, true)))
    }
}

/// What the files of all guests have in common.
pub(in crate::sandbox) struct Shared {
    no_folder: EmptyFolder,
    open_files: Arc<Budget>,
}

impl Shared {
    /// Guests may hold `open_files` open together.
    pub(in crate::sandbox) fn new(open_files: usize) -> std::io::Result<Self> {
        Ok(Self { no_folder: EmptyFolder::new()?, open_files: Budget::new(open_files) })
    }
}

/// The folders of one guest.
pub(in crate::sandbox) struct Files {
    ctx: WasiFilesystemCtx,
    root: EmptyFolder,
    inputs: Inputs,
    /// `/out` and `/tmp`, opened when the guest first asks for its folders: a task without files costs none.
    work: Option<Work>,
    mounts: Mounts,
    ledger: Arc<Mutex<Ledger>>,
    listed: Held,
    handles: Handles,
    /// Of a pure task only.
    facts: Option<Facts>,
}

/// The folders that a guest may write to.
enum Work {
    Closed(Arc<dyn WorkFolders>),
    Open { out: Dir, tmp: Dir },
}

impl Files {
    /// The three folders and those that were granted, or none for `describe`.
    pub(in crate::sandbox) fn new(
        folders: Option<Folders>,
        mounts: Vec<OpenMount>,
        shared: &Shared,
        quota: Quota,
        pure: bool,
    ) -> Self {
        let mut handles = Handles::new(Arc::clone(&shared.open_files));
        handles.stand(mounts.len());
        let (inputs, work) = match folders {
            Some(Folders { inputs, work }) => (inputs, Some(Work::Closed(work))),
            None => (Vec::new(), None),
        };
        Self {
            ctx: BLOCKING.clone(),
            root: shared.no_folder.clone(),
            inputs: Inputs::new(inputs),
            work,
            mounts: Mounts::new(mounts, quota.disk_reserve_bytes),
            ledger: Arc::new(Mutex::new(Ledger::new(quota))),
            listed: Held::default(),
            handles,
            facts: pure.then(Facts::default),
        }
    }

    /// What is in the writable folders.
    pub(in crate::sandbox) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name was taken away: nothing is kept of what may be gone.
    fn unnamed(&mut self, key: ledger::Key) {
        self.ledger().unnamed(key);
        if let Some(facts) = &mut self.facts {
            facts.forget(key);
        }
    }

    fn open_work(&mut self) -> wasmtime::Result<Option<(Dir, Dir)>> {
        match &self.work {
            None => Ok(None),
            Some(Work::Open { out, tmp }) => Ok(Some((out.clone(), tmp.clone()))),
            Some(Work::Closed(work)) => {
                let fault = |source| HostFault::Folder { guest_path: "/out and /tmp", source };
                let WorkPaths { out, tmp } = work.open().map_err(fault)?;
                let (out, tmp) = (open_folder("/out", &out)?, open_folder("/tmp", &tmp)?);
                self.handles.stand(2);
                self.ledger().on_disk(Arc::clone(&out.dir));
                self.work = Some(Work::Open { out: out.clone(), tmp: tmp.clone() });
                Ok(Some((out, tmp)))
            }
        }
    }
}

/// Opens a writable folder.
fn open_folder(guest_path: &'static str, path: &Path) -> wasmtime::Result<Dir> {
    let fault = |source| HostFault::Folder { guest_path, source };
    let file = inputs::open_read_only(path, OFlags::DIRECTORY).map_err(fault)?;
    Ok(Dir::new(file, FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE, true))
}

/// What a guest is told.
fn refusal_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::Bytes | Refusal::Files | Refusal::Handles => ErrorCode::Quota,
        Refusal::Disk => ErrorCode::InsufficientSpace,
    }
}

/// Folders and handles together.
struct View<'a> {
    files: &'a mut Files,
    table: &'a mut ResourceTable,
}

struct HasFiles;

impl HasData for HasFiles {
    type Data<'a> = View<'a>;
}

/// Where a path leads, seen from a handle.
enum Found {
    /// Into a real folder: the handle and the path can be used as they are.
    Elsewhere,
    /// To `/in` itself.
    Root,
    /// To an artifact: a handle of ours to it, to be given back.
    Artifact(Resource<Descriptor>),
    /// Into an artifact that is a folder: a handle of ours to it, to be given back, and the rest of the path.
    Inside(Resource<Descriptor>, String),
}

impl View<'_> {
    /// wasmtime-wasi's own implementation over the same handles.
    fn theirs(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: &mut self.files.ctx, table: self.table }
    }

    fn is_root(&self, fd: &Resource<Descriptor>) -> FsResult<bool> {
        Ok(match self.table.get(fd)? {
            Descriptor::Dir(dir) => Arc::ptr_eq(&dir.dir, &self.files.root.0.dir),
            Descriptor::File(_) => false,
        })
    }

    fn find(&mut self, fd: &Resource<Descriptor>, path: &str) -> FsResult<Found> {
        if !self.is_root(fd)? {
            return Ok(Found::Elsewhere);
        }
        match below(path)? {
            Below::Root => Ok(Found::Root),
            Below::Artifact(port) => {
                let artifact = self.files.inputs.open(&port)?;
                Ok(Found::Artifact(self.table.push(artifact)?))
            }
            Below::Inside(port, rest) => {
                if self.files.inputs.is_file(&port) {
                    return Err(ErrorCode::NotDirectory.into());
                }
                let artifact = self.files.inputs.open(&port)?;
                Ok(Found::Inside(self.table.push(artifact)?, rest))
            }
        }
    }

    /// Whether what the handle leads to may be changed.
    fn check_writable(&self, fd: &Resource<Descriptor>) -> FsResult<()> {
        let perms = match self.table.get(fd)? {
            Descriptor::File(file) => file.perms,
            Descriptor::Dir(dir) => dir.perms,
        };
        match perms {
            FsPerms::ReadWrite => Ok(()),
            FsPerms::ReadOnly => Err(ErrorCode::ReadOnly.into()),
        }
    }
}

/// Another handle to the same entry of the table, for a call that takes it by value.
fn again(fd: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(fd.rep())
}

impl preopens::Host for View<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let Some((out, tmp)) = self.files.open_work()? else { return Ok(Vec::new()) };
        let root = self.files.root.0.clone();
        let own = [(root, "/in"), (out, "/out"), (tmp, "/tmp")].into_iter();
        let mut folders = own
            .map(|(dir, path)| Ok((self.table.push(Descriptor::Dir(dir))?, path.to_owned())))
            .collect::<wasmtime::Result<Vec<_>>>()?;
        for (at, (dir, path)) in self.files.mounts.folders().into_iter().enumerate() {
            let handle = self.table.push(Descriptor::Dir(dir))?;
            self.files.mounts.opened(handle.rep(), at);
            folders.push((handle, path));
        }
        Ok(folders)
    }
}

fn view(guest: &mut Guest) -> View<'_> {
    View { files: &mut guest.files, table: &mut guest.table }
}

/// Links all of `wasi:filesystem`.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    preopens::add_to_linker::<Guest, HasFiles>(linker, view)?;
    types::add_to_linker::<Guest, HasFiles>(linker, view)?;
    Ok(())
}
