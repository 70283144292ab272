//! Params → a request in which nothing is left to decide.

use dagwood_sdk::prelude::*;
use http::{Method, Uri};

use crate::Params;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// `GET` and so on.
    pub method: Method,
    /// With scheme and host.
    pub url: Uri,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: Vec<u8>,
}

/// Reads the params; `variable` knows the environment.
pub fn read(params: &Params, variable: impl Fn(&str) -> Option<String>) -> Result<Request, Failure> {
    let bad = |message: String| Failure::permanent("bad-params", message);
    let url: Uri = params.url.parse().map_err(|error| bad(format!("`url` is no address: {error}")))?;
    if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
        return Err(bad("`url` begins with neither https:// nor http://".to_owned()));
    }
    let method = Method::from_bytes(params.method.as_bytes()).map_err(|_| bad("`method` is no method".to_owned()))?;
    let header = |(name, value): (&String, &String)| Ok((name.to_ascii_lowercase(), filled(value, &variable)?));
    let headers = params.headers.iter().map(header).collect::<Result<_, Failure>>()?;
    Ok(Request { method, url, headers, body: params.body.clone().into_bytes() })
}

/// `text` with each `${NAME}` replaced.
fn filled(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String, Failure> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        let Some((name, after)) = from.split_once('}') else { break };
        let value = variable(name).ok_or_else(|| {
            let message = format!("a header names `{name}`, which is no environment variable of this task; grant it");
            Failure::permanent("no-variable", message)
        })?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use dagwood_sdk::serde_json;

    use super::*;

    fn read_headers(params: Value) -> Result<Vec<(String, String)>, Failure> {
        let params: Params = serde_json::from_value(params).unwrap();
        let variable = |name: &str| (name == "TOKEN").then(|| "placeholder".to_owned());
        read(&params, variable).map(|request| request.headers)
    }

    #[test]
    fn variables_stand_in_headers() {
        let headers = json!({ "Authorization": "Bearer ${TOKEN}!", "x": "$TOKEN ${", "y": "${TOKEN}${TOKEN}" });
        let read = read_headers(json!({ "url": "https://a.example", "headers": headers })).unwrap();
        let expected = [("authorization", "Bearer placeholder!"), ("x", "$TOKEN ${"), ("y", "placeholderplaceholder")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let code = |params| read_headers(params).unwrap_err().code().to_owned();
        assert_eq!(code(json!({ "url": "ftp://a" })), "bad-params");
        assert_eq!(code(json!({ "url": "/x" })), "bad-params");
        assert_eq!(code(json!({ "url": "https://a", "method": "a b" })), "bad-params");
        assert_eq!(code(json!({ "url": "https://a", "headers": { "x": "${OTHER}" } })), "no-variable");
    }
}
