//! What a try is granted, made ready: asked of the operator once more, folders opened, secrets fetched.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::time::timeout;

use crate::contract::{Failure, Outcome};
use crate::executor::Cancel;
use crate::executor::local::{blocking, cancelled};
use crate::executor::mounts::{self, MountError, OPEN_TIMEOUT, OpenMount};
use crate::executor::permits::{GrantRefusal, Permits};
use crate::executor::secrets::Secrets;
use crate::lifecycle::launch::{Grants, HttpGrant, SecretGrant};

/// What a guest is given beyond the sandbox.
#[derive(Debug, Default)]
pub struct Granted {
    /// Folders of the host.
    pub mounts: Vec<OpenMount>,
    /// Environment variables, by name.
    pub env: BTreeMap<String, String>,
    /// Where its HTTP requests may go.
    pub http: Vec<HttpPermit>,
    /// What the host puts into them.
    pub secrets: Vec<SecretPermit>,
}

/// Where HTTP requests may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpPermit {
    /// There, with its methods.
    pub grant: HttpGrant,
    /// Whether the addresses may be private.
    pub private: bool,
}

/// A secret with its value. Shown, it hides it.
#[derive(Debug, Clone)]
pub struct SecretPermit {
    /// What it is for.
    pub grant: SecretGrant,
    /// What the guest never sees.
    pub value: SecretString,
}

/// Makes ready what a try is granted; nothing takes no time.
///
/// # Errors
/// How the try ends, if something may not be given any more or cannot be had.
pub(super) async fn ready(
    grants: Grants,
    permits: &Arc<dyn Permits>,
    secrets: &Arc<dyn Secrets>,
    cancel: Cancel,
) -> Result<Granted, Outcome> {
    if grants.is_empty() {
        return Ok(Granted::default());
    }
    let http = allowed(&grants, permits.as_ref()).map_err(|failure| Outcome::Failed(*failure))?;
    let Grants { mounts, env, secrets: wanted, http: _ } = grants;
    if mounts.is_empty() && wanted.is_empty() {
        return Ok(Granted { env, http, ..Granted::default() });
    }
    let (permits, secrets) = (Arc::clone(permits), Arc::clone(secrets));
    // A folder may lie on a network, and so may the home.
    let work = move || -> Result<(Vec<OpenMount>, Vec<SecretPermit>), Box<Failure>> {
        let open = |mount| mounts::open(mount, permits.as_ref()).map_err(|error| Box::new(error.failure()));
        let fetch = |grant: SecretGrant| {
            let value = secrets.value(&grant.name).map_err(|error| Box::new(error.failure()))?;
            Ok::<_, Box<Failure>>(SecretPermit { grant, value })
        };
        Ok((
            mounts.iter().map(open).collect::<Result<_, _>>()?,
            wanted.into_iter().map(fetch).collect::<Result<_, _>>()?,
        ))
    };
    let done = tokio::select! {
        biased;
        () = cancelled(cancel) => return Err(Outcome::Cancelled),
        done = timeout(OPEN_TIMEOUT, blocking(work)) => done.unwrap_or_else(|_| Err(MountError::Hangs.failure().into())),
    };
    let (mounts, secrets) = done.map_err(|failure| Outcome::Failed(*failure))?;
    Ok(Granted { mounts, env, http, secrets })
}

/// Asks the operator about all that needs no look at the disk.
fn allowed(grants: &Grants, permits: &dyn Permits) -> Result<Vec<HttpPermit>, Box<Failure>> {
    let refused = |refusal: Option<GrantRefusal>, code: &str| {
        refusal.map_or(Ok(()), |refusal| Err(Box::new(refusal.failure(code))))
    };
    for name in grants.env.keys() {
        refused(permits.refuses_env(name), "env-refused")?;
    }
    for secret in &grants.secrets {
        refused(permits.refuses_secret(secret), "secret-refused")?;
    }
    let permit = |grant: &HttpGrant| {
        let private = permits.permits_http(grant).map_err(|refusal| Box::new(refusal.failure("http-refused")))?;
        Ok(HttpPermit { grant: grant.clone(), private })
    };
    grants.http.iter().map(permit).collect()
}
