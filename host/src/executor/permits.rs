//! What the operator permits to tasks, asked when a DAG is checked and again when a try starts.

use std::path::Path;

use crate::contract::{Failure, Problem};
use crate::lifecycle::launch::{HttpGrant, MountMode, SecretGrant};
use crate::limits::TaskLimits;

/// What the operator permits to tasks.
pub trait Permits: Send + Sync + 'static {
    /// Why the folder `real`, whose links are resolved, may not be mounted so: what is wrong, and what to do about it.
    fn refuses_mount(&self, real: &Path, mode: MountMode) -> Option<GrantRefusal>;
    /// Why a task may not be given an environment variable of this name.
    fn refuses_env(&self, name: &str) -> Option<GrantRefusal>;
    /// Whether the addresses that a grant of HTTP leads to may be private; or why requests may not be sent there.
    fn permits_http(&self, grant: &HttpGrant) -> Result<bool, GrantRefusal>;
    /// Why a task may not use a secret so.
    fn refuses_secret(&self, grant: &SecretGrant) -> Option<GrantRefusal>;
    /// Lowers what is more than a task may use.
    fn lower(&self, limits: &mut TaskLimits);
}

/// Why something is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRefusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl GrantRefusal {
    /// As the end of a try, which no other try would help.
    pub fn failure(&self, code: &str) -> Failure {
        Failure::Permanent { problem: Problem::new(code, format!("{}; {}", self.message, self.hint)) }
    }
}

/// Permits what needs no permission: no grants, and any limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGrants;

impl Permits for NoGrants {
    fn lower(&self, _limits: &mut TaskLimits) {}

    fn refuses_mount(&self, real: &Path, _mode: MountMode) -> Option<GrantRefusal> {
        let message = format!("`{}` may not be mounted: nothing may here", real.display());
        Some(GrantRefusal { message, hint: "give the task what it needs as an input".to_owned() })
    }

    fn refuses_env(&self, name: &str) -> Option<GrantRefusal> {
        let message = format!("the environment variable `{name}` may not be given: none may here");
        Some(GrantRefusal { message, hint: "give the task what it needs as a param".to_owned() })
    }

    fn permits_http(&self, grant: &HttpGrant) -> Result<bool, GrantRefusal> {
        let message = format!("requests to `{}` may not be granted: none may here", grant.to);
        Err(GrantRefusal { message, hint: "give the task what it needs as an input".to_owned() })
    }

    fn refuses_secret(&self, grant: &SecretGrant) -> Option<GrantRefusal> {
        let message = format!("the secret `{}` may not be used: none may here", grant.name);
        Some(GrantRefusal { message, hint: "leave it out".to_owned() })
    }
}
