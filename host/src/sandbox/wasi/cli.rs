//! `wasi:cli`: an empty environment, no arguments, an empty standard input, no terminal.

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliCtx, WasiCliCtxView};
use wasmtime_wasi::p2::bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

use super::stdio::Stdio;
use crate::sandbox::guest::Guest;

/// What is empty, from wasmtime-wasi: its default grants nothing.
#[derive(Default)]
pub(in crate::sandbox) struct Cli(WasiCliCtx);

/// The three standard streams.
struct Streams<'a> {
    stdio: &'a Stdio,
    table: &'a mut ResourceTable,
}

struct HasStreams;

impl HasData for HasStreams {
    type Data<'a> = Streams<'a>;
}

impl stdin::Host for Streams<'_> {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let stream: DynInputStream = Box::new(ClosedInputStream);
        Ok(self.table.push(stream)?)
    }
}

impl stdout::Host for Streams<'_> {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.stdio.stdout());
        Ok(self.table.push(stream)?)
    }
}

impl stderr::Host for Streams<'_> {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.stdio.stderr());
        Ok(self.table.push(stream)?)
    }
}

fn streams(guest: &mut Guest) -> Streams<'_> {
    Streams { stdio: &guest.stdio, table: &mut guest.table }
}

fn theirs(guest: &mut Guest) -> WasiCliCtxView<'_> {
    WasiCliCtxView { ctx: &mut guest.cli.0, table: &mut guest.table }
}

/// Links all of `wasi:cli` that a task may import.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    stdin::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    stdout::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    stderr::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    environment::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    // Ends the call with wasmtime-wasi's `I32Exit`, by which an exit is told from a crash.
    exit::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_input::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_output::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    Ok(())
}
