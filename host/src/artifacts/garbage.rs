//! Objects that nobody refers to any more, removed; never one in use.
//!
//! What is in use the caller knows: the rows that name artifacts. Between an object's publication, or its being found
//! there already, and the row that names it there is a moment in which only a process knows of it. So whoever publishes
//! or finds one renews its ctime under a shared lock, and here, under the exclusive lock, what is younger than a grace
//! is left alone.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use crate::artifacts::error::{Doing, StoreError};
use crate::artifacts::remove::remove_tree;
use crate::artifacts::store::ArtifactStore;
use crate::ids::Digest;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files and folders.
    pub objects: u64,
    /// Their bytes; of a folder, those of its own entry only.
    pub bytes: u64,
}

impl ArtifactStore {
    /// Held while an object is published or found: none is removed meanwhile.
    pub(super) fn share(&self) -> Result<File, StoreError> {
        let gate = self.open_gate()?;
        gate.lock_shared().doing("lock", &self.gate)?;
        Ok(gate)
    }

    fn open_gate(&self) -> Result<File, StoreError> {
        let opened = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&self.gate);
        opened.doing("open", &self.gate)
    }

    /// Removes the objects that `is_used` does not name and that nobody published or found within `grace`. Blocks, and
    /// keeps others from publishing for as long as one removal takes.
    pub fn collect_garbage(&self, is_used: &dyn Fn(&Digest) -> bool, grace: Duration) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for shard in names(&self.objects)? {
            for rest in names(&self.objects.join(&shard))? {
                let Ok(digest) = format!("blake3:{shard}{rest}").parse::<Digest>() else { continue };
                if is_used(&digest) {
                    continue;
                }
                let gate = self.open_gate()?;
                gate.lock().doing("lock", &self.gate)?;
                self.remove_old(&self.objects.join(&shard).join(&rest), grace, &mut swept)?;
            }
        }
        Ok(swept)
    }

    fn remove_old(&self, object: &Path, grace: Duration, swept: &mut Swept) -> Result<(), StoreError> {
        // Somebody else may have removed it.
        let Ok(found) = fs::symlink_metadata(object) else { return Ok(()) };
        let age = self.clock.now().as_second().saturating_sub(found.ctime());
        if age < i64::try_from(grace.as_secs()).unwrap_or(i64::MAX) {
            return Ok(());
        }
        // Away from its name at once: a half-removed folder must not be found.
        let doomed = self.staging.unique();
        fs::rename(object, &doomed).doing("remove", object)?;
        remove_tree(&doomed).doing("remove", object)?;
        swept.objects += 1;
        swept.bytes += found.len();
        Ok(())
    }
}

/// Renews an object's ctime, which setting its mode does.
pub(super) fn touch(object: &Path) -> Result<(), StoreError> {
    let mode = fs::symlink_metadata(object).doing("look at", object)?.permissions().mode() & 0o777;
    fs::set_permissions(object, Permissions::from_mode(mode)).doing("set the mode of", object)
}

fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = fs::read_dir(folder).doing("list", folder)?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}
