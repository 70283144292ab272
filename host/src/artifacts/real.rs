//! Where something that is open lies.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The path of an open file or folder, by the system's word: without links.
///
/// # Errors
/// It has no path any more.
pub fn real_path(open: &File) -> io::Result<PathBuf> {
    let link = rustix::fs::readlink(format!("/proc/self/fd/{}", open.as_raw_fd()), Vec::new())?;
    let path = PathBuf::from(OsString::from_vec(link.into_bytes()));
    // What was removed has a name that is none.
    let there = std::fs::symlink_metadata(&path).and_then(|there| Ok((there, open.metadata()?)));
    match there {
        Ok((there, found)) if (there.dev(), there.ino()) == (found.dev(), found.ino()) => Ok(path),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "it was removed or moved meanwhile")),
    }
}

/// Where `path` would lie, without links as far as it is there. For saying what may not be, before saying what is not there.
pub fn supposed_path(path: &Path) -> PathBuf {
    let found = path.ancestors().find_map(|above| Some((std::fs::canonicalize(above).ok()?, above)));
    match found.and_then(|(real, above)| Some(real.join(path.strip_prefix(above).ok()?))) {
        // Nothing to join would leave a slash at the end.
        Some(supposed) => supposed.components().collect(),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_resolved_and_what_is_gone_has_no_path() {
        let folder = tempfile::tempdir().unwrap();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::write(real.join("file"), "x").unwrap();
        symlink(real.join("file"), real.join("link")).unwrap();
        let open = File::open(real.join("link")).unwrap();
        assert_eq!(real_path(&open).unwrap(), real.join("file"));
        std::fs::remove_file(real.join("file")).unwrap();
        assert!(real_path(&open).is_err());
    }

    #[test]
    fn what_is_not_there_is_supposed_below_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir(real.join("a")).unwrap();
        symlink(real.join("a"), real.join("b")).unwrap();
        assert_eq!(supposed_path(&real.join("b/none/x")), real.join("a/none/x"));
        assert_eq!(supposed_path(&real.join("b")), real.join("a"));
    }
}
