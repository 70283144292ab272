//! Memory of the whole instance: all linear memories and tables added up, where Wasmtime's own limiter counts each
//! by itself. It remembers that it said no, so that the trap which follows can be named.
//!
//! What was granted stays counted, even where the host could then not give it: Wasmtime tells of failures that were
//! never asked for here, too, and taking those back would let a guest count itself down.

use wasmtime::ResourceLimiter;

use super::limits::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLE_ELEMENT_BYTES, TABLES_MAX};

/// Counts what one store holds.
#[derive(Debug)]
pub(super) struct Limiter {
    limit_bytes: u64,
    held_bytes: u64,
    peak_bytes: u64,
    refused: bool,
}

impl Limiter {
    /// At most `limit_bytes` together.
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, held_bytes: 0, peak_bytes: 0, refused: false }
    }

    /// The limit.
    pub(super) fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// The most that was held at once.
    pub(super) fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }

    /// Whether it ever said no.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, current: u64, desired: u64) -> bool {
        let more = desired.saturating_sub(current);
        let then = self.held_bytes.saturating_add(more);
        if then > self.limit_bytes {
            self.refused = true;
            return false;
        }
        self.held_bytes = then;
        self.peak_bytes = self.peak_bytes.max(then);
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Beyond its own maximum a memory does not grow whatever is said here: that is no limit of ours.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(current as u64, desired as u64))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES) as u64;
        Ok(self.grow(bytes(current), bytes(desired)))
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}
