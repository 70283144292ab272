//! A fresh store with all its limits set: no call ever uses another's.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};

use super::engine::Machine;
use super::guest::{Call, Guest};
use super::limiter::Limiter;
use super::trap::hostcall_fuel;
use super::wasi::cli::Cli;
use super::wasi::clocks::Clocks;
use super::wasi::filesystem::ledger::Quota;
use super::wasi::filesystem::{Files, Shared};
use super::wasi::http::{Http, Net, Secrets};
use super::wasi::random::Random;
use super::wasi::sockets::Sockets;
use super::wasi::stdio::Stdio;
use super::world::HostCalls;
use crate::executor::granted::Granted;
use crate::executor::port::{Folders, TaskContext, Watcher};
use crate::limits::{DISK_RESERVE_BYTES, TaskLimits};

/// What a store is made for.
pub(super) struct Nature {
    /// What the guest is asked.
    pub(super) call: Call,
    /// What `context` answers, if it is a try.
    pub(super) context: Option<TaskContext>,
    /// Its folders, if it has any.
    pub(super) folders: Option<Folders>,
    /// What it is given beyond the sandbox.
    pub(super) granted: Granted,
    /// What it may use.
    pub(super) limits: TaskLimits,
    /// Virtual clocks, random numbers from the seed, facts that are the same everywhere.
    pub(super) pure: bool,
    /// For the random numbers of a pure task.
    pub(super) seed: u64,
    /// When guest code is interrupted.
    pub(super) deadline: Instant,
    /// Where its words go.
    pub(super) watcher: Arc<dyn Watcher>,
}

/// Makes a store.
///
/// # Errors
/// Fuel is to be counted, and this engine does not.
pub(super) fn new_store(
    machine: &Machine,
    shared: &Shared,
    net: &Arc<Net>,
    nature: Nature,
) -> wasmtime::Result<Store<Guest>> {
    let Nature { call, context, folders, granted, limits, pure, seed, deadline, watcher } = nature;
    let quota =
        Quota { bytes: limits.scratch_bytes, files: limits.scratch_files, disk_reserve_bytes: DISK_RESERVE_BYTES };
    let Granted { mounts, mut env, http, secrets } = granted;
    let secrets = Secrets::new(secrets)?;
    env.extend(secrets.placeholders());
    let http = Http::new(http, secrets, limits.traffic_bytes, net, Arc::clone(&watcher));
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.handles);
    let guest = Guest {
        call,
        table,
        limiter: Limiter::new(limits.memory_bytes),
        files: Files::new(folders, mounts, shared, quota, pure),
        clocks: if pure { Clocks::new_virtual() } else { Clocks::machine() },
        random: if pure { Random::seeded(seed) } else { Random::machine() },
        cli: Cli::new(env),
        stdio: Stdio::new(Arc::clone(&watcher)),
        sockets: Sockets::denied(),
        http,
        calls: HostCalls::new(context, watcher, limits.metric_points),
        deadline,
    };
    let mut store = Store::new(&machine.engine, guest);
    store.limiter(|guest| &mut guest.limiter);
    store.set_hostcall_fuel(hostcall_fuel(&limits));
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel)?;
    }
    // A deadline of 0 would interrupt at once, also what runs while the component is made.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|guest| {
        Ok(match Instant::now() >= guest.data().deadline {
            true => UpdateDeadline::Interrupt,
            false => UpdateDeadline::Yield(1),
        })
    });
    Ok(store)
}
