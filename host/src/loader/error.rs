//! Why a DAG file cannot be used.

use std::io;
use std::path::PathBuf;

use crate::artifacts::ImportError;
use crate::contract::Problem;
use crate::dag::diagnostic::Diagnostic;
use crate::limits::DAG_FILE_MAX_BYTES;
use crate::registry::RegistryError;

/// Why a DAG file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not there, or not readable.
    #[error("cannot read the DAG file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A folder was given.
    #[error("{0} is a folder: give the DAG file in it")]
    AFolder(PathBuf),
    /// A pipe, a device or the like: reading it might never end.
    #[error("the DAG file {0} is no ordinary file")]
    Special(PathBuf),
    /// More than a DAG file may have.
    #[error("the DAG file {0} is larger than {DAG_FILE_MAX_BYTES} bytes")]
    TooLarge(PathBuf),
    /// TOML is UTF-8.
    #[error("the DAG file {path} is not UTF-8: the first wrong byte is number {}", at + 1)]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Bytes that are right.
        at: usize,
    },
    /// The file is wrong: all its mistakes.
    #[error("the DAG file {path} is wrong")]
    Diagnostics {
        /// The file.
        path: PathBuf,
        /// Its text; of a DAG that was built in Rust, the document that stands for it.
        text: String,
        /// Errors and warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// A plugin could not be looked up or built, for a reason that lies with this machine or its home folder.
    #[error("the plugin `{name}` of the DAG cannot be had")]
    Plugin {
        /// As the DAG names it.
        name: String,
        /// Why.
        #[source]
        source: Box<RegistryError>,
    },
    /// A component could not be compiled, though it was when it was taken.
    #[error("the plugin `{name}` of the DAG cannot be compiled: {}", problem.message)]
    Compile {
        /// As the DAG names it.
        name: String,
        /// Why.
        problem: Box<Problem>,
    },
    /// An outside file was not kept.
    #[error("the input file {path} of the DAG cannot be taken")]
    Import {
        /// As written in the DAG.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<ImportError>,
    },
}
