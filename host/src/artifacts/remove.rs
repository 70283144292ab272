//! Removes trees that a stranger made.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fchmod, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// Removes a file or a folder with all that is in it; what is not there is no error. Links are removed, not followed.
///
/// Takes one open folder and no recursion, however deep the tree is: folders found in folders are first moved up.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.is_dir() => return fs::remove_file(path),
        Ok(_) => {}
    }
    // Most folders of a try are empty.
    if fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    let top = open_writable(CWD, path)?;
    let mut moved = 0;
    loop {
        let names = list(&top)?;
        if names.is_empty() {
            return fs::remove_dir(path);
        }
        for (name, is_folder) in names {
            if is_folder {
                empty(&top, &name, &mut moved)?;
                unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
            } else {
                unlinkat(&top, &name, AtFlags::empty())?;
            }
        }
    }
}

/// Empties the folder `name` of `top`: its files are unlinked, its folders moved up into `top`.
fn empty(top: &OwnedFd, name: &std::ffi::CStr, moved: &mut u64) -> io::Result<()> {
    let folder = open_writable(top, name)?;
    for (child, is_folder) in list(&folder)? {
        if !is_folder {
            unlinkat(&folder, &child, AtFlags::empty())?;
            continue;
        }
        // Moving a folder writes its `..`, so it must be writable itself.
        drop(open_writable(&folder, &child)?);
        loop {
            *moved += 1;
            match renameat(&folder, &child, top, format!("~{moved}")) {
                Ok(()) => break,
                // The guest may have used that name: another.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn open_writable(at: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match openat(at.as_fd(), name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(at.as_fd(), name, Mode::RWXU, AtFlags::empty())?;
            openat(at.as_fd(), name, flags, Mode::empty())?
        }
        opened => opened?,
    };
    fchmod(&folder, Mode::RWXU)?;
    Ok(folder)
}

/// The names in a folder, and whether each is a folder.
fn list(folder: &OwnedFd) -> io::Result<Vec<(std::ffi::CString, bool)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => FileType::from_raw_mode(statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode),
            known => known,
        };
        names.push((name.to_owned(), kind == FileType::Directory));
    }
    Ok(names)
}
