//! What is opened in a granted folder: regular files and folders, and nothing else. The kernel resolves each path below the
//! folder, by a handle that opens nothing (`O_PATH`), so that no device wakes and no pipe is waited for; only what turns
//! out to be a file or folder is opened, through that handle.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use wasmtime_wasi::OpenMode;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

use super::super::ledger::{Disk, Refusal};

/// How often a path is resolved anew when it changes meanwhile.
const TRIES_MAX: usize = 16;

/// What is to be opened, and how.
pub(in super::super) struct Wanted {
    path: String,
    follow: bool,
    how: OpenFlags,
    read: bool,
    write: bool,
}

/// Why nothing was opened.
#[derive(Debug)]
pub(in super::super) enum Unopened {
    /// So the guest is told.
    Code(ErrorCode),
    /// The disk has no room for one more file.
    Refused(Refusal),
}

impl From<ErrorCode> for Unopened {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

/// What was opened.
#[derive(Debug)]
pub(in super::super) enum Opened {
    File(File),
    Folder(File),
}

impl Wanted {
    /// What a guest asks for.
    ///
    /// # Errors
    /// Writes that are synced one by one: wasmtime-wasi does not have them either.
    pub(in super::super) fn new(
        path_flags: PathFlags,
        path: String,
        how: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Self, ErrorCode> {
        let synced = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if flags.intersects(synced) {
            return Err(ErrorCode::Unsupported);
        }
        let write = flags.contains(DescriptorFlags::WRITE);
        Ok(Self {
            path,
            follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
            how,
            // What is not opened for writing is opened for reading, as in wasmtime-wasi.
            read: flags.contains(DescriptorFlags::READ) || !write,
            write: write || how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE),
        })
    }

    pub(super) fn changes(&self) -> bool {
        self.write
    }

    fn creates(&self) -> bool {
        self.how.contains(OpenFlags::CREATE)
    }

    pub(super) fn open_mode(&self) -> OpenMode {
        let bit = |is_set, bit| if is_set { bit } else { OpenMode::empty() };
        bit(self.read, OpenMode::READ) | bit(self.write, OpenMode::WRITE)
    }

    fn access(&self) -> OFlags {
        let access = match (self.read, self.write) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            (true | false, false) => OFlags::RDONLY,
        };
        access | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK
    }

    /// Opens it below `folder`; makes it if there is room on `disk`. Blocks.
    pub(in super::super) fn open(&self, folder: &File, disk: &Option<Disk>) -> Result<Opened, Unopened> {
        if self.path.is_empty() {
            return Err(ErrorCode::NoEntry.into());
        }
        if self.how.contains(OpenFlags::DIRECTORY) && self.write {
            return Err(ErrorCode::Invalid.into());
        }
        for _ in 0..TRIES_MAX {
            match self.find(folder) {
                Ok(found) => return Ok(self.open_found(&found)?),
                Err(Errno::NOENT) if self.creates() => {
                    disk.as_ref().map_or(Ok(()), |disk| disk.admit(0)).map_err(Unopened::Refused)?;
                    match self.make(folder) {
                        Ok(file) => return Ok(Opened::File(file.into())),
                        // Somebody else made it, or there is a link that leads nowhere.
                        Err(Errno::EXIST | Errno::AGAIN) => {}
                        Err(error) => return Err(code(error).into()),
                    }
                }
                Err(Errno::AGAIN) => {}
                Err(error) => return Err(code(error).into()),
            }
        }
        Err(ErrorCode::NotPermitted.into())
    }

    /// Where the path leads, without opening that.
    fn find(&self, folder: &File) -> Result<OwnedFd, Errno> {
        let follow = if self.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
        rustix::fs::openat2(folder, &self.path, OFlags::PATH | OFlags::CLOEXEC | follow, Mode::empty(), below())
    }

    fn make(&self, folder: &File) -> Result<OwnedFd, Errno> {
        let flags = self.access() | OFlags::CREATE | OFlags::EXCL;
        rustix::fs::openat2(folder, &self.path, flags, Mode::from_raw_mode(0o666), below())
    }

    fn open_found(&self, found: &OwnedFd) -> Result<Opened, ErrorCode> {
        if self.how.contains(OpenFlags::CREATE | OpenFlags::EXCLUSIVE) {
            return Err(ErrorCode::Exist);
        }
        let kind = FileType::from_raw_mode(rustix::fs::fstat(found).map_err(code)?.st_mode);
        match kind {
            FileType::Directory if self.write => Err(ErrorCode::IsDirectory),
            FileType::Directory => Ok(Opened::Folder(reopen(found, self.access() | OFlags::DIRECTORY)?)),
            FileType::RegularFile if self.how.contains(OpenFlags::DIRECTORY) => Err(ErrorCode::NotDirectory),
            FileType::RegularFile => {
                let truncate = self.how.contains(OpenFlags::TRUNCATE);
                let truncate = if truncate { OFlags::TRUNC } else { OFlags::empty() };
                Ok(Opened::File(reopen(found, self.access() | truncate)?))
            }
            FileType::Symlink => Err(ErrorCode::Loop),
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Err(ErrorCode::NotPermitted),
        }
    }
}

/// Below the folder, whatever links and `..` are on the way.
fn below() -> ResolveFlags {
    ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS
}

/// Opens what a handle leads to.
fn reopen(found: &OwnedFd, flags: OFlags) -> Result<File, ErrorCode> {
    let path = format!("/proc/self/fd/{}", found.as_fd().as_raw_fd());
    Ok(rustix::fs::open(path, flags, Mode::empty()).map_err(code)?.into())
}

/// What a guest is told. A path that leads out is not permitted, as in the task's own folders.
fn code(error: Errno) -> ErrorCode {
    match error {
        Errno::XDEV => ErrorCode::NotPermitted,
        other => ErrorCode::from(std::io::Error::from(other)),
    }
}
