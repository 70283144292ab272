//! The floor: a no-op task in plain Wasmtime. Pool, cached `InstancePre`, WASI with three folders, a fresh store each call.

use std::path::Path;

use anyhow::Result;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
mod bindings {
    wasmtime::component::bindgen!({
        world: "task-plugin",
        path: "../wit/dagwood_task@0.1.0",
        imports: { default: trappable },
        exports: { default: async },
    });
}
use bindings::dagwood::task::{context, log, metrics, progress, types};

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
}
impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
impl types::Host for Guest {}
impl log::Host for Guest {
    fn log(&mut self, _: log::Level, _: String, _: Vec<(String, String)>) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl progress::Host for Guest {
    fn report(&mut self, _: u64, _: Option<u64>, _: String) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl metrics::Host for Guest {
    fn record_metric(&mut self, _: String, _: u64, _: f64) -> wasmtime::Result<()> {
        Ok(())
    }
}
impl context::Host for Guest {
    fn current(&mut self) -> wasmtime::Result<context::TaskInstance> {
        Err(wasmtime::Error::msg("there is no context here"))
    }
    fn dates(&mut self) -> wasmtime::Result<context::RunDates> {
        Err(wasmtime::Error::msg("there is no context here"))
    }
}
pub(crate) struct Floor(Engine, bindings::TaskPluginPre<Guest>);
impl Floor {
    pub(crate) fn new(component: &Path) -> Result<Self> {
        let mut config = Config::new();
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(2 << 20).table_keep_resident(64 << 10).async_stack_keep_resident(128 << 10);
        pool.pagemap_scan(wasmtime::Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        bindings::TaskPlugin::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        let linked = linker.instantiate_pre(&Component::from_file(&engine, component)?)?;
        Ok(Self(engine, bindings::TaskPluginPre::new(linked)?))
    }

    pub(crate) async fn call(&self, folders: &[(&Path, &str, FsPerms)]) -> Result<bool> {
        let mut wasi = WasiCtx::builder();
        for (host, guest, perms) in folders {
            wasi.preopened_dir(host, guest, *perms)?;
        }
        let mut store = Store::new(&self.0, Guest { wasi: wasi.build(), table: ResourceTable::new() });
        let task = self.1.instantiate_async(&mut store).await?;
        let (params, extra) = ("{}".to_owned(), Vec::new());
        let given = types::Invocation { params, inputs: vec![], values: vec![], seed: 0, resume: None, extra };
        Ok(task.dagwood_task_task().call_run(&mut store, &given).await?.is_ok())
    }
}
