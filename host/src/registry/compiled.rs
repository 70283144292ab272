//! The compiled form of a kept component: from memory, from the cache, or compiled anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::cache::CacheKey;
use super::error::{RegistryError, blocking, io_error};
use super::{Inner, Registry};
use crate::contract::Problem;
use crate::executor::port::{Compiled, EngineKind};
use crate::executor::{Boxed, CompiledComponents};
use crate::ids::Digest;

type Slot = Arc<OnceCell<Compiled>>;

/// What this process has verified: each file once. Who comes while it is being verified waits for it.
#[derive(Default)]
pub(super) struct Verified {
    slots: Mutex<HashMap<(Digest, EngineKind), Slot>>,
}

impl Verified {
    fn slot(&self, digest: Digest, engine: EngineKind) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((digest, engine)).or_default())
    }

    /// Whether the file was verified and is still there. One that is not is forgotten.
    fn has(&self, digest: Digest, engine: EngineKind) -> bool {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(compiled) = slots.get(&(digest, engine)).and_then(|slot| slot.get()) else { return false };
        let is_there = compiled.path.exists();
        if !is_there {
            slots.remove(&(digest, engine));
        }
        is_there
    }

    pub(super) fn forget(&self, digest: Digest) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(known, _), _| *known != digest);
    }
}

/// Compiled code that is not published yet; dropping it removes it.
pub(super) struct Staged {
    pub(super) compiled: Compiled,
    key: CacheKey,
    /// `None`: the cache had it.
    folder: Option<TempDir>,
}

impl CompiledComponents for Registry {
    fn compiled(&self, digest: Digest, engine: EngineKind) -> Boxed<Result<Compiled, Problem>> {
        let slot = self.inner.verified.slot(digest, engine);
        let registry = self.clone();
        Box::pin(async move {
            let compiled = slot.get_or_try_init(|| registry.verify_or_compile(digest, engine)).await;
            compiled.cloned().map_err(|error| error.to_problem())
        })
    }

    fn forget(&self, digest: Digest) {
        self.inner.verified.forget(digest);
    }
}

impl Registry {
    async fn verify_or_compile(&self, digest: Digest, engine: EngineKind) -> Result<Compiled, RegistryError> {
        let key = self.inner.cache_key(digest, engine);
        if let Some(compiled) = self.find_compiled(&key).await? {
            return Ok(compiled);
        }
        let inner = Arc::clone(&self.inner);
        // Its digest is taken again: a damaged component is never compiled.
        let wasm = Arc::new(blocking(move || inner.files.read(digest)).await?);
        let subject = digest.to_string();
        let staged = self.stage(&subject, key, wasm).await?;
        self.publish(staged).await
    }

    /// Whether the component's code is there, so that no try would have to wait for it.
    pub async fn has_compiled(&self, digest: Digest, engine: EngineKind) -> bool {
        if self.inner.verified.has(digest, engine) {
            return true;
        }
        let slot = self.inner.verified.slot(digest, engine);
        let key = self.inner.cache_key(digest, engine);
        match self.find_compiled(&key).await {
            Ok(Some(compiled)) => {
                // Another may have verified it meanwhile.
                let _ = slot.set(compiled);
                true
            }
            Ok(None) | Err(_) => false,
        }
    }

    async fn find_compiled(&self, key: &CacheKey) -> Result<Option<Compiled>, RegistryError> {
        let (inner, key) = (Arc::clone(&self.inner), key.clone());
        blocking(move || Ok(inner.cache.verified(&key).map(|path| compiled_at(path, &key)))).await
    }

    /// Compiles `wasm` without publishing it, unless the cache has it.
    pub(super) async fn compile_apart(
        &self,
        subject: &str,
        digest: Digest,
        engine: EngineKind,
        wasm: Arc<Vec<u8>>,
    ) -> Result<Staged, RegistryError> {
        let key = self.inner.cache_key(digest, engine);
        match self.find_compiled(&key).await? {
            Some(compiled) => Ok(Staged { compiled, key, folder: None }),
            None => self.stage(subject, key, wasm).await,
        }
    }

    async fn stage(&self, subject: &str, key: CacheKey, wasm: Arc<Vec<u8>>) -> Result<Staged, RegistryError> {
        let (inner, folder_key) = (Arc::clone(&self.inner), key.clone());
        let folder = blocking(move || inner.lay_out(&folder_key, &wasm)).await?;
        let (input, output) = (input_in(folder.path()), folder.path().join("component.cwasm"));
        let compiling = self.inner.parts.compiler.compile(key.engine, input, output.clone());
        // Its time counts from here on. The semaphore is never closed.
        let _turn = self.inner.compiling.acquire().await;
        let compiled = match compiling.await {
            Ok(()) => compiled_at(output, &key),
            Err(source) => return Err(RegistryError::Compile { subject: subject.to_owned(), source }),
        };
        Ok(Staged { compiled, key, folder: Some(folder) })
    }

    /// Puts staged code into the cache, where later processes find it.
    pub(super) async fn publish(&self, staged: Staged) -> Result<Compiled, RegistryError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let Staged { compiled, key, folder } = staged;
            // Held until the file is moved out of it.
            let Some(_folder) = folder else { return Ok(compiled) };
            let published = inner.cache.publish(&key, &compiled.path);
            published.map(|path| compiled_at(path, &key)).map_err(io_error("cannot write to", inner.cache.folder()))
        })
        .await
    }
}

impl Inner {
    fn cache_key(&self, digest: Digest, engine: EngineKind) -> CacheKey {
        CacheKey { digest, engine, compatibility: self.parts.compiler.compatibility(engine) }
    }

    /// A work folder with the component in it: what the compiler reads is then what was checked.
    fn lay_out(&self, key: &CacheKey, wasm: &[u8]) -> Result<TempDir, RegistryError> {
        let folder = self.cache.work_folder(key).map_err(io_error("cannot write to", self.cache.folder()))?;
        let input = input_in(folder.path());
        std::fs::write(&input, wasm).map_err(io_error("cannot write", &input))?;
        Ok(folder)
    }
}

fn input_in(folder: &Path) -> PathBuf {
    folder.join("component.wasm")
}

fn compiled_at(path: PathBuf, key: &CacheKey) -> Compiled {
    Compiled { digest: key.digest, path, engine: key.engine }
}
