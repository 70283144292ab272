//! Secrets: the guest has a placeholder for each, in an environment variable; here it is replaced in requests.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_RANGE, RANGE, TE};
use secrecy::{ExposeSecret, SecretString};

use super::mask::{Forms, Unsearchable};
use crate::executor::granted::SecretPermit;
use crate::lifecycle::launch::{Origin, SecretGrant};

/// How credentials of a user and a password begin (RFC 7617).
const BASIC: &str = "Basic ";

/// The secrets of one try.
pub(in crate::sandbox) struct Secrets {
    secrets: Vec<Secret>,
    /// By the origins to which values may go: what is to be covered in what comes back from there.
    forms: Vec<(Origin, Forms)>,
}

struct Secret {
    grant: SecretGrant,
    placeholder: String,
    value: SecretString,
}

impl Secrets {
    /// Makes a placeholder for each: another for each try, so that nothing depends on it.
    ///
    /// # Errors
    /// A value cannot be searched for.
    pub(in crate::sandbox) fn new(permits: Vec<SecretPermit>) -> Result<Self, Unsearchable> {
        let origins: BTreeSet<&Origin> = permits.iter().flat_map(|permit| &permit.grant.to).collect();
        let of = |origin: &&Origin| {
            let there = permits.iter().filter(|permit| permit.grant.to.contains(origin));
            let forms = Forms::of(there.map(|permit| permit.value.expose_secret())).transpose()?;
            Some(forms.map(|forms| ((*origin).clone(), forms)))
        };
        let forms = origins.iter().filter_map(of).collect::<Result<_, _>>()?;
        let secret = |SecretPermit { grant, value }| Secret { grant, placeholder: placeholder(), value };
        Ok(Self { secrets: permits.into_iter().map(secret).collect(), forms })
    }

    /// The placeholders, by the names of the secrets.
    pub(in crate::sandbox) fn placeholders(&self) -> BTreeMap<String, String> {
        self.secrets.iter().map(|secret| (secret.grant.name.clone(), secret.placeholder.clone())).collect()
    }

    /// What is to be covered in what comes back from there; nothing, if no secret may go there. Elsewhere nothing is
    /// covered: a server of the guest's own choice would else find a value by what is covered of its guesses.
    pub(super) fn forms_of(&self, origin: &Origin) -> Option<&Forms> {
        self.forms.iter().find(|(to, _)| to == origin).map(|(_, forms)| forms)
    }

