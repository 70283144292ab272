//! Room in the pool, so that a guest waits for its place and never fails for want of one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Component;

use super::limits::{MEMORIES_MAX, TABLES_MAX, TABLES_PER_SLOT};

/// The slots of one engine.
pub(super) struct Slots {
    free: Arc<Semaphore>,
    total: u32,
}

impl Slots {
    /// That many.
    pub(super) fn new(total: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// Waits for `wanted` slots.
    pub(super) async fn take(&self, wanted: u32) -> Option<OwnedSemaphorePermit> {
        let wanted = wanted.min(self.total);
        Arc::clone(&self.free).acquire_many_owned(wanted).await.ok()
    }

    /// How many slots an instance of this component takes, or why it can have none.
    pub(super) fn wanted(&self, component: &Component) -> Result<u32, String> {
        let Some(needs) = component.resources_required() else {
            return Err("it imports core modules or components, which no host gives it".to_owned());
        };
        let slots = needs.num_memories.max(needs.num_tables.div_ceil(TABLES_PER_SLOT)).max(1);
        if needs.num_memories > MEMORIES_MAX.min(self.total) {
            let most = MEMORIES_MAX.min(self.total);
            return Err(format!("it has {} memories, and at most {most} are allowed", needs.num_memories));
        }
        let most = TABLES_MAX.min(self.total.saturating_mul(TABLES_PER_SLOT));
        if needs.num_tables > most {
            return Err(format!("it has {} tables, and at most {most} are allowed", needs.num_tables));
        }
        Ok(slots)
    }
}
