//! Components that are ready to run: mapped, linked, kept by digest and engine, so that a call pays for neither.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use wasmtime::component::Component;

use super::engine::Machine;
use super::limits::LOADED_MAX;
use super::load::load;
use super::world::{Adapter, TASK};
use crate::contract::Problem;
use crate::executor::port::{Compiled, Ended, EngineKind};
use crate::ids::Digest;

/// A component, linked.
pub(super) struct Loaded {
    /// Calls it.
    pub(super) adapter: Adapter,
    /// The slots of the pool that one instance takes.
    pub(super) slots: u32,
}

/// The components that are kept.
#[derive(Default)]
pub(super) struct Shelf {
    entries: Mutex<HashMap<(Digest, EngineKind), Entry>>,
    uses: AtomicU64,
}

struct Entry {
    component: Arc<OnceCell<Arc<Loaded>>>,
    last_use: u64,
}

impl Shelf {
    /// The component, from the shelf or from its file. Who asks for one that is being loaded waits for it.
    pub(super) async fn get(&self, machine: &Machine, compiled: &Compiled) -> Result<Arc<Loaded>, Ended> {
        let cell = self.cell((compiled.digest, compiled.engine));
        let loaded = cell.get_or_try_init(async || open(machine, compiled).map(Arc::new)).await?;
        Ok(Arc::clone(loaded))
    }

    fn cell(&self, key: (Digest, EngineKind)) -> Arc<OnceCell<Arc<Loaded>>> {
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&key) {
            entry.last_use = now;
            return Arc::clone(&entry.component);
        }
        if entries.len() >= LOADED_MAX {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.last_use);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                entries.remove(&oldest);
            }
        }
        let component = Arc::<OnceCell<_>>::default();
        entries.insert(key, Entry { component: Arc::clone(&component), last_use: now });
        component
    }
}

fn open(machine: &Machine, compiled: &Compiled) -> Result<Loaded, Ended> {
    let component = load(&machine.engine, &compiled.path).map_err(|error| not_loaded(&error))?;
    let refused = |code: &str, message: String| Ended::Refused(Problem::new(code, message));
    let Some(version) = exported_version(machine, &component) else {
        return Err(refused("wrong-world", format!("the component does not export `{TASK}`")));
    };
    let slots = machine
        .slots
        .wanted(&component)
        .map_err(|why| refused("too-large", format!("the component cannot be run: {why}")))?;
    let linked = machine
        .linker
        .instantiate_pre(&component)
        .map_err(|error| refused("imports", format!("an import of the component cannot be given: {error:#}")))?;
    let adapter = Adapter::new(&version, linked)
        .map_err(|error| refused("wrong-world", format!("the component is no `{TASK}@{version}`: {error:#}")))?;
    Ok(Loaded { adapter, slots })
}

fn not_loaded(error: &wasmtime::Error) -> Ended {
    let why = error.root_cause().to_string();
    // The pool's own words for a component that needs more than a slot has.
    if why.contains("exceeds") {
        return Ended::Refused(Problem::new("too-large", format!("the component cannot be run: {why}")));
    }
    let message = format!("the compiled code of the component cannot be loaded: {why}; the next try compiles it anew");
    Ended::NotLoaded(Problem::new("compiled-code", message))
}

/// The version in the name of the exported interface.
fn exported_version(machine: &Machine, component: &Component) -> Option<String> {
    component
        .component_type()
        .exports(&machine.engine)
        .find_map(|(name, _)| Some(name.strip_prefix(TASK)?.strip_prefix('@')?.to_owned()))
}
