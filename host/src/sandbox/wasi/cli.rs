//! `wasi:cli`: the environment that was granted, no arguments, an empty standard input, no terminal.

use std::collections::BTreeMap;

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

/// What is empty, from wasmtime-wasi: its default grants nothing. And the environment.
pub(in crate::sandbox) struct Cli {
    empty: WasiCliCtx,
    env: BTreeMap<String, String>,
}

impl Cli {
    /// With these environment variables.
    pub(in crate::sandbox) fn new(env: BTreeMap<String, String>) -> Self {
        Self { empty: WasiCliCtx::default(), env }
    }
}

struct HasEnvironment;

impl HasData for HasEnvironment {
    type Data<'a> = Environment<'a>;
}

/// What a program is started with.
struct Environment<'a>(&'a BTreeMap<String, String>);

impl environment::Host for Environment<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

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
    WasiCliCtxView { ctx: &mut guest.cli.empty, table: &mut guest.table }
}

/// Links all of `wasi:cli` that a task may import.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    stdin::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    stdout::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    stderr::add_to_linker::<Guest, HasStreams>(linker, streams)?;
    environment::add_to_linker::<Guest, HasEnvironment>(linker, |guest| Environment(&guest.cli.env))?;
    // Ends the call with wasmtime-wasi's `I32Exit`, by which an exit is told from a crash.
    exit::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_input::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_output::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, theirs)?;
    Ok(())
}
