//! What runs are made of: outside files, and the DAGs of kept versions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::artifacts::ArtifactStore;
use crate::dag::model::{Dag, RunInputs};
use crate::ids::Digest;
use crate::loader::{Grounds, import_what_is_there, restore};
use crate::registry::Registry;
use crate::scheduler::Materials;
use crate::scheduler::create::Source;
use crate::store::DagVersion;

/// DAG versions that are kept in memory; a run of another one reads its version again.
const DAGS_MAX: usize = 1_000;

/// From the home folder.
pub(super) struct HomeMaterials {
    artifacts: Arc<ArtifactStore>,
    registry: Registry,
    grounds: Grounds,
    dags: Mutex<HashMap<Digest, Arc<Dag>>>,
}

impl HomeMaterials {
    pub(super) fn new(artifacts: Arc<ArtifactStore>, registry: Registry, grounds: Grounds) -> Self {
        Self { artifacts, registry, grounds, dags: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Dag>>> {
        self.dags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Materials for HomeMaterials {
    fn files(&self, source: &Source) -> RunInputs {
        import_what_is_there(&self.artifacts, &self.grounds, &source.dag, &source.folder)
    }

    fn dag(&self, version: &DagVersion) -> Result<Arc<Dag>, String> {
        if let Some(dag) = self.known().get(&version.digest) {
            return Ok(Arc::clone(dag));
        }
        let restored = restore(&self.registry, &self.grounds, &version.source, &version.plugins, version.digest);
        let dag = Arc::new(restored.map_err(|error| error.to_string())?);
        let mut known = self.known();
        if known.len() >= DAGS_MAX {
            known.clear();
        }
        known.insert(version.digest, Arc::clone(&dag));
        Ok(dag)
    }
}
