//! A request through `wasi:http`.

use std::io::Write;
use std::time::Duration;

use dagwood_sdk::prelude::*;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::streams::StreamError;

use crate::Fetched;
use crate::request::Request;

/// The longest pause within an answer.
const PAUSE: Duration = Duration::from_secs(30);
/// What is read or written at once.
const PIECE_BYTES: usize = 16 << 10;

/// Sends it and writes the body of the answer to `into`.
pub(crate) fn send(request: &Request, into: &mut impl Write) -> Result<Fetched, Failure> {
    let answer = answer(request)?;
    let status = answer.status();
    let headers = answer.headers();
    let header = |name: &str| headers.get(name).first().map(|value| String::from_utf8_lossy(value).into_owned());
    let (content_type, retry_after) = (header("content-type"), header("retry-after"));
    if !(200..300).contains(&status) {
        return Err(refused(status, retry_after.as_deref()));
    }
    let length = header("content-length").and_then(|length| length.parse().ok());
    let body = answer.consume().map_err(|()| Failure::retryable("no-body", "the answer has no body"))?;
    let stream = body.stream().map_err(|()| Failure::retryable("no-body", "the answer has no body"))?;
    let mut bytes = 0;
    loop {
        match stream.blocking_read(PIECE_BYTES as u64) {
            Ok(piece) => {
                into.write_all(&piece)?;
                bytes += piece.len() as u64;
                progress(bytes, length, "received");
            }
            Err(StreamError::Closed) => return Ok(Fetched { status, content_type, bytes }),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = wasip2::http::types::http_error_code(&error);
                return Err(code.map_or_else(|| Failure::retryable("cut-off", error.to_debug_string()), failed));
            }
        }
    }
}

fn answer(request: &Request) -> Result<IncomingResponse, Failure> {
    let outgoing = outgoing(request)?;
    let options = RequestOptions::new();
    let _ = options.set_between_bytes_timeout(Some(PAUSE.as_nanos() as u64));
    let body = outgoing.body().map_err(|()| Failure::permanent("bad-params", "the request cannot have a body"))?;
    let coming = handle(outgoing, Some(options)).map_err(failed)?;
    write(body, &request.body)?;
    coming.subscribe().block();
    let lost = || Failure::retryable("no-answer", "there was no answer");
    coming.get().and_then(Result::ok).ok_or_else(lost)?.map_err(failed)
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, Failure> {
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let bad = |what: &str| Failure::permanent("bad-params", format!("the {what} cannot be sent"));
    let fields = Fields::from_list(&headers).map_err(|error| bad(&format!("headers ({error})")))?;
    if !request.body.is_empty() {
        let length = request.body.len().to_string().into_bytes();
        fields.set("content-length", &[length]).map_err(|error| bad(&format!("length ({error})")))?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if request.url.scheme_str() == Some("http") { Scheme::Http } else { Scheme::Https };
    let target = request.url.path_and_query().map_or("/", |target| target.as_str());
    outgoing.set_method(&method(request.method.as_str())).map_err(|()| bad("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| bad("scheme"))?;
    outgoing.set_authority(request.url.authority().map(|host| host.as_str())).map_err(|()| bad("host"))?;
    outgoing.set_path_with_query(Some(target)).map_err(|()| bad("path"))?;
    Ok(outgoing)
}

fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), Failure> {
    let stream = body.write().map_err(|()| Failure::retryable("not-sent", "the request could not be sent"))?;
    for piece in bytes.chunks(4096) {
        let sent = stream.blocking_write_and_flush(piece);
        sent.map_err(|error| Failure::retryable("not-sent", format!("the request could not be sent: {error}")))?;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(failed)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

/// What was not granted stays so; all else may work another time.
fn failed(code: ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Failure::permanent("denied", "the host does not let this request go")
        }
        other => Failure::retryable("not-sent", format!("the request failed: {other}")),
    }
}

/// A status other than success: too many requests, and what the server itself failed at, may pass.
fn refused(status: u16, retry_after: Option<&str>) -> Failure {
    let message = format!("the answer has the status {status}");
    if status != 429 && status < 500 {
        return Failure::permanent("status", message);
    }
    let failure = Failure::retryable("status", message);
    match retry_after.and_then(|seconds| seconds.trim().parse().ok()) {
        Some(seconds) => failure.after(Duration::from_secs(seconds)),
        None => failure,
    }
}
