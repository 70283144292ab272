//! Where HTTP requests go: origins as DAG files grant them, and patterns of origins as operators allow them.
//!
//! An origin is scheme, host and port (RFC 6454). It is written `api.example.com:443`, or `http://api.example.com:80`
//! where the connection is not to be secured; without a port it has its scheme's own.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;

/// The longest name in the DNS (RFC 1035), as text.
const HOST_MAX_BYTES: usize = 253;
/// The longest label of one.
const LABEL_MAX_BYTES: usize = 63;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Whether the connection is secured by TLS: `https`, else `http`.
    pub tls: bool,
    /// A name in lower case without a dot at its end, or an address; one of IPv6 stands without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Which origins are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    tls: bool,
    host: HostPattern,
    /// `None`: any.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    /// `*`
    Any,
    /// `*.example.com`: any name that ends so; not `example.com` itself.
    Below(String),
    /// This one.
    One(String),
}

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Something follows the port.
    #[error("`{0}` is more than a host and a port: paths, users and queries are not granted")]
    More(String),
    /// Neither `http` nor `https`.
    #[error("`{0}` begins with another scheme than http:// and https://")]
    Scheme(String),
    /// Not a number from 1 on.
    #[error("`{0}` is no port: 1 to 65535 are")]
    Port(String),
    /// No name and no address.
    #[error("`{0}` is no host: a name such as api.example.com, an IPv4 address, or an IPv6 address in brackets")]
    Host(String),
    /// A star where only one host may stand.
    #[error("`{0}` has a `*` in it: each host is named")]
    Star(String),
}

/// Scheme, host and port, as texts.
struct Parts<'a> {
    tls: bool,
    host: &'a str,
    port: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, OriginError> {
        let (tls, rest) = match text.split_once("://") {
            None => (true, text),
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some(_) => return Err(OriginError::Scheme(text.to_owned())),
        };
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err(OriginError::More(text.to_owned()));
        }
        // The colons of an IPv6 address stand in brackets.
        let after_address = rest.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match rest.get(after_address..).and_then(|tail| tail.rfind(':')) {
            None => (rest, None),
            Some(at) => {
                let (host, port) = rest.split_at(after_address + at);
                (host, port.strip_prefix(':'))
            }
        };
        Ok(Self { tls, host, port })
    }

    fn own_port(&self) -> u16 {
        if self.tls { 443 } else { 80 }
    }
}

impl Origin {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let parts = Parts::of(text)?;
        if text.contains('*') {
            return Err(OriginError::Star(text.to_owned()));
        }
        let host = host(parts.host).ok_or_else(|| OriginError::Host(parts.host.to_owned()))?;
        let port = parts.port.map(port).transpose()?.unwrap_or_else(|| parts.own_port());
        Ok(Self { tls: parts.tls, host, port })
    }

    /// The host, and the port if it is not the scheme's own, as the header `host` has it.
    pub fn authority(&self) -> String {
        let own = if self.tls { 443 } else { 80 };
        let host = bracketed(&self.host);
        if self.port == own { host } else { format!("{host}:{}", self.port) }
    }
}

/// As it is written in a DAG file.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "" } else { "http://" };
        write!(f, "{scheme}{}:{}", bracketed(&self.host), self.port)
    }
}

impl OriginPattern {
    /// What `*:443` means: secured, at the usual port, anywhere.
    pub fn any_secured() -> Self {
        Self { tls: true, host: HostPattern::Any, port: Some(443) }
    }

    /// Reads one: an origin, in which `*` may stand for the host, for the port, or for the first labels of a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let parts = Parts::of(text)?;
        let no_host = || OriginError::Host(parts.host.to_owned());
        let host = match (parts.host, parts.host.strip_prefix("*.")) {
            ("*", _) => HostPattern::Any,
            (_, Some(parent)) => HostPattern::Below(host(parent).filter(|_| !is_address(parent)).ok_or_else(no_host)?),
            (one, None) => HostPattern::One(host(one).ok_or_else(no_host)?),
        };
        let port = match parts.port {
            Some("*") => None,
            Some(text) => Some(port(text)?),
            None => Some(parts.own_port()),
        };
        Ok(Self { tls: parts.tls, host, port })
    }

    /// Whether it means this origin.
    pub fn fits(&self, origin: &Origin) -> bool {
        let host = match &self.host {
            HostPattern::Any => true,
            HostPattern::Below(parent) => {
                origin.host.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            HostPattern::One(host) => *host == origin.host,
        };
        host && self.tls == origin.tls && self.port.is_none_or(|port| port == origin.port)
    }
}

