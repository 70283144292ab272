//! Calls that change something, each after a look at the quota.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use wasmtime::component::Resource;
use wasmtime_wasi::OpenMode;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, Filesize, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi_io::streams::DynOutputStream;

use super::handles::Slot;
use super::ledger::Key;
use super::mounts::Wanted;
use super::streams::{Place, Writer};
use super::{Found, View, again, refusal_code};

impl View<'_> {
    /// What is kept is synced by the host when it is published; a guest's own sync would only load the disk.
    pub(super) fn synced(&self, fd: &Resource<Descriptor>) -> FsResult<()> {
        self.table.get(fd)?;
        Ok(())
    }

    /// A stream into a file that was opened for writing.
    pub(super) fn writer(&mut self, fd: Resource<Descriptor>, place: Place) -> FsResult<Resource<DynOutputStream>> {
        if let Some(root) = self.mount_of(&fd) {
            return self.mounted_writer(root, fd, place);
        }
        let file = self.open_for_writing(&fd)?;
        // The call is made on this thread and is ready at once; the interface has no `async` here.
        let key = now(self.key(&fd)).unwrap_or_else(|| Err(ErrorCode::Io.into()))?;
        let slot = self.files.handles.slot(fd.rep());
        let writer = Writer::new(file, slot, key, place, Arc::clone(&self.files.ledger));
        let stream: DynOutputStream = Box::new(writer);
        Ok(self.table.push(stream)?)
    }

    /// Writes in one piece.
    pub(super) async fn write_at(
        &mut self,
        fd: Resource<Descriptor>,
        buffer: Vec<u8>,
        offset: Filesize,
    ) -> FsResult<Filesize> {
        if let Some(root) = self.mount_of(&fd) {
            return self.write_mounted(root, fd, buffer, offset).await;
        }
        self.open_for_writing(&fd)?;
        let key = self.key(&fd).await?;
        let end = offset.checked_add(buffer.len() as u64).ok_or(ErrorCode::FileTooLarge)?;
        self.files.ledger().reserve(key, end).map_err(refusal_code)?;
        self.theirs().write(fd, buffer, offset).await
    }

    /// Makes a file longer or shorter.
    pub(super) async fn resize(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        if let Some(root) = self.mount_of(&fd) {
            return self.resize_mounted(root, fd, size).await;
        }
        self.open_for_writing(&fd)?;
        let key = self.key(&fd).await?;
        self.files.ledger().reserve(key, size).map_err(refusal_code)?;
        self.theirs().set_size(fd, size).await?;
        self.files.ledger().resized(key, size);
        Ok(())
    }

    /// Makes a folder.
    pub(super) async fn make_folder(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.check_writable(&fd)?;
        if let Some(root) = self.mount_of(&fd) {
            self.admit_on_mount(root, 0).await?;
            return self.theirs().create_directory_at(fd, path).await;
        }
        self.files.ledger().admit_name().map_err(refusal_code)?;
        self.theirs().create_directory_at(again(&fd), path.clone()).await?;
        self.named(&fd, &path).await
    }

    /// Makes a symbolic link; wasmtime-wasi refuses those that lead out. In a granted folder none is made: others may follow
    /// it with more rights than the task has.
    pub(super) async fn make_link(&mut self, fd: Resource<Descriptor>, target: String, path: String) -> FsResult<()> {
        self.check_writable(&fd)?;
        if self.mount_of(&fd).is_some() {
            return Err(ErrorCode::NotPermitted.into());
        }
        self.files.ledger().admit_name().map_err(refusal_code)?;
        self.theirs().symlink_at(again(&fd), target, path.clone()).await?;
        self.named(&fd, &path).await
    }

    /// Removes an empty folder.
    pub(super) async fn remove_folder(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.check_writable(&fd)?;
        if self.mount_of(&fd).is_some() {
            return self.theirs().remove_directory_at(fd, path).await;
        }
        let key = self.key_at(&fd, PathFlags::empty(), &path).await?;
        self.theirs().remove_directory_at(fd, path).await?;
        self.files.unnamed(key);
        Ok(())
    }

    /// Removes a file or a link.
    pub(super) async fn remove_file(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.check_writable(&fd)?;
        if self.mount_of(&fd).is_some() {
            return self.theirs().unlink_file_at(fd, path).await;
        }
        let key = self.key_at(&fd, PathFlags::empty(), &path).await?;
        self.theirs().unlink_file_at(fd, path).await?;
        self.files.unnamed(key);
        Ok(())
    }

    /// Renames; what had the new name is gone then.
    pub(super) async fn rename(
        &mut self,
        fd: Resource<Descriptor>,
        old_path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        self.check_writable(&fd)?;
        self.check_writable(&new_fd)?;
        match (self.mount_of(&fd), self.mount_of(&new_fd)) {
            (None, None) => {}
            (from, to) if from == to => return self.theirs().rename_at(fd, old_path, new_fd, new_path).await,
            // What is the task's own is counted, and lies elsewhere.
            (_, _) => return Err(ErrorCode::CrossDevice.into()),
        }
        let moved = self.key_at(&fd, PathFlags::empty(), &old_path).await?;
        let replaced = self.existing_key_at(&new_fd, PathFlags::empty(), &new_path).await?;
        self.theirs().rename_at(fd, old_path, new_fd, new_path).await?;
        if let Some(replaced) = replaced.filter(|replaced| *replaced != moved) {
            self.files.unnamed(replaced);
        }
        Ok(())
    }

    /// Opens a file or folder, and makes the file if that is asked for.
    pub(super) async fn open(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        if let Some(root) = self.mount_of(&fd) {
            return self.open_mounted(root, &fd, Wanted::new(path_flags, path, open_flags, flags)?).await;
        }
        let changes =
            open_flags.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE) || flags.contains(DescriptorFlags::WRITE);
        let writable = self.check_writable(&fd);
        if changes {
            writable?;
            return self.open_counted(fd, path_flags, path, open_flags, flags).await;
        }
        match self.find(&fd, &path)? {
            Found::Elsewhere if writable.is_ok() => self.open_counted(fd, path_flags, path, open_flags, flags).await,
            Found::Elsewhere => self.theirs().open_at(fd, path_flags, path, open_flags, flags).await,
            Found::Root => {
                let root = self.files.root.0.clone();
                Ok(self.table.push(Descriptor::Dir(root))?)
            }
            Found::Artifact(own) => {
                let is_file = matches!(self.table.get(&own)?, Descriptor::File(_));
                if is_file && open_flags.contains(OpenFlags::DIRECTORY) {
                    self.table.delete(own)?;
                    return Err(ErrorCode::NotDirectory.into());
                }
                Ok(own)
            }
            Found::Inside(own, rest) => {
                let from = again(&own);
                let opened = self.theirs().open_at(from, path_flags, rest, open_flags, flags).await;
                self.table.delete(own)?;
                opened
            }
        }
    }

    /// Room for one more open file or folder beside those of all guests.
    pub(super) fn take_slot(&mut self) -> FsResult<Slot> {
        let taken = self.files.handles.take();
        Ok(taken.map_err(|refusal| refusal_code(self.files.ledger().refuse(refusal)))?)
    }

    /// Counts what was opened. The folder `/in` itself is one that all guests share.
    pub(super) fn count_handle(&mut self, opened: &Resource<Descriptor>, slot: Slot) -> FsResult<()> {
        if !self.is_root(opened)? {
            self.files.handles.opened(opened.rep(), slot);
        }
        Ok(())
    }

    /// Opens below a writable folder.
    async fn open_counted(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let creates =
            open_flags.contains(OpenFlags::CREATE) && self.existing_key_at(&fd, path_flags, &path).await?.is_none();
        if creates {
            self.files.ledger().admit_name().map_err(refusal_code)?;
        }
        let opened = self.theirs().open_at(fd, path_flags, path, open_flags, flags).await?;
        let file = match self.table.get(&opened)? {
            Descriptor::File(file) => Arc::clone(&file.file),
            Descriptor::Dir(_) => return Ok(opened),
        };
        let key = self.key(&opened).await?;
        let bytes = file.metadata()?.len();
        let mut ledger = self.files.ledger();
        if creates {
            ledger.named();
            ledger.created(key);
        }
        ledger.opened(key, bytes, &file);
        drop(ledger);
        if let Some(facts) = self.files.facts.as_mut().filter(|_| creates) {
            facts.forget(key);
        }
        Ok(opened)
    }

    /// Counts a folder or link that was just made.
    async fn named(&mut self, fd: &Resource<Descriptor>, path: &str) -> FsResult<()> {
        self.files.ledger().named();
        let key = self.key_at(fd, PathFlags::empty(), path).await?;
        self.files.ledger().created(key);
        if let Some(facts) = &mut self.files.facts {
            facts.forget(key);
        }
        Ok(())
    }

    pub(super) fn open_for_writing(&self, fd: &Resource<Descriptor>) -> FsResult<Arc<std::fs::File>> {
        self.check_writable(fd)?;
        match self.table.get(fd)? {
            Descriptor::File(file) if file.open_mode.contains(OpenMode::WRITE) => Ok(Arc::clone(&file.file)),
            Descriptor::File(_) | Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    /// The identity of what a handle leads to.
    async fn key(&mut self, fd: &Resource<Descriptor>) -> FsResult<Key> {
        Ok(self.theirs().metadata_hash(again(fd)).await?.lower)
    }

    /// The identity of what has that name, or an error if nothing has.
    async fn key_at(&mut self, fd: &Resource<Descriptor>, path_flags: PathFlags, path: &str) -> FsResult<Key> {
        let hash = self.theirs().metadata_hash_at(again(fd), path_flags, path.to_owned()).await?;
        Ok(hash.lower)
    }

    /// The identity of what has that name, if something has.
    async fn existing_key_at(
        &mut self,
        fd: &Resource<Descriptor>,
        path_flags: PathFlags,
        path: &str,
    ) -> FsResult<Option<Key>> {
        match self.key_at(fd, path_flags, path).await {
            Ok(key) => Ok(Some(key)),
            Err(error) => match error.downcast_ref() {
                Some(ErrorCode::NoEntry) => Ok(None),
                Some(_) | None => Err(error),
            },
        }
    }
}

/// The result of a future that does not have to wait.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
