//! Where HTTP requests may go.

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{GrantsSpec, HttpGrantSpec};
use crate::dag::model::HttpGrant;
use crate::dag::origin::Origin;
use crate::dag::path::DocPath;
use crate::text::one_line;

/// The grants of one task.
pub(super) fn check(spec: &GrantsSpec, path: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<HttpGrant> {
    let mut grants: Vec<HttpGrant> = Vec::new();
    for (index, spec) in spec.http.iter().enumerate() {
        let at = path.index(index);
        let grant = match spec {
            None => None,
            Some(HttpGrantSpec::To(text)) => {
                origin(text, at.clone(), mistakes).map(|to| HttpGrant { to, methods: None })
            }
            Some(HttpGrantSpec::With(table)) => {
                let methods =
                    table.methods.as_ref().map(|methods| self::methods(methods, &at.key("methods"), mistakes));
                let to = table.to.as_deref().and_then(|text| origin(text, at.key("to"), mistakes));
                to.map(|to| HttpGrant { to, methods })
            }
        };
        let Some(grant) = grant else { continue };
        if grants.iter().any(|other| other.to == grant.to) {
            mistakes.push(Mistake::error(Place::value(at), format!("`{}` is granted twice", grant.to)));
        }
        grants.push(grant);
    }
    grants
}

/// An origin as it stands in the file.
pub(super) fn origin(text: &str, at: DocPath, mistakes: &mut Vec<Mistake>) -> Option<Origin> {
    match Origin::parse(text) {
        Ok(origin) => Some(origin),
        Err(error) => {
            let message = one_line(&error.to_string()).into_owned();
            let hint = "such as `api.example.com:443`, or `http://api.example.com:80` without TLS".to_owned();
            mistakes.push(Mistake::error(Place::value(at), message).hint(hint));
            None
        }
    }
}

fn methods(spec: &[Option<String>], path: &DocPath, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    if spec.is_empty() {
        let mistake = Mistake::error(Place::value(path.clone()), "no method is named, so that nothing could be sent");
        mistakes.push(mistake.hint("leave `methods` out to allow any".to_owned()));
    }
    let methods = spec.iter().enumerate().filter_map(|(index, method)| Some((index, method.as_deref()?)));
    methods.filter_map(|(index, method)| self::method(method, path.index(index), mistakes)).collect()
}

fn method(text: &str, at: DocPath, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let method = text.to_ascii_uppercase();
    let message = match method.as_str() {
        "CONNECT" => "`CONNECT` makes a tunnel, which is never granted".to_owned(),
        _ if !method.is_empty() && method.bytes().all(is_token) => return Some(method),
        _ => format!("`{}` is no method", one_line(text)),
    };
    mistakes.push(Mistake::error(Place::value(at), message).hint("such as `GET` or `POST`".to_owned()));
    None
}

/// What methods and names of headers are made of (RFC 9110, token).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
