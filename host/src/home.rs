//! The home folder: where everything that dagwood keeps lies.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A home folder, private to its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// Why a folder cannot be the home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It cannot be made or looked at.
    #[error("cannot use {path} as the home folder: make it writable for you, or give another with --home")]
    Io {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// There is something else.
    #[error("the home {0} is not a folder: give another with --home")]
    NotAFolder(PathBuf),
    /// It holds limits that nobody would keep.
    #[error("{0} is there, and this version does not read it yet: move it away, so that nobody trusts in it")]
    OperatorsFile(PathBuf),
    /// It belongs to another user, who could plant code in it.
    #[error("the home {path} belongs to user {owner}, not to you (user {user}): give another with --home")]
    NotYours {
        /// The folder.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// This user's number.
        user: u32,
    },
}

impl Home {
    /// Makes the folder, closed to others, or takes the one that is there.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        let failed = |source| HomeError::Io { path: root.to_owned(), source };
        match fs::DirBuilder::new().recursive(true).mode(0o700).create(root) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(HomeError::NotAFolder(root.to_owned()));
            }
            made => made.map_err(failed)?,
        }
        let root = fs::canonicalize(root).map_err(failed)?;
        let found = fs::metadata(&root).map_err(failed)?;
        let user = rustix::process::geteuid().as_raw();
        if found.uid() != user {
            return Err(HomeError::NotYours { path: root, owner: found.uid(), user });
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(&root, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        let home = Self { root };
        let file = home.operators_file();
        if file.exists() { Err(HomeError::OperatorsFile(file)) } else { Ok(home) }
    }

    /// The folder itself, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("dagwood.db")
    }

    /// Files and folders by content.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// Components and their compiled code.
    pub fn registry(&self) -> PathBuf {
        self.root.clone()
    }

    /// What each try wrote.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Folders of tries that run.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// The operator's file. This version does not read it yet, and does not pretend to.
    pub fn operators_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// Where the server of this home listens.
    pub fn socket(&self) -> PathBuf {
        self.root.join("serve.sock")
    }

    /// A locked file for each process that lives.
    pub fn processes(&self) -> PathBuf {
        self.root.join("processes")
    }
}
