//! The home folder: where everything that dagwood keeps lies.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// More than any operator writes.
const TRUSTED_FILE_MAX_BYTES: u64 = 1 << 20;

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
    /// `config.toml` is there, and is not to be trusted.
    #[error("{path} cannot be taken as the operator's file: {why}")]
    OperatorsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: String,
    },
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

/// What nobody else may do with a file.
#[derive(Debug, Clone, Copy)]
enum Trusted {
    /// Write it.
    Unwritable,
    /// Write or read it.
    Private,
}

/// The text of a file that only this user or the administrator has made; none if it is not there.
fn trusted_text(path: &Path, trusted: Trusted) -> Result<Option<String>, String> {
    // A pipe in its place would be waited for.
    let opened = fs::OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let found = file.metadata().map_err(|error| error.to_string())?;
    let user = rustix::process::geteuid().as_raw();
    if !found.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    if found.uid() != user && found.uid() != 0 {
        return Err(format!("it belongs to user {}, not to you (user {user})", found.uid()));
    }
    let (bits, what, mode) = match trusted {
        Trusted::Unwritable => (0o022, "write", "go-w"),
        Trusted::Private => (0o077, "read or write", "600"),
    };
    if found.mode() & bits != 0 {
        return Err(format!("others can {what} it: type `chmod {mode} {}`", path.display()));
    }
    let mut text = String::new();
    let read = file.by_ref().take(TRUSTED_FILE_MAX_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| error.to_string())?;
    if text.len() as u64 > TRUSTED_FILE_MAX_BYTES {
        return Err(format!("it has more than {TRUSTED_FILE_MAX_BYTES} bytes"));
    }
    Ok(Some(text))
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
        Ok(Self { root })
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

    /// The operator's file.
    pub fn operators_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The text of the operator's file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or others than this user and the administrator can write it.
    pub fn operators_text(&self) -> Result<Option<String>, HomeError> {
        let path = self.operators_file();
        trusted_text(&path, Trusted::Unwritable).map_err(|why| HomeError::OperatorsFile { path, why })
    }

    /// The file with the values of secrets.
    pub fn secrets_file(&self) -> PathBuf {
        self.root.join("secrets.toml")
    }

    /// The text of the file with the values of secrets, if there is one. Blocks.
    ///
    /// # Errors
    /// What is wrong: it cannot be read, or others than this user and the administrator can read or write it.
    pub fn secrets_text(&self) -> Result<Option<String>, String> {
        trusted_text(&self.secrets_file(), Trusted::Private)
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
