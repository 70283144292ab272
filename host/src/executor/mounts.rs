//! Granted folders of the host: opened, and judged by what was opened, so that nothing can change in between.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::contract::{Failure, Problem};
use crate::lifecycle::launch::{Mount, MountMode};

/// Says which folders may be mounted.
pub trait MountPolicy: Send + Sync + 'static {
    /// Why the folder `real`, whose links are resolved, may not be mounted so: what is wrong, and what to do about it.
    fn refusal(&self, real: &Path, mode: MountMode) -> Option<MountRefusal>;
}

/// Why a folder may not be mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRefusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Lets nothing be mounted.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMounts;

impl MountPolicy for NoMounts {
    fn refusal(&self, real: &Path, _mode: MountMode) -> Option<MountRefusal> {
        let message = format!("`{}` may not be mounted: nothing may here", real.display());
        Some(MountRefusal { message, hint: "give the task what it needs as an input".to_owned() })
    }
}

/// A folder of the host for one try.
#[derive(Debug)]
pub struct OpenMount {
    /// The folder itself.
    pub folder: File,
    /// Its path for the task.
    pub guest: String,
    /// Whether the task may change what is in it.
    pub mode: MountMode,
}

/// Why there is no such folder for a task.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// It is not there, or cannot be opened.
    #[error("the folder `{path}` cannot be mounted: {source}")]
    NotThere {
        /// As the DAG file has it.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The operator does not allow it.
    #[error("{}", .0.message)]
    Refused(MountRefusal),
}

impl MountError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NotThere { .. } => None,
            Self::Refused(refusal) => Some(&refusal.hint),
        }
    }

    /// As the end of a try. What is not there may come; what is not allowed stays so.
    pub fn failure(&self) -> Failure {
        match self {
            Self::NotThere { .. } => {
                Failure::Retryable { problem: Problem::new("mount-missing", self.to_string()), after: None }
            }
            Self::Refused(refusal) => {
                let message = format!("{}; {}", refusal.message, refusal.hint);
                Failure::Permanent { problem: Problem::new("mount-refused", message) }
            }
        }
    }
}

/// Opens a folder that a task is granted. Blocks.
///
/// # Errors
/// It is not there, or `policy` refuses what the path leads to now.
pub fn open(mount: &Mount, policy: &dyn MountPolicy) -> Result<OpenMount, MountError> {
    let not_there = |source: io::Error| MountError::NotThere { path: mount.host.clone(), source };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let folder: File =
        rustix::fs::open(&mount.host, flags, Mode::empty()).map_err(|error| not_there(error.into()))?.into();
    let real = real_path(&folder).map_err(not_there)?;
    match policy.refusal(&real, mount.mode) {
        Some(refusal) => Err(MountError::Refused(refusal)),
        None => Ok(OpenMount { folder, guest: mount.guest.clone(), mode: mount.mode }),
    }
}

/// Where an open folder lies, by the system's word: without links.
fn real_path(folder: &File) -> io::Result<PathBuf> {
    let link = rustix::fs::readlink(format!("/proc/self/fd/{}", folder.as_raw_fd()), Vec::new())?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(link.into_bytes()));
    // A removed folder has a name that is none.
    let is_this = std::fs::metadata(&path)
        .and_then(|there| Ok((there, folder.metadata()?)))
        .is_ok_and(|(there, open)| (there.dev(), there.ino()) == (open.dev(), open.ino()));
    if is_this { Ok(path) } else { Err(io::Error::new(io::ErrorKind::NotFound, "it was removed or moved meanwhile")) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Allows what lies in one folder, read-only.
    struct Only(PathBuf);

    impl MountPolicy for Only {
        fn refusal(&self, real: &Path, mode: MountMode) -> Option<MountRefusal> {
            let fits = real.starts_with(&self.0) && mode == MountMode::Ro;
            (!fits).then(|| MountRefusal { message: format!("not {}", real.display()), hint: "ask".to_owned() })
        }
    }

    fn mount(host: PathBuf, mode: MountMode) -> Mount {
        Mount { host, guest: "/data".to_owned(), mode }
    }

    #[test]
    fn what_the_path_leads_to_is_judged() {
        let (allowed, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [allowed, other] = [&allowed, &other].map(|folder| std::fs::canonicalize(folder.path()).unwrap());
        let policy = Only(allowed.clone());
        let (inside, outside) = (other.join("in"), allowed.join("out"));
        symlink(&allowed, &inside).unwrap();
        symlink(&other, &outside).unwrap();
        let opened = open(&mount(inside, MountMode::Ro), &policy).unwrap();
        assert_eq!(opened.guest, "/data");
        for (path, mode) in [(outside, MountMode::Ro), (allowed, MountMode::Rw), (other, MountMode::Ro)] {
            let error = open(&mount(path, mode), &policy).unwrap_err();
            assert!(matches!(error, MountError::Refused(_)), "{error}");
            assert!(matches!(error.failure(), Failure::Permanent { problem } if problem.message.ends_with("; ask")));
            assert_eq!(error.hint(), Some("ask"));
        }
    }

    #[test]
    fn what_is_not_there_may_come() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        for path in [folder.path().join("none"), file] {
            let error = open(&mount(path, MountMode::Ro), &NoMounts).unwrap_err();
            assert!(matches!(error.failure(), Failure::Retryable { .. }), "{error}");
        }
    }

    #[test]
    fn without_a_policy_nothing_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&mount(folder.path().to_owned(), MountMode::Ro), &NoMounts).unwrap_err();
        assert!(matches!(error, MountError::Refused(_)), "{error}");
    }
}
