//! Pools and their slots.

use rusqlite::{Transaction, params};

use crate::ids::PoolName;
use crate::store::PoolRecord;

use super::codec::RowExt;

pub(super) fn list(tx: &Transaction<'_>) -> rusqlite::Result<Vec<PoolRecord>> {
    tx.prepare_cached("SELECT * FROM pool ORDER BY name")?
        .query_map([], |row| {
            Ok(PoolRecord { name: row.parsed("name")?, slots: row.get("slots")?, description: row.get("description")? })
        })?
        .collect()
}

pub(super) fn set(tx: &Transaction<'_>, pool: &PoolRecord) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO pool (name, slots, description) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, description = excluded.description",
        params![pool.name.as_str(), pool.slots, pool.description],
    )?;
    Ok(())
}

/// False if there is no such pool.
pub(super) fn remove(tx: &Transaction<'_>, pool: &PoolName) -> rusqlite::Result<bool> {
    Ok(tx.execute("DELETE FROM pool WHERE name = ?1", [pool.as_str()])? > 0)
}
