//! Secrets that the host puts into requests.

use crate::dag::check::grants::http::{is_token, origin};
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{GrantsSpec, SecretGrantSpec, SecretGrantTable};
use crate::dag::model::{HttpGrant, SecretGrant};
use crate::dag::origin::Origin;
use crate::dag::path::DocPath;
use crate::text::one_line;

/// Where a secret stands if nothing else is said.
const USUAL_HEADER: &str = "authorization";

/// Secrets of one task: each is searched for in all that comes back.
const SECRETS_MAX: usize = 16;

/// The secrets of one task.
pub(super) fn check(
    spec: &GrantsSpec,
    http: &[HttpGrant],
    path: &DocPath,
    mistakes: &mut Vec<Mistake>,
) -> Vec<SecretGrant> {
    let mut grants: Vec<SecretGrant> = Vec::new();
    for (index, secret) in spec.secrets.iter().enumerate() {
        let at = path.index(index);
        let grant = match secret {
            None => None,
            Some(SecretGrantSpec::Name(name)) => name_of(name, at.clone(), mistakes).map(|name| (name, None)),
            Some(SecretGrantSpec::With(table)) => {
                let name = table.name.as_deref().and_then(|name| name_of(name, at.key("name"), mistakes));
                name.map(|name| (name, Some(table)))
            }
        };
        let Some((name, table)) = grant else { continue };
        if grants.iter().any(|other| other.name == name) {
            mistakes.push(Mistake::error(Place::value(at.clone()), format!("`{name}` is granted twice")));
        }
        if spec.env.contains_key(&name) {
            let message = format!("`{name}` is in `env` too: the placeholder of a secret has its name there");
            mistakes.push(Mistake::error(Place::value(at.clone()), message));
        }
        let headers = table.and_then(|table| headers(table, &at, mistakes));
        let to = table.and_then(|table| named_origins(table, http, &at, mistakes));
        let to = to.unwrap_or_else(|| secured(http, &name, &at, mistakes));
        grants.push(SecretGrant { name, headers: headers.unwrap_or_else(|| vec![USUAL_HEADER.to_owned()]), to });
    }
    if grants.len() > SECRETS_MAX {
        let message = format!("a task may use {SECRETS_MAX} secrets at most, and this one has {}", grants.len());
        mistakes.push(Mistake::error(Place::key(path.clone()), message));
    }
    grants
}

/// A name that an environment variable can have everywhere.
fn name_of(text: &str, at: DocPath, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !text.is_empty() && text.bytes().all(fits) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let message = format!("`{}` cannot be the name of a secret", one_line(text));
    mistakes
        .push(Mistake::error(Place::value(at), message).hint("letters, digits and `_`, as in `API_TOKEN`".to_owned()));
    None
}

fn headers(table: &SecretGrantTable, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Option<Vec<String>> {
    let names = table.headers.as_ref()?;
    let path = at.key("headers");
    if names.is_empty() {
        let mistake =
            Mistake::error(Place::value(path.clone()), "no header is named, so that the secret stands nowhere");
        mistakes.push(mistake.hint(format!("leave `headers` out to mean `{USUAL_HEADER}`")));
    }
    let names = names.iter().enumerate().filter_map(|(index, name)| Some((index, name.as_deref()?)));
    let checked = names.filter_map(|(index, name)| {
        if !name.is_empty() && name.bytes().all(is_token) {
            return Some(name.to_ascii_lowercase());
        }
        let message = format!("`{}` is no name of a header", one_line(name));
        mistakes.push(Mistake::error(Place::value(path.index(index)), message));
        None
    });
    Some(checked.collect())
}

/// The origins that the table names, each of which must be secured and granted.
fn named_origins(
    table: &SecretGrantTable,
    http: &[HttpGrant],
    at: &DocPath,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<Origin>> {
    let texts = table.to.as_ref()?;
    let path = at.key("to");
    if texts.is_empty() {
        let mistake = Mistake::error(Place::value(path.clone()), "no host is named, so that the secret goes nowhere");
        mistakes.push(mistake.hint("leave `to` out to mean all that `http` grants with TLS".to_owned()));
    }
    let mut origins = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let Some(found) = text.as_deref().and_then(|text| origin(text, path.index(index), mistakes)) else { continue };
        let wrong = match (found.tls, http.iter().any(|grant| grant.to == found)) {
            (false, _) => Some((format!("a secret never goes to `{found}`: only where TLS is"), None)),
            (true, false) => {
                let hint = format!("add `\"{found}\"` to `grants.http`");
                Some((format!("`grants.http` does not name `{found}`"), Some(hint)))
            }
            (true, true) => None,
        };
        if let Some((message, hint)) = wrong {
            mistakes.push(Mistake::error(Place::value(path.index(index)), message).hint(hint));
        }
        origins.push(found);
    }
    Some(origins)
}

fn secured(http: &[HttpGrant], name: &str, at: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<Origin> {
    let origins: Vec<Origin> = http.iter().map(|grant| grant.to.clone()).filter(|to| to.tls).collect();
    if origins.is_empty() {
        let message = format!("the secret `{name}` can go nowhere: `grants.http` has no host with TLS");
        let hint = "add the host that it is for: `grants.http = [\"api.example.com:443\"]`".to_owned();
        mistakes.push(Mistake::error(Place::value(at.clone()), message).hint(hint));
    }
    origins
}
