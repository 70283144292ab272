//! Granted folders of the host: opened, and judged by what was opened, so that nothing can change in between.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use crate::artifacts::{real_path, supposed_path};
use crate::contract::{Failure, Problem};
use crate::executor::permits::{GrantRefusal, Permits};
use crate::lifecycle::launch::{Mount, MountMode};

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

/// How long all folders of a try may take to be opened.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no such folder for a task.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// Opening it takes too long: it may lie on a network that does not answer.
    #[error("a folder that is to be mounted could not be opened within {OPEN_TIMEOUT:?}; does its disk answer?")]
    Hangs,
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
    Refused(GrantRefusal),
}

impl MountError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Hangs | Self::NotThere { .. } => None,
            Self::Refused(refusal) => Some(&refusal.hint),
        }
    }

    /// As the end of a try. What is not there may come; what is not allowed stays so.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Hangs | Self::NotThere { .. } => {
                Failure::Retryable { problem: Problem::new("mount-missing", self.to_string()), after: None }
            }
            Self::Refused(refusal) => refusal.failure("mount-refused"),
        }
    }
}

/// Opens a folder that a task is granted. Blocks.
///
/// # Errors
/// It is not there, or `permits` refuses what the path leads to now. Of what would be refused it is not said whether it is
/// there.
pub fn open(mount: &Mount, permits: &dyn Permits) -> Result<OpenMount, MountError> {
    if let Some(refusal) = permits.refuses_mount(&supposed_path(&mount.host), mount.mode) {
        return Err(MountError::Refused(refusal));
    }
    let not_there = |source: io::Error| MountError::NotThere { path: mount.host.clone(), source };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let folder: File =
        rustix::fs::open(&mount.host, flags, Mode::empty()).map_err(|error| not_there(error.into()))?.into();
    let real = real_path(&folder).map_err(not_there)?;
    match permits.refuses_mount(&real, mount.mode) {
        Some(refusal) => Err(MountError::Refused(refusal)),
        None => Ok(OpenMount { folder, guest: mount.guest.clone(), mode: mount.mode }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::executor::permits::NoGrants;
    use crate::lifecycle::launch::{HttpGrant, SecretGrant};
    use crate::limits::TaskLimits;

    /// Allows what lies in one folder, read-only.
    struct Only(PathBuf);

    impl Permits for Only {
        fn refuses_env(&self, _name: &str) -> Option<GrantRefusal> {
            None
        }

        fn permits_http(&self, _grant: &HttpGrant) -> Result<bool, GrantRefusal> {
            Ok(false)
        }

        fn refuses_secret(&self, _grant: &SecretGrant) -> Option<GrantRefusal> {
            None
        }

        fn lower(&self, _limits: &mut TaskLimits) {}

        fn refuses_mount(&self, real: &Path, mode: MountMode) -> Option<GrantRefusal> {
            let fits = real.starts_with(&self.0) && mode == MountMode::Ro;
            (!fits).then(|| GrantRefusal { message: format!("not {}", real.display()), hint: "ask".to_owned() })
        }
    }

    fn mount(host: PathBuf, mode: MountMode) -> Mount {
        Mount { host, guest: "/data".to_owned(), mode }
    }

    #[test]
    fn what_the_path_leads_to_is_judged() {
        let (allowed, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [allowed, other] = [&allowed, &other].map(|folder| std::fs::canonicalize(folder.path()).unwrap());
        let permits = Only(allowed.clone());
        let (inside, outside) = (other.join("in"), allowed.join("out"));
        symlink(&allowed, &inside).unwrap();
        symlink(&other, &outside).unwrap();
        let opened = open(&mount(inside, MountMode::Ro), &permits).unwrap();
        assert_eq!(opened.guest, "/data");
        for (path, mode) in [(outside, MountMode::Ro), (allowed, MountMode::Rw), (other, MountMode::Ro)] {
            let error = open(&mount(path, mode), &permits).unwrap_err();
            assert!(matches!(error, MountError::Refused(_)), "{error}");
            assert!(matches!(error.failure(), Failure::Permanent { problem } if problem.message.ends_with("; ask")));
            assert_eq!(error.hint(), Some("ask"));
        }
    }

    #[test]
    fn what_is_not_there_may_come_unless_it_would_be_refused_anyway() {
        let folder = tempfile::tempdir().unwrap();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        for path in [folder.path().join("none"), file] {
            let error = open(&mount(path.clone(), MountMode::Ro), &Only(real.clone())).unwrap_err();
            assert!(matches!(error.failure(), Failure::Retryable { .. }), "{error}");
            let error = open(&mount(path, MountMode::Ro), &NoGrants).unwrap_err();
            assert!(matches!(error.failure(), Failure::Permanent { .. }), "{error}");
        }
    }

    #[test]
    fn without_permits_nothing_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&mount(folder.path().to_owned(), MountMode::Ro), &NoGrants).unwrap_err();
        assert!(matches!(error, MountError::Refused(_)), "{error}");
    }
}
