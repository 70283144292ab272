//! `wasi:sockets`: linked, because every standard library imports it; every call answers that it is not permitted.

use std::sync::LazyLock;

use wasmtime::component::Linker;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::bindings::sockets;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtx, WasiSocketsCtxView};

use crate::sandbox::guest::Guest;

/// The denial, made once.
static DENIED: LazyLock<WasiSocketsCtx> = LazyLock::new(|| {
    let mut ctx = WasiCtx::builder()
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .socket_addr_check(|_, _| Box::pin(async { false }))
        .build();
    ctx.sockets().clone()
});

/// No network.
pub(in crate::sandbox) struct Sockets(WasiSocketsCtx);

impl Sockets {
    /// No network.
    pub(in crate::sandbox) fn denied() -> Self {
        Self(DENIED.clone())
    }
}

fn view(guest: &mut Guest) -> WasiSocketsCtxView<'_> {
    WasiSocketsCtxView { ctx: &mut guest.sockets.0, table: &mut guest.table }
}

/// Links all of `wasi:sockets`.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<Guest, WasiSockets>(linker, &options, view)?;
    sockets::instance_network::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    sockets::ip_name_lookup::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    sockets::tcp::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    sockets::tcp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    sockets::udp::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    sockets::udp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, view)?;
    Ok(())
}
