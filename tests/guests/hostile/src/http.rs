//! Requests in a line, and what came of them in a word.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, IncomingResponse, Method, OutgoingRequest, RequestOptions, Scheme};
use wasip2::io::streams::StreamError;

/// What came back.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// The header `location`.
    pub location: Option<String>,
}

/// Asks for `path` of `authority`; at most `most` bytes of the body are read. The error is the code's name.
pub fn get(tls: bool, authority: &str, path: &str, most: usize) -> Result<Answer, String> {
    let request = OutgoingRequest::new(Fields::new());
    let set = request.set_method(&Method::Get).is_ok()
        && request.set_scheme(Some(if tls { &Scheme::Https } else { &Scheme::Http })).is_ok()
        && request.set_authority(Some(authority)).is_ok()
        && request.set_path_with_query(Some(path)).is_ok();
    if !set {
        return Err("NotSet".to_owned());
    }
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(1_000_000_000));
    let coming = handle(request, Some(options)).map_err(|code| format!("{code:?}"))?;
    coming.subscribe().block();
    let answer = coming.get().and_then(Result::ok).ok_or("Nothing")?.map_err(|code| format!("{code:?}"))?;
    let location = answer.headers().get("location").first().map(|value| String::from_utf8_lossy(value).into_owned());
    let status = answer.status();
    Ok(Answer { status, body: body(&answer, most)?, location })
}

/// What came of a request, in a word: the status, or the name of the error.
pub fn word(tls: bool, authority: &str, path: &str) -> String {
    match get(tls, authority, path, 1 << 20) {
        Ok(answer) => answer.status.to_string(),
        Err(code) => code.rsplit("::").next().unwrap_or_default().split('(').next().unwrap_or_default().to_owned(),
    }
}

fn body(answer: &IncomingResponse, most: usize) -> Result<Vec<u8>, String> {
    let body = answer.consume().map_err(|()| "NoBody")?;
    let stream = body.stream().map_err(|()| "NoBody")?;
    let mut all = Vec::new();
    while all.len() < most {
        match stream.blocking_read(64 << 10) {
            Ok(piece) => all.extend(piece),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
    Ok(all)
}
