//! What a digest is taken over.
//!
//! **A file:** BLAKE3 of its bytes, as `b3sum` prints it.
//!
//! **A folder:** BLAKE3 in its key derivation mode with the context [`FOLDER_DIGEST_CONTEXT`] (so that no file has a
//! folder's digest, and a later encoding never an earlier one's), over one record for everything beneath the folder
//! but not the folder itself, sorted by the bytes of the relative paths:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | `0` for a folder, `1` for a file |
//! | 4 | length of the relative path in bytes, little-endian |
//! | n | the relative path: UTF-8, `/` between names, none in front |
//! | 8 | files only: length of the content in bytes, little-endian |
//! | 32 | files only: BLAKE3 of the content |
//!
//! Modes, owners and times do not count. A folder without anything in it has the digest of no records.

use std::io::{self, Read, Write};

use crate::ids::Digest;

/// Names version 1 of a folder's encoding.
pub const FOLDER_DIGEST_CONTEXT: &str = "dagwood artifact folder v1";

/// How much is read at once: large enough for BLAKE3's widest SIMD path, small enough for the second-level cache.
const CHUNK_BYTES: usize = 128 << 10;

/// Takes a folder's digest. Records must come sorted by the bytes of their paths.
pub struct FolderHasher(blake3::Hasher);

impl Default for FolderHasher {
    fn default() -> Self {
        Self(blake3::Hasher::new_derive_key(FOLDER_DIGEST_CONTEXT))
    }
}

impl FolderHasher {
    /// A folder beneath the folder.
    pub fn folder(&mut self, rel: &str) {
        self.name(0, rel);
    }

    /// A file beneath the folder.
    pub fn file(&mut self, rel: &str, size_bytes: u64, content: &Digest) {
        self.name(1, rel);
        self.0.update(&size_bytes.to_le_bytes());
        self.0.update(content.as_bytes());
    }

    /// The digest of all that was told.
    pub fn finish(self) -> Digest {
        self.0.finalize().into()
    }

    fn name(&mut self, kind: u8, rel: &str) {
        // Paths are at most 4,095 bytes, see `survey`.
        let length = u32::try_from(rel.len()).unwrap_or(u32::MAX);
        self.0.update(&[kind]);
        self.0.update(&length.to_le_bytes());
        self.0.update(rel.as_bytes());
    }
}

/// Which side of a copy failed.
#[derive(Debug)]
pub(crate) enum HashError {
    Read(io::Error),
    Write(io::Error),
}

/// Reads to the end: digest and bytes.
pub(crate) fn hash_reader(reader: impl Read) -> io::Result<(Digest, u64)> {
    hash_through(reader, io::sink()).map_err(|error| match error {
        HashError::Read(error) | HashError::Write(error) => error,
    })
}

/// Copies to the end, hashing on the way: digest and bytes.
pub(crate) fn hash_through(mut reader: impl Read, mut writer: impl Write) -> Result<(Digest, u64), HashError> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => return Ok((hasher.finalize().into(), bytes)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(HashError::Read(error)),
        };
        hasher.update(&chunk[..count]);
        writer.write_all(&chunk[..count]).map_err(HashError::Write)?;
        bytes += count as u64;
    }
}
