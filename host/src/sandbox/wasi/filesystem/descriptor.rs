//! Every call on a handle: what only reads is here, what changes something in [`mutate`](super::mutate).

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize, HostDescriptor,
    HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult, ReaddirIterator};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

use super::facts::fixed;
use super::listing::Listing;
use super::streams::{Place, Reader};
use super::{Found, View, again};

impl types::Host for View<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        // Our streams fail with the code itself, theirs with an error of the machine.
        if let Some(code) = self.table.get(&error)?.downcast_ref::<ErrorCode>() {
            return Ok(Some(*code));
        }
        types::Host::filesystem_error_code(&mut self.theirs(), error)
    }
}

impl View<'_> {
    fn told(&self, stat: DescriptorStat) -> DescriptorStat {
        match self.files.facts {
            Some(_) => fixed(stat),
            None => stat,
        }
    }

    fn numbered(&mut self, hash: MetadataHashValue) -> MetadataHashValue {
        match &mut self.files.facts {
            Some(facts) => facts.number(hash.lower),
            None => hash,
        }
    }

    async fn entries(&mut self, fd: Resource<Descriptor>) -> FsResult<Vec<DirectoryEntry>> {
        if self.is_root(&fd)? {
            return Ok(self.files.inputs.entries());
        }
        let stream = self.theirs().read_directory(fd).await?;
        self.table.delete(stream)?.into_iter().collect()
    }
}

impl HostDescriptor for View<'_> {
    fn read_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        if self.mount_of(&fd).is_some() {
            return self.mounted_reader(fd, offset);
        }
        let reader = match self.table.get(&fd)? {
            Descriptor::File(file) => {
                Reader::new(std::sync::Arc::clone(&file.file), self.files.handles.slot(fd.rep()), offset)
            }
            Descriptor::Dir(_) => return Err(ErrorCode::IsDirectory.into()),
        };
        let stream: DynInputStream = Box::new(reader);
        Ok(self.table.push(stream)?)
    }

    fn write_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        self.writer(fd, Place::At(offset))
    }

    fn append_via_stream(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        self.writer(fd, Place::End)
    }

    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        self.theirs().advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        if self.mount_of(&fd).is_some() {
            return self.theirs().sync_data(fd).await;
        }
        self.synced(&fd)
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        if self.mount_of(&fd).is_some() {
            return self.theirs().sync(fd).await;
        }
        self.synced(&fd)
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        self.theirs().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        self.theirs().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        self.resize(fd, size).await
    }

    async fn set_times(&mut self, fd: Resource<Descriptor>, atime: NewTimestamp, mtime: NewTimestamp) -> FsResult<()> {
        self.check_writable(&fd)?;
        self.theirs().set_times(fd, atime, mtime).await
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        self.theirs().read(fd, length, offset).await
    }

    async fn write(&mut self, fd: Resource<Descriptor>, buffer: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.write_at(fd, buffer, offset).await
    }

    async fn read_directory(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<ReaddirIterator>> {
        let entries = self.entries(fd).await?;
        let listing = Listing::new(entries, &self.files.listed)?;
        let listing = self.table.push(listing)?;
        Ok(Resource::new_own(listing.rep()))
    }

    async fn create_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.make_folder(fd, path).await
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        let stat = self.theirs().stat(fd).await?;
        Ok(self.told(stat))
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        let stat = match self.find(&fd, &path)? {
            Found::Elsewhere => self.theirs().stat_at(fd, path_flags, path).await,
            Found::Root => self.theirs().stat(fd).await,
            Found::Artifact(own) => {
                let stat = self.theirs().stat(again(&own)).await;
                self.table.delete(own)?;
                stat
            }
            Found::Inside(own, rest) => {
                let stat = self.theirs().stat_at(again(&own), path_flags, rest).await;
                self.table.delete(own)?;
                stat
            }
        }?;
        Ok(self.told(stat))
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        atime: NewTimestamp,
        mtime: NewTimestamp,
    ) -> FsResult<()> {
        self.check_writable(&fd)?;
        if let Some(root) = self.mount_of(&fd) {
            return self.set_times_mounted(root, &fd, (path_flags, path), (atime, mtime)).await;
        }
        self.theirs().set_times_at(fd, path_flags, path, atime, mtime).await
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        _old_path_flags: PathFlags,
        _old_path: String,
        new_fd: Resource<Descriptor>,
        _new_path: String,
    ) -> FsResult<()> {
        self.check_writable(&fd)?;
        self.check_writable(&new_fd)?;
        // What has several names is not collected from `/out`, and could not be counted by its name.
        Err(ErrorCode::NotPermitted.into())
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let slot = self.take_slot()?;
        let opened = self.open(fd, path_flags, path, open_flags, flags).await?;
        self.count_handle(&opened, slot)?;
        Ok(opened)
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        match self.find(&fd, &path)? {
            Found::Elsewhere => self.theirs().readlink_at(fd, path).await,
            Found::Root => Err(ErrorCode::Invalid.into()),
            Found::Artifact(own) => {
                self.table.delete(own)?;
                Err(ErrorCode::Invalid.into())
            }
            Found::Inside(own, rest) => {
                let link = self.theirs().readlink_at(again(&own), rest).await;
                self.table.delete(own)?;
                link
            }
        }
    }

    async fn remove_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.remove_folder(fd, path).await
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        old_path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        self.rename(fd, old_path, new_fd, new_path).await
    }

    async fn symlink_at(&mut self, fd: Resource<Descriptor>, old_path: String, new_path: String) -> FsResult<()> {
        self.make_link(fd, old_path, new_path).await
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.remove_file(fd, path).await
    }

    async fn is_same_object(&mut self, a: Resource<Descriptor>, b: Resource<Descriptor>) -> wasmtime::Result<bool> {
        self.theirs().is_same_object(a, b).await
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        let hash = self.theirs().metadata_hash(fd).await?;
        Ok(self.numbered(hash))
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let hash = match self.find(&fd, &path)? {
            Found::Elsewhere => self.theirs().metadata_hash_at(fd, path_flags, path).await,
            Found::Root => self.theirs().metadata_hash(fd).await,
            Found::Artifact(own) => {
                let hash = self.theirs().metadata_hash(again(&own)).await;
                self.table.delete(own)?;
                hash
            }
            Found::Inside(own, rest) => {
                let hash = self.theirs().metadata_hash_at(again(&own), path_flags, rest).await;
                self.table.delete(own)?;
                hash
            }
        }?;
        Ok(self.numbered(hash))
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        let number = fd.rep();
        self.table.delete(fd)?;
        self.files.handles.closed(number);
        self.files.mounts.closed(number);
        Ok(())
    }
}

impl HostDirectoryEntryStream for View<'_> {
    async fn read_directory_entry(&mut self, stream: Resource<ReaddirIterator>) -> FsResult<Option<DirectoryEntry>> {
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        Ok(self.table.get_mut(&listing)?.next())
    }

    fn drop(&mut self, stream: Resource<ReaddirIterator>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}
