//! The two engines and their settings. What matters for compiled code is said in [`settings`], and only there, so
//! that the child that compiles and the host that runs agree.

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
};

use super::guest::Guest;
use super::limits::{
    BACKTRACE_FRAMES, CORE_INSTANCES_MAX, COUNTED_MAX, HOST_STACK_BYTES, INSTANCE_BYTES, MEMORY_KEPT, STACK_KEPT,
    TABLE_ELEMENTS_MAX, TABLE_KEPT, TABLES_PER_SLOT, WASM_STACK_BYTES,
};
use super::slots::Slots;
use super::ticker::Ticker;
use super::{wasi, world};
use crate::executor::port::EngineKind;

/// An engine with everything that its guests share.
pub(super) struct Machine {
    /// Compiles and runs.
    pub(super) engine: Engine,
    /// Everything that a task may import.
    pub(super) linker: Linker<Guest>,
    /// Makes running guests look up.
    pub(super) ticker: Ticker,
    /// Room in the pool.
    pub(super) slots: Slots,
}

impl Machine {
    /// An engine for `slots` guests at once. Where the address space is too small for a pool, instances are
    /// allocated on demand: slower, nothing else.
    pub(super) fn new(kind: EngineKind, slots: u32) -> wasmtime::Result<Self> {
        let engine = match Engine::new(&pooled(kind, slots)) {
            Ok(engine) => engine,
            Err(_no_room) => on_demand(kind)?,
        };
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker)?;
        world::link(&mut linker)?;
        let ticker = Ticker::start(&engine, kind)?;
        Ok(Self { engine, linker, ticker, slots: Slots::new(slots) })
    }
}

/// An engine without a pool: for compiling, and where a pool finds no room.
pub(super) fn on_demand(kind: EngineKind) -> wasmtime::Result<Engine> {
    Engine::new(&settings(kind))
}

/// What compiled code depends on: Wasmtime's version, the settings of the engine, the processor. Code compiled under
/// another value is never loaded.
///
/// # Errors
/// When this processor cannot be compiled for.
pub fn compatibility(kind: EngineKind) -> wasmtime::Result<String> {
    static KNOWN: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let [pure, open, fuel] = &KNOWN;
    let known = match kind {
        EngineKind::Pure => pure,
        EngineKind::Open => open,
        EngineKind::Fuel => fuel,
    };
    if let Some(known) = known.get() {
        return Ok(known.clone());
    }
    let engine = on_demand(kind)?;
    Ok(known.get_or_init(|| fingerprint(&engine)).clone())
}

/// The compatibility of one engine, as 32 hex digits.
pub(super) fn fingerprint(engine: &Engine) -> String {
    let mut hasher = Stable(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().to_hex().as_str().chars().take(32).collect()
}

/// A hash that stays the same over versions of Rust, unlike the one of the standard library.
struct Stable(blake3::Hasher);

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        self.0.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }
}

/// Everything that compiled code depends on.
fn settings(kind: EngineKind) -> Config {
    let (pure, counts) = match kind {
        EngineKind::Pure => (true, false),
        EngineKind::Open => (false, false),
        EngineKind::Fuel => (true, true),
    };
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(counts)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(pure)
        .relaxed_simd_deterministic(pure)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        // Only WASI 0.2 is linked: no guest function runs beside another.
        .concurrency_support(false)
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_multi_memory(true)
        .wasm_tail_call(true)
        // Surface that no guest language needs today.
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .shared_memory(false)
        // Names come from the name section. Line tables would make the compiled file several times as large.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES));
    config
}

/// The same with room for `slots` guests set aside.
fn pooled(kind: EngineKind, slots: u32) -> Config {
    let tables = slots.saturating_mul(TABLES_PER_SLOT);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_MAX))
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(COUNTED_MAX)
        .max_memories_per_module(COUNTED_MAX)
        .max_tables_per_component(COUNTED_MAX)
        .max_tables_per_module(COUNTED_MAX)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .total_memories(slots)
        .total_tables(tables)
        .table_elements(TABLE_ELEMENTS_MAX)
        .total_stacks(slots)
        .linear_memory_keep_resident(MEMORY_KEPT.by_one_of(slots))
        .table_keep_resident(TABLE_KEPT.by_one_of(tables))
        .async_stack_keep_resident(STACK_KEPT.by_one_of(slots))
        .pagemap_scan(Enabled::Auto);
    let mut config = settings(kind);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
