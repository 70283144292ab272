//! The port to the compiled components.

use crate::contract::Problem;
use crate::executor::Boxed;
use crate::executor::port::{Compiled, EngineKind};
use crate::ids::Digest;

/// Gives a registered component in compiled form.
pub trait CompiledComponents: Send + Sync + 'static {
    /// The compiled code of the component `digest` for `engine`, compiled now if it has to be.
    ///
    /// A problem counts as the host's (a full disk, a compiler that was killed, a file that went missing): a component
    /// that cannot be compiled at all was refused when it was registered.
    fn compiled(&self, digest: Digest, engine: EngineKind) -> Boxed<Result<Compiled, Problem>>;

    /// What was given for `digest` could not be loaded: the next to ask gets code that was looked at again, or compiled
    /// anew.
    fn forget(&self, digest: Digest);
}
