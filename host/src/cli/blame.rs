//! Which error leads to which exit code: the one table of the command line.
//!
//! 2 where the caller can put it right by another call or another file; 3 where the machine, the home folder or the
//! program itself is in the way. (1 is for runs that failed, which are no errors.)

use crate::artifacts;
use crate::cli::error::{Blame, Exit};
use crate::compose::{CleanError, DagsError, HostError, OperateError, RunError, ServeError};
use crate::control::ClientError;
use crate::dag::params::BadParam;
use crate::executor::log::LogError;
use crate::home::HomeError;
use crate::ids::BadId;
use crate::loader::LoadError;
use crate::registry::versions::ResolveError;
use crate::registry::{Fault, RegistryError};
use crate::scheduler::RequestError;
use crate::scheduler::create::CreateError;
use crate::scheduler::lease::LeaseError;
use crate::store::StoreError;

impl Blame for BadId {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Blame for BadParam {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Blame for ResolveError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Blame for HomeError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotAFolder(_) | Self::NotYours { .. } | Self::OperatorsFile { .. } => Exit::Usage,
            Self::Io { .. } => Exit::Host,
        }
    }
}

impl Blame for StoreError {
    fn exit(&self) -> Exit {
        match self {
            Self::LogicalDateTaken { .. } | Self::RunInUse { .. } | Self::Foreign { .. } => Exit::Usage,
            Self::Newer { .. }
            | Self::ReadOnly { .. }
            | Self::Full { .. }
            | Self::Busy { .. }
            | Self::Corrupt { .. }
            | Self::Sqlite { .. }
            | Self::BadRow { .. }
            | Self::Io { .. }
            | Self::Closed => Exit::Host,
        }
    }
}

impl Blame for artifacts::StoreError {
    fn exit(&self) -> Exit {
        Exit::Host
    }
}

impl Blame for artifacts::ExportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Exists(_) | Self::OtherKind { .. } => Exit::Usage,
            Self::Missing(_) | Self::Io { .. } => Exit::Host,
        }
    }
}

impl Blame for artifacts::ImportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Missing(_)
            | Self::Unreadable { .. }
            | Self::Special { .. }
            | Self::Refused { .. }
            | Self::NotAllowed(_)
            | Self::Changed(_) => Exit::Usage,
            Self::Store(error) => error.exit(),
        }
    }
}

impl Blame for RegistryError {
    fn exit(&self) -> Exit {
        match self.fault() {
            Fault::Caller => Exit::Usage,
            Fault::Host => Exit::Host,
        }
    }
}

impl Blame for LogError {
    fn exit(&self) -> Exit {
        match self {
            Self::Io { .. } | Self::Damaged { .. } => Exit::Host,
        }
    }
}

impl Blame for CreateError {
    fn exit(&self) -> Exit {
        match self {
            Self::Store(error) => error.exit(),
            Self::NoSuchRun { .. } | Self::NothingToResume { .. } | Self::IsCallback { .. } | Self::InUse { .. } => {
                Exit::Usage
            }
        }
    }
}

impl Blame for HostError {
    fn exit(&self) -> Exit {
        match self {
            Self::Home(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Artifacts(error) => error.exit(),
            Self::Lease(error) => error.exit(),
            Self::Config { .. } => Exit::Usage,
            Self::Sandbox(_) | Self::OwnProgram(_) => Exit::Host,
        }
    }
}

impl Blame for LoadError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. }
            | Self::AFolder(_)
            | Self::Special(_)
            | Self::TooLarge(_)
            | Self::NotUtf8 { .. }
            | Self::Diagnostics { .. } => Exit::Usage,
            Self::Plugin { source, .. } => source.exit(),
            Self::Compile { .. } => Exit::Host,
            Self::Import { source, .. } => source.exit(),
        }
    }
}

impl Blame for LeaseError {
    fn exit(&self) -> Exit {
        match self {
            Self::Served => Exit::Usage,
            Self::Io { .. } => Exit::Host,
            Self::Store(error) => error.exit(),
        }
    }
}

impl Blame for RunError {
    fn exit(&self) -> Exit {
        match self {
            Self::Params(_) => Exit::Usage,
            Self::Load(error) => error.exit(),
            Self::Create(error) => error.exit(),
            Self::Lease(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Artifacts(error) => error.exit(),
            Self::Start(_) | Self::Stopped(_) => Exit::Host,
        }
    }
}

impl Blame for RequestError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoSuchDag { .. }
            | Self::Unusable { .. }
            | Self::NoSuchRun { .. }
            | Self::NoSuchTask { .. }
            | Self::Elsewhere { .. }
            | Self::NotBegun { .. }
            | Self::AtItsEnd { .. }
            | Self::Params { .. }
            | Self::NoTicks { .. }
            | Self::TooMany { .. }
            | Self::NoSuchBackfill { .. } => Exit::Usage,
            Self::Failed | Self::Stopped => Exit::Host,
        }
    }
}

impl Blame for ClientError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoServer => Exit::Usage,
            Self::Broken(_) => Exit::Host,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NoServer => Some("`dagwood serve --dags DIR` starts one".to_owned()),
            Self::Broken(_) => None,
        }
    }
}

impl Blame for OperateError {
    fn exit(&self) -> Exit {
        match self {
            Self::Refused(error) => error.exit(),
            Self::Lease(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Artifacts(error) => error.exit(),
            Self::Start(_) => Exit::Host,
        }
    }
}

impl Blame for ServeError {
    fn exit(&self) -> Exit {
        match self {
            Self::Folder { .. } => Exit::Usage,
            Self::Lease(error) => error.exit(),
            Self::Store(error) | Self::Dags(DagsError::Store(error)) => error.exit(),
            Self::Artifacts(error) => error.exit(),
            Self::Control(_)
            | Self::Start(_)
            | Self::Stopped(_)
            | Self::Dags(DagsError::Watch { .. } | DagsError::Stopped(_)) => Exit::Host,
        }
    }
}

impl Blame for CleanError {
    fn exit(&self) -> Exit {
        match self {
            Self::Store(error) => error.exit(),
            Self::Files(error) => error.exit(),
        }
    }
}