    /// Puts values in the place of placeholders.
    ///
    /// # Errors
    /// A placeholder stands where its value may not go; in words for the log.
    pub(super) fn put_into(&self, target: &str, headers: &mut HeaderMap, origin: &Origin) -> Result<(), String> {
        if let Some(secret) = self.secrets.iter().find(|secret| target.contains(&secret.placeholder)) {
            let name = &secret.grant.name;
            return Err(format!("the secret `{name}` stands in the address, and secrets go into headers only"));
        }
        if self.forms_of(origin).is_some() {
            // In what is compressed, or comes in parts of the guest's choice, no value could be found.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            for name in [TE, RANGE, IF_RANGE] {
                headers.remove(name);
            }
        }
        if self.secrets.is_empty() {
            return Ok(());
        }
        for (name, value) in headers.iter_mut() {
            if let Some(replaced) = self.replaced(name, value, origin)? {
                *value = replaced;
            }
        }
        Ok(())
    }

    fn replaced(&self, name: &HeaderName, value: &HeaderValue, origin: &Origin) -> Result<Option<HeaderValue>, String> {
        let Ok(text) = std::str::from_utf8(value.as_bytes()) else { return Ok(None) };
        let credentials = if *name == AUTHORIZATION { decoded(text) } else { None };
        let plain = credentials.as_deref().unwrap_or(text);
        let mut replaced = plain.to_owned();
        for secret in self.secrets.iter().filter(|secret| plain.contains(&secret.placeholder)) {
            let SecretGrant { name: of, headers, to } = &secret.grant;
            if !headers.iter().any(|header| header == name.as_str()) {
                return Err(format!("the secret `{of}` stands in the header `{name}`, which its grant does not name"));
            }
            if !origin.tls || !to.contains(origin) {
                return Err(format!("the secret `{of}` is not for `{origin}`: its grant does not name that"));
            }
            replaced = replaced.replace(&secret.placeholder, secret.value.expose_secret());
        }
        if replaced == plain {
            return Ok(None);
        }
        let text = if credentials.is_some() { format!("{BASIC}{}", STANDARD.encode(replaced)) } else { replaced };
        let mut value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| format!("the header `{name}` cannot carry the secret"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// User and password.
fn decoded(authorization: &str) -> Option<String> {
    let encoded = authorization.get(BASIC.len()..)?;
    let is_basic = authorization.get(..BASIC.len())?.eq_ignore_ascii_case(BASIC);
    let bytes = is_basic.then(|| STANDARD.decode(encoded.trim()).ok())??;
    String::from_utf8(bytes).ok()
}

/// Nobody has to guess it, and nothing else may look like it.
fn placeholder() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("dagwood-secret-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn secrets() -> Secrets {
        let grant = SecretGrant {
            name: "TOKEN".to_owned(),
            headers: vec!["authorization".to_owned(), "x-key".to_owned()],
            to: vec![origin("a.example")],
        };
        Secrets::new(vec![SecretPermit { grant, value: "tell-nobody".to_owned().into() }]).unwrap()
    }

    fn sent(secrets: &Secrets, to: &str, header: &str, value: &str) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        let name: HeaderName = header.parse().unwrap();
        headers.insert(name.clone(), value.parse().unwrap());
        secrets.put_into("/", &mut headers, &origin(to))?;
        Ok(headers[name].to_str().unwrap().to_owned())
    }

    #[test]
    fn a_placeholder_is_replaced_in_the_granted_headers_to_the_granted_hosts() {
        let secrets = secrets();
        let placeholder = &secrets.placeholders()["TOKEN"];
        let bearer = format!("Bearer {placeholder}");
        assert_eq!(sent(&secrets, "a.example", "authorization", &bearer).unwrap(), "Bearer tell-nobody");
        assert_eq!(
            sent(&secrets, "a.example", "x-key", &format!("{placeholder}/{placeholder}")).unwrap(),
            "tell-nobody/tell-nobody"
        );
        assert_eq!(sent(&secrets, "a.example", "x-other", "nothing").unwrap(), "nothing");
        assert!(sent(&secrets, "a.example", "x-other", &bearer).unwrap_err().contains("header `x-other`"));
        assert!(sent(&secrets, "b.example", "x-key", &bearer).unwrap_err().contains("is not for `b.example:443`"));
        assert!(
            sent(&secrets, "http://a.example", "x-key", &bearer)
                .unwrap_err()
                .contains("is not for `http://a.example:80`")
        );
        assert!(sent(&secrets, "a.example:444", "x-key", &bearer).is_err());
        let in_path = secrets.put_into(&format!("/?key={placeholder}"), &mut HeaderMap::new(), &origin("a.example"));
        assert!(in_path.unwrap_err().contains("headers only"));
    }

    #[test]
    fn a_password_is_replaced_within_its_encoding() {
        let secrets = secrets();
        let given = format!("basic {}", STANDARD.encode(format!("me:{}", secrets.placeholders()["TOKEN"])));
        let sent = sent(&secrets, "a.example", "authorization", &given).unwrap();
        assert_eq!(STANDARD.decode(sent.strip_prefix("Basic ").unwrap()).unwrap(), b"me:tell-nobody");
    }

    #[test]
    fn what_comes_back_from_there_is_asked_for_uncompressed() {
        let accepted = |to| sent(&secrets(), to, "accept-encoding", "gzip").unwrap();
        assert_eq!((accepted("a.example").as_str(), accepted("b.example").as_str()), ("identity", "gzip"));
    }

    #[test]
    fn only_what_comes_from_there_is_searched_and_it_comes_in_one_piece() {
        let secrets = secrets();
        assert!(secrets.forms_of(&origin("a.example")).is_some() && secrets.forms_of(&origin("b.example")).is_none());
        let sent = |to: &str| {
            let names = [TE, RANGE, IF_RANGE];
            let mut headers: HeaderMap =
                names.iter().map(|name| (name.clone(), HeaderValue::from_static("x"))).collect();
            secrets.put_into("/", &mut headers, &origin(to)).unwrap();
            names.iter().filter(|name| headers.contains_key(*name)).count()
        };
        assert_eq!((sent("a.example"), sent("b.example")), (0, 3));
    }

    #[test]
    fn every_try_has_its_own_placeholder() {
        assert_ne!(secrets().placeholders(), secrets().placeholders());
    }
}
