//! WASI 0.2's `wasi:cli/imports` as this host gives it: always linked, granting nothing by itself; and `wasi:http`, which
//! takes a grant.
//!
//! One file for each capability. What needs a hook that wasmtime-wasi does not have (quotas, sorted listings, fixed
//! times, virtual clocks, seeded random numbers) is a host implementation of ours, which hands the rest to theirs.
//! Must never know: tasks, runs, the interface `dagwood:task`. One more capability: a file here, a field in
//! [`Guest`], a line in [`link`].

pub(super) mod cli;
pub(super) mod clocks;
pub(super) mod filesystem;
pub(super) mod http;
pub(super) mod random;
pub(super) mod sockets;
pub(super) mod stdio;

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io;

use super::guest::Guest;

/// The interfaces of [`link`], without versions: the base set, which every standard library imports.
pub(super) const BASE: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// Links the base set, and what grants give.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    io::error::add_to_linker::<Guest, Table>(linker, |guest| &mut guest.table)?;
    io::poll::add_to_linker::<Guest, Table>(linker, |guest| &mut guest.table)?;
    io::streams::add_to_linker::<Guest, Table>(linker, |guest| &mut guest.table)?;
    cli::link(linker)?;
    clocks::link(linker)?;
    filesystem::link(linker)?;
    http::link(linker)?;
    random::link(linker)?;
    sockets::link(linker)?;
    Ok(())
}

/// `wasi:io` needs nothing but the handles.
struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}