fn port(text: &str) -> Result<u16, OriginError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| OriginError::Port(text.to_owned()))
}

/// A name or an address in its usual form; none if it is neither.
///
/// What ends in a number is an address or nothing, as URLs have it: `0177.0.0.1` is no other way to write 127.0.0.1.
fn host(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[') {
        return Some(inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.to_string());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return (name == text).then(|| address.to_string());
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (name.len() <= HOST_MAX_BYTES && !is_number && name.split('.').all(is_label)).then_some(name)
}

fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LABEL_MAX_BYTES).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-')
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Origin::parse(text).map_or_else(|error| error.to_string(), |origin| origin.to_string())
    }

    #[test]
    fn an_origin_is_read_into_one_form() {
        for (text, form) in [
            ("api.example.com:443", "api.example.com:443"),
            ("API.Example.com.", "api.example.com:443"),
            ("https://api.example.com", "api.example.com:443"),
            ("http://a_b.example:8080", "http://a_b.example:8080"),
            ("http://a", "http://a:80"),
            ("10.0.0.1:1", "10.0.0.1:1"),
            ("[0:0::1]:8443", "[::1]:8443"),
            ("[::FFFF:127.0.0.1]", "[::ffff:127.0.0.1]:443"),
        ] {
            assert_eq!(shown(text), form);
            assert_eq!(shown(form), form, "what is shown can be written");
        }
    }

    #[test]
    fn what_is_no_origin_is_named() {
        for text in
            ["", ":443", "a b", "a..b", "-a.b", "é.example", "::1", "[::1", "127.1", "0177.0.0.1", "0x7f.1", "a.0x1"]
        {
            assert!(shown(text).contains("is no host"), "{text}: {}", shown(text));
        }
        assert!(shown(&format!("{}.b", "a".repeat(64))).contains("is no host"));
        for text in ["a/", "https://a/b", "allowed@evil", "a?b", "a#b", "a:443/x", "a\\b"] {
            assert!(shown(text).contains("more than a host and a port"), "{text}: {}", shown(text));
        }
        for text in ["a:0", "a:65536", "a:", "a:+1", "a:x", "[::1]:x"] {
            assert!(shown(text).contains("is no port"), "{text}: {}", shown(text));
        }
        assert!(shown("ftp://a").contains("another scheme"));
        assert!(shown("*.a").contains("each host is named"));
    }

    #[test]
    fn a_pattern_means_what_it_says() {
        let fits =
            |pattern: &str, origin: &str| OriginPattern::parse(pattern).unwrap().fits(&Origin::parse(origin).unwrap());
        assert!(fits("*:443", "a.b") && fits("*:443", "[::1]") && !fits("*:443", "a.b:444"));
        assert!(!fits("*:443", "http://a.b:443"), "what is not secured is allowed by itself");
        assert!(fits("*.b.c", "a.b.c") && fits("*.b.c", "x.a.b.c"));
        assert!(!fits("*.b.c", "b.c") && !fits("*.b.c", "ab.c") && !fits("*.b.c", "xb.c"));
        assert!(fits("a.b:*", "a.b:8443") && fits("http://*:*", "http://x:1") && !fits("a.b", "a.b:1"));
        assert_eq!(OriginPattern::parse("*").unwrap(), OriginPattern::any_secured());
        for text in ["a*.b", "*.*.b", "*.", "*.1.2.3.4", "*.[::1]", "a:**", "*a"] {
            assert!(OriginPattern::parse(text).is_err(), "{text}");
        }
    }
}
