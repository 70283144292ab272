//! `wasi:random`: from the task's seed when the task is pure, from the machine otherwise.

use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::random::WasiRandomCtx;

use crate::sandbox::guest::Guest;
use crate::sandbox::limits::RANDOM_CALL_BYTES;
use crate::sandbox::trap::HostLimit;

#[cfg(test)]
#[path = "random_tests.rs"]
mod tests;

/// Says what the seed is used for, so that no other use of it in the host gives the same bytes.
const PURPOSE: &str = "dagwood 2026-01 random numbers of a guest";

/// Where random numbers come from.
pub(in crate::sandbox) enum Random {
    /// A seed not used yet: most tasks never ask.
    Seed(u64),
    /// The bytes that follow from a seed, the same on every machine and in every version.
    Seeded(Box<blake3::OutputReader>),
    /// The machine's own.
    Machine(Box<WasiRandomCtx>),
}

impl Random {
    /// Bytes that follow from `seed`.
    pub(in crate::sandbox) fn seeded(seed: u64) -> Self {
        Self::Seed(seed)
    }

    /// Bytes that nobody can tell beforehand.
    pub(in crate::sandbox) fn machine() -> Self {
        Self::Machine(Box::default())
    }

    fn bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        if len > RANDOM_CALL_BYTES {
            return Err(HostLimit::RandomBytes { asked_bytes: len }.into());
        }
        match self {
            Self::Machine(machine) => random::Host::get_random_bytes(machine.as_mut(), len),
            Self::Seed(_) | Self::Seeded(_) => {
                let mut bytes = vec![0; usize::try_from(len)?];
                self.fill(&mut bytes);
                Ok(bytes)
            }
        }
    }

    fn number(&mut self) -> wasmtime::Result<u64> {
        match self {
            Self::Machine(machine) => random::Host::get_random_u64(machine.as_mut()),
            Self::Seed(_) | Self::Seeded(_) => {
                let mut bytes = [0; 8];
                self.fill(&mut bytes);
                Ok(u64::from_le_bytes(bytes))
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        if let Self::Seed(seed) = *self {
            let mut hasher = blake3::Hasher::new_derive_key(PURPOSE);
            hasher.update(&seed.to_le_bytes());
            *self = Self::Seeded(Box::new(hasher.finalize_xof()));
        }
        if let Self::Seeded(reader) = self {
            reader.fill(bytes);
        }
    }
}

impl random::Host for Random {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.number()
    }
}

impl insecure::Host for Random {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.number()
    }
}

impl insecure_seed::Host for Random {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.number()?, self.number()?))
    }
}

/// Links all of `wasi:random`.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    random::add_to_linker::<Guest, HasSelf<Random>>(linker, |guest| &mut guest.random)?;
    insecure::add_to_linker::<Guest, HasSelf<Random>>(linker, |guest| &mut guest.random)?;
    insecure_seed::add_to_linker::<Guest, HasSelf<Random>>(linker, |guest| &mut guest.random)?;
    Ok(())
}
