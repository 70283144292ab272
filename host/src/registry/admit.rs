//! How bytes become a component of this home: inspected, compiled, asked what they are, kept. In this order, so that
//! nothing of a stranger's runs, or is even compiled, before it was looked at; and nothing is kept of what is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::error::{RegistryError, blocking};
use super::files::check_size;
use super::record::{ComponentInterface, ComponentRecord};
use super::{Inner, Registry, descriptor};
use crate::contract::{Descriptor, Problem};
use crate::executor::port::{Compiled, Ended, EngineKind};
use crate::ids::Digest;

/// `describe` runs where tasks without grants run. The other engine's code is made when a task first needs it.
const DESCRIBING_ENGINE: EngineKind = EngineKind::Pure;

/// One component is admitted once at a time in this process: who brings the same meanwhile waits, and finds it known.
#[derive(Default)]
pub(super) struct Turns {
    taken: Mutex<HashMap<Digest, Weak<Turn>>>,
}

type Turn = tokio::sync::Mutex<()>;

impl Turns {
    fn of(&self, digest: Digest) -> Arc<Turn> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = taken.get(&digest).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        taken.insert(digest, Arc::downgrade(&turn));
        turn
    }
}

impl Registry {
    /// Takes a component. One that is known already is not asked again.
    pub(super) async fn admit(&self, subject: &str, wasm: Vec<u8>) -> Result<ComponentRecord, RegistryError> {
        check_size(subject, &wasm)?;
        let wasm = Arc::new(wasm);
        let (digest, known) = self.find_known(&wasm).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let turn = self.inner.admitting.of(digest);
        let _mine = turn.lock().await;
        match self.find_known(&wasm).await? {
            (_, Some(known)) => Ok(known),
            (digest, None) => self.admit_new(subject, digest, wasm).await,
        }
    }

    async fn find_known(&self, wasm: &Arc<Vec<u8>>) -> Result<(Digest, Option<ComponentRecord>), RegistryError> {
        let (inner, wasm) = (Arc::clone(&self.inner), Arc::clone(wasm));
        blocking(move || {
            let digest = Digest::of(&wasm);
            Ok((digest, inner.find_known(digest, &wasm)?))
        })
        .await
    }

    async fn admit_new(
        &self,
        subject: &str,
        digest: Digest,
        wasm: Arc<Vec<u8>>,
    ) -> Result<ComponentRecord, RegistryError> {
        let (inner, bytes, of) = (Arc::clone(&self.inner), Arc::clone(&wasm), subject.to_owned());
        let interface = blocking(move || inner.look_into(&of, &bytes)).await?;
        let staged = self.compile_apart(subject, digest, DESCRIBING_ENGINE, Arc::clone(&wasm)).await?;
        let descriptor = self.describe(subject, staged.compiled.clone()).await?;
        self.publish(staged).await?;
        let record = ComponentRecord {
            digest,
            size_bytes: wasm.len() as u64,
            descriptor: Arc::new(descriptor),
            interface,
            registered_at: self.inner.parts.clock.now(),
        };
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.keep(&wasm, record)).await
    }

    async fn describe(&self, subject: &str, compiled: Compiled) -> Result<Descriptor, RegistryError> {
        let subject = subject.to_owned();
        let descriptor = match self.inner.parts.sandbox.describe(compiled).await {
            Ok(descriptor) => descriptor,
            Err(Ended::Host(problem) | Ended::NotLoaded(problem)) => {
                return Err(RegistryError::Sandbox { subject, problem: problem.into() });
            }
            Err(
                Ended::Trap(problem) | Ended::Limit { problem, .. } | Ended::Timeout(problem) | Ended::Refused(problem),
            ) => return Err(RegistryError::Describe { subject, problem: problem.into() }),
            Err(Ended::Cancelled) => {
                let problem = Problem::new("cancelled", "the call was cancelled");
                return Err(RegistryError::Describe { subject, problem: problem.into() });
            }
        };
        let problems = descriptor::problems(&descriptor);
        if problems.is_empty() { Ok(descriptor) } else { Err(RegistryError::Descriptor { subject, problems }) }
    }

    /// Takes a component away, its file and its compiled code, unless a name, a build, a DAG or a run has it.
    pub(super) async fn drop_unused(&self, digest: Digest) -> Result<bool, RegistryError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.drop_unused(digest)).await
    }
}

impl Inner {
    fn find_known(&self, digest: Digest, wasm: &[u8]) -> Result<Option<ComponentRecord>, RegistryError> {
        // Held before looking, so that nobody takes it away in between.
        let _held = self.files.hold()?;
        let Some(known) = self.parts.index.component(digest)? else { return Ok(None) };
        self.files.keep(wasm)?;
        Ok(Some(known))
    }

    fn look_into(&self, subject: &str, wasm: &[u8]) -> Result<ComponentInterface, RegistryError> {
        let refused =
            |problem: Problem| RegistryError::Refused { subject: subject.to_owned(), problem: problem.into() };
        self.parts.inspector.inspect(wasm).map_err(refused)
    }

    /// Another process may have kept it meanwhile; then that record stands.
    fn keep(&self, wasm: &[u8], record: ComponentRecord) -> Result<ComponentRecord, RegistryError> {
        let _held = self.files.hold()?;
        self.files.keep(wasm)?;
        self.parts.index.keep_component(&record)?;
        Ok(self.parts.index.component(record.digest)?.unwrap_or(record))
    }

    /// The row goes first: a file without a row is only a file too many.
    pub(super) fn drop_unused(&self, digest: Digest) -> Result<bool, RegistryError> {
        let _held = self.files.hold()?;
        if !self.parts.index.forget_component(digest)? {
            return Ok(false);
        }
        self.verified.forget(digest);
        self.files.remove(digest)?;
        self.cache.remove(digest).map_err(super::error::io_error("cannot remove from", self.cache.folder()))?;
        Ok(true)
    }
}
