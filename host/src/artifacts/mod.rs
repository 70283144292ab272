//! Files by content: every artifact lies once in the home folder, under its digest, read-only.
//!
//! Owns the artifacts folder of a home, the digest of a folder, what may be collected from `/out`, and how outside
//! files come in and results go out. Must never know: tasks, runs, the database, the sandbox.
//! One more way in: bring the content into a [`Staging`] folder, hash it, hand it to `publish`.
//!
//! ```text
//! artifacts/
//!   objects/ab/cdef…   a file (0444) or a folder (0755, its files 0444), named by its digest
//!   staging/<n>/       what a living process is making; `<n>.lock` is held while it lives
//!   imports/ab/cdef…   what is known of an outside file or folder, so that it is not hashed twice
//! ```
//!
//! - [`collect`](ArtifactStore::collect): `/out` of a try → published outputs
//! - [`import`](ArtifactStore::import): an outside file or folder → an artifact
//! - [`collect_garbage`](ArtifactStore::collect_garbage): what nobody refers to any more goes
//! - [`export`](ArtifactStore::export): an artifact → a file or folder of the user's own

mod beneath;
mod collect;
mod copy;
mod digest;
mod error;
mod export;
mod garbage;
mod import;
mod index;
mod publish;
mod real;
mod remove;
mod staging;
mod store;
mod survey;

pub use collect::{Breach, CollectProblem};
pub use digest::{FOLDER_DIGEST_CONTEXT, FolderHasher};
pub use error::{StoreError, cause_chain};
pub use export::{ExportError, Overwrite, VerifyError};
pub use garbage::Swept;
pub use import::{Guard, ImportError, Imported, check_outside};
pub use real::{real_path, supposed_path};
pub use remove::remove_tree;
pub use staging::Staging;
pub use store::{ArtifactStore, NotInStore};
pub use survey::{Refusal, sweep_specials};

#[cfg(test)]
mod tests;
