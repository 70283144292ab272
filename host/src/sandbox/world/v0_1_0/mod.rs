//! `dagwood:task@0.1.0`.

mod answer;
mod descriptor;
mod imports;
mod invocation;

use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use super::{Described, HostCalls};
use crate::contract::Invocation;
use crate::executor::port::Answer;
use crate::sandbox::guest::Guest;

/// The generated types; nobody outside this folder sees them.
mod bindings {
    #![allow(missing_docs, unreachable_pub, reason = "generated from the interface's own text")]

    wasmtime::component::bindgen!({
        world: "task-plugin",
        path: "../wit/dagwood_task@0.1.0",
        imports: { default: trappable },
        exports: { default: async },
    });
}

/// The version of this adapter.
pub(super) const VERSION: &str = "0.1.0";

/// A linked component.
pub(in crate::sandbox) type Plugin = bindings::TaskPluginPre<Guest>;

/// Checks that the component exports the interface.
pub(super) fn plugin(component: InstancePre<Guest>) -> wasmtime::Result<Plugin> {
    Plugin::new(component)
}

/// Links context, log, progress and metrics.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    bindings::TaskPlugin::add_to_linker::<Guest, HasSelf<HostCalls>>(linker, |guest| &mut guest.calls)
}

/// Calls `run`.
pub(super) async fn run(
    plugin: &Plugin,
    store: &mut Store<Guest>,
    invocation: &Invocation,
) -> wasmtime::Result<Answer> {
    let invocation = invocation::record(invocation);
    let instance = plugin.instantiate_async(&mut *store).await?;
    let answer = instance.dagwood_task_task().call_run(store, &invocation).await?;
    Ok(answer::from(answer))
}

/// Calls `describe`.
pub(super) async fn describe(plugin: &Plugin, store: &mut Store<Guest>) -> wasmtime::Result<Described> {
    let instance = plugin.instantiate_async(&mut *store).await?;
    let descriptor = instance.dagwood_task_task().call_describe(store).await?;
    Ok(descriptor::from(descriptor))
}

/// What a descriptor of these texts becomes.
#[cfg(test)]
pub(super) fn described_from(texts: &[String]) -> Described {
    descriptor::from(descriptor::of_texts(texts))
}
