//! A list of pools: `pools list --json`.

use serde::Serialize;

use crate::ids::PoolName;
use crate::store::PoolRecord;

/// Pools by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolList {
    /// All of them.
    pub pools: Vec<PoolSummary>,
    /// How many there are.
    pub total_entries: u64,
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolSummary {
    /// Its name.
    pub name: PoolName,
    /// Its slots.
    pub slots: u32,
    /// What it is for.
    pub description: String,
}

impl PoolList {
    /// The list of the store's records.
    pub fn new(pools: Vec<PoolRecord>) -> Self {
        let pools: Vec<_> = pools
            .into_iter()
            .map(|pool| PoolSummary { name: pool.name, slots: pool.slots, description: pool.description })
            .collect();
        Self { total_entries: pools.len() as u64, pools }
    }
}
