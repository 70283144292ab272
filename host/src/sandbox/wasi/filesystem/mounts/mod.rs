//! Granted folders of the host, beside the three that every task has.
//!
//! What is in them belongs to somebody else. So it counts in no quota but the disk's reserve, every call goes to a thread
//! that may block, since a file may lie on a network; what is opened, and how, is [`open`]'s. Links are followed within the
//! folder, and not made.

pub(super) mod open;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File as WasiFile};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, Filesize, HostDescriptor, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

pub(super) use self::open::Wanted;
use self::open::{Opened, Unopened};
use super::handles::Slot;
use super::ledger::Disk;
use super::streams::{MountReader, MountWriter, Place};
use super::{View, again, refusal_code};
use crate::executor::mounts::OpenMount;
use crate::lifecycle::launch::MountMode;

/// The granted folders of one guest.
#[derive(Default)]
pub(super) struct Mounts {
    roots: Vec<Root>,
    /// Which of them each handle leads into, by the handle's number in the table.
    handles: FxHashMap<u32, usize>,
}

struct Root {
    dir: Dir,
    guest: String,
    disk: Disk,
}

impl Mounts {
    /// These folders.
    pub(super) fn new(mounts: Vec<OpenMount>, disk_reserve_bytes: u64) -> Self {
        let root = |mount: OpenMount| {
            let (perms, mode) = match mount.mode {
                MountMode::Ro => (FsPerms::ReadOnly, OpenMode::READ),
                MountMode::Rw => (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE),
            };
            let dir = Dir::new(mount.folder, perms, mode, false);
            let disk = Disk::of(Arc::clone(&dir.dir), disk_reserve_bytes);
            Root { dir, guest: mount.guest, disk }
        };
        Self { roots: mounts.into_iter().map(root).collect(), handles: FxHashMap::default() }
    }

    /// Each with its path for the guest.
    pub(super) fn folders(&self) -> Vec<(Dir, String)> {
        self.roots.iter().map(|root| (root.dir.clone(), root.guest.clone())).collect()
    }

    /// A handle leads into that folder.
    pub(super) fn opened(&mut self, number: u32, root: usize) {
        self.handles.insert(number, root);
    }

    /// A handle was dropped.
    pub(super) fn closed(&mut self, number: u32) {
        self.handles.remove(&number);
    }

    /// Which folder a handle leads into; `None`: into one of the task's own.
    pub(super) fn of(&self, number: u32) -> Option<usize> {
        if self.roots.is_empty() { None } else { self.handles.get(&number).copied() }
    }
}

impl View<'_> {
    /// Which granted folder a handle leads into; `None`: into one of the task's own.
    pub(super) fn mount_of(&self, fd: &Resource<Descriptor>) -> Option<usize> {
        self.files.mounts.of(fd.rep())
    }

    /// Opens a file or folder in a granted one, and makes the file if that is asked for.
    pub(super) async fn open_mounted(
        &mut self,
        root: usize,
        fd: &Resource<Descriptor>,
        wanted: Wanted,
    ) -> FsResult<Resource<Descriptor>> {
        if wanted.changes() {
            self.check_writable(fd)?;
        }
        let disk = self.disk_of(root);
        let (dir, perms) = match self.table.get(fd)? {
            Descriptor::Dir(dir) => (Arc::clone(&dir.dir), dir.perms),
            Descriptor::File(_) => return Err(ErrorCode::NotDirectory.into()),
        };
        let open_mode = wanted.open_mode();
        let opened = spawn_blocking(move || wanted.open(&dir, &disk)).await;
        let opened = opened.map_err(|error| self.told_of(error))?;
        let descriptor = match opened {
            Opened::File(file) => Descriptor::File(WasiFile::new(file, perms, open_mode, false)),
            Opened::Folder(file) => Descriptor::Dir(Dir::new(file, perms, open_mode, false)),
        };
        let handle = self.table.push(descriptor)?;
        self.files.mounts.opened(handle.rep(), root);
        Ok(handle)
    }

    /// Reads on a thread that may block.
    pub(super) fn mounted_reader(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        let slot = self.files.handles.slot(fd.rep());
        let theirs = self.theirs().read_via_stream(fd, offset)?;
        let inner = self.table.delete(theirs)?;
        let reader: DynInputStream = Box::new(MountReader::new(inner, slot));
        Ok(self.table.push(reader)?)
    }

    /// Writes on a thread that may block. At the end means at the end as it is when the system writes.
    pub(super) fn mounted_writer(
        &mut self,
        root: usize,
        fd: Resource<Descriptor>,
        place: Place,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.open_for_writing(&fd)?;
        let slot: Option<Arc<Slot>> = self.files.handles.slot(fd.rep());
        let theirs = match place {
            Place::At(offset) => self.theirs().write_via_stream(fd, offset)?,
            Place::End => self.theirs().append_via_stream(fd)?,
        };
        let inner = self.table.delete(theirs)?;
        let disk = self.disk_of(root);
        let writer: DynOutputStream = Box::new(MountWriter::new(inner, slot, disk, Arc::clone(&self.files.ledger)));
        Ok(self.table.push(writer)?)
    }

    /// Whether so much more may be written to the disk of a granted folder.
    pub(super) async fn admit_on_mount(&mut self, root: usize, more: u64) -> FsResult<()> {
        let Some(disk) = self.disk_of(root) else { return Ok(()) };
        let admitted = disk.admit_elsewhere(more).await;
        Ok(admitted.map_err(|refusal| self.told_of(Unopened::Refused(refusal)))?)
    }

    fn disk_of(&self, root: usize) -> Option<Disk> {
        self.files.mounts.roots.get(root).map(|root| root.disk.clone())
    }

    fn told_of(&mut self, why: Unopened) -> ErrorCode {
        match why {
            Unopened::Code(code) => code,
            Unopened::Refused(refusal) => refusal_code(self.files.ledger().refuse(refusal)),
        }
    }

    /// Writes in one piece.
    pub(super) async fn write_mounted(
        &mut self,
        root: usize,
        fd: Resource<Descriptor>,
        buffer: Vec<u8>,
        offset: Filesize,
    ) -> FsResult<Filesize> {
        self.open_for_writing(&fd)?;
        self.admit_on_mount(root, buffer.len() as u64).await?;
        self.theirs().write(fd, buffer, offset).await
    }

    /// Makes a file longer or shorter.
    pub(super) async fn resize_mounted(
        &mut self,
        root: usize,
        fd: Resource<Descriptor>,
        size: Filesize,
    ) -> FsResult<()> {
        let file = self.open_for_writing(&fd)?;
        let has = spawn_blocking(move || file.metadata()).await?.len();
        self.admit_on_mount(root, size.saturating_sub(has)).await?;
        self.theirs().set_size(fd, size).await
    }

    /// Sets the times of what a path leads to. By a handle of ours: opening a pipe for that would wait for its other end.
    pub(super) async fn set_times_mounted(
        &mut self,
        root: usize,
        fd: &Resource<Descriptor>,
        (path_flags, path): (PathFlags, String),
        (atime, mtime): (NewTimestamp, NewTimestamp),
    ) -> FsResult<()> {
        let wanted = Wanted::new(path_flags, path, OpenFlags::empty(), DescriptorFlags::READ)?;
        let handle = self.open_mounted(root, fd, wanted).await?;
        let set = self.theirs().set_times(again(&handle), atime, mtime).await;
        self.files.mounts.closed(handle.rep());
        self.table.delete(handle)?;
        set
    }
}
