//! One request and its answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_ENCODING, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::{Answer, Outgoing, Traffic};
use super::mask::Forms;
use super::net::{Net, NoConnection};
use super::secrets::Secrets;
use super::{Answered, Working};
use crate::executor::granted::HttpPermit;
use crate::executor::port::{Level, Watcher};
use crate::lifecycle::launch::Origin;
use crate::sandbox::limits::{
    HTTP_CONNECT_TIMEOUT, HTTP_CONNECTIONS, HTTP_FIRST_BYTE_TIMEOUT, HTTP_HEADER_BYTES, HTTP_HEADERS, HTTP_LOOKUPS,
    HTTP_PAUSE, HTTP_TARGET_SHOWN,
};
use crate::text::cut;

/// What all requests of one try share.
pub(super) struct Exchange {
    pub(super) permits: Vec<HttpPermit>,
    pub(super) secrets: Secrets,
    pub(super) traffic: Arc<Traffic>,
    pub(super) net: Arc<Net>,
    pub(super) connections: Arc<Semaphore>,
    pub(super) lookups: Arc<Semaphore>,
    pub(super) watcher: Arc<dyn Watcher>,
    /// Why the last request was not sent that the host would not send.
    pub(super) refused: Mutex<Option<String>>,
}

impl Exchange {
    /// For one try.
    pub(super) fn new(
        permits: Vec<HttpPermit>,
        secrets: Secrets,
        traffic: Traffic,
        net: Arc<Net>,
        watcher: Arc<dyn Watcher>,
    ) -> Self {
        let connections = Arc::new(Semaphore::new(HTTP_CONNECTIONS));
        let lookups = Arc::new(Semaphore::new(HTTP_LOOKUPS));
        let traffic = Arc::new(traffic);
        Self { permits, secrets, traffic, net, connections, lookups, watcher, refused: Mutex::new(None) }
    }

    /// Sends a request, if it may be sent, and waits for the head of its answer. Redirects are answers like others.
    pub(super) async fn send(
        self: Arc<Self>,
        mut request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<(Answered, Working), Error> {
        let (origin, private) = self.permitted(&request)?;
        let target = target(request.uri());
        request.headers_mut().insert(HOST, header(&origin.authority())?);
        let put = self.secrets.put_into(&target, request.headers_mut(), &origin);
        put.map_err(|why| self.refuse(Error::HttpRequestDenied, request.method(), &origin.to_string(), &target, &why))?;
        if !self.traffic.take(target.len() + size_of_head(request.headers())) {
            return Err(Error::HttpRequestBodySize(None));
        }
        *request.uri_mut() = target.parse::<Uri>().map_err(|_| Error::HttpRequestUriInvalid)?;
        let places = self.places()?;
        let within = options.connect_timeout.unwrap_or(HTTP_CONNECT_TIMEOUT).min(HTTP_CONNECT_TIMEOUT);
        let stream = self.net.connect(&origin, private, within, &self.lookups).await.map_err(|no| {
            let NoConnection { error, refusal } = no;
            match refusal {
                Some(why) => self.refuse(error, request.method(), &origin.to_string(), &target, &why),
                None => error,
            }
        })?;
        let mut client = hyper::client::conn::http1::Builder::new();
        client.max_headers(HTTP_HEADERS).max_buf_size(HTTP_HEADER_BYTES);
        let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await?;
        // Its end is that of what is sent over it, and told there. It has its places as long as it is open.
        let driven = spawn(async move {
            drop(connection.await);
            drop(places);
        });
        let traffic = Arc::clone(&self.traffic);
        let request = request.map(|body| Outgoing { body, traffic });
        let first = options.first_byte_timeout.unwrap_or(HTTP_FIRST_BYTE_TIMEOUT);
        let answer = timeout(first, sender.send_request(request)).await.map_err(|_| Error::ConnectionReadTimeout)?;
        let answer = self.received(answer.map_err(cause)?, &origin, options.between_bytes_timeout)?;
        Ok((
            answer,
            Box::new(async move {
                driven.await;
                Ok(())
            }),
        ))
    }

    /// Where it goes, and whether the address may be private.
    fn permitted(&self, request: &Request<WasiBody>) -> Result<(Origin, bool), Error> {
        let (uri, method) = (request.uri(), request.method());
        let shown =
            || cut(&format!("{}://{}", uri.scheme_str().unwrap_or_default(), authority(uri)), HTTP_TARGET_SHOWN);
        let refuse = |why: &str| self.refuse(Error::HttpRequestDenied, method, &shown(), &target(uri), why);
        let scheme = uri.scheme_str().unwrap_or("https");
        let Ok(origin) = Origin::parse(&format!("{scheme}://{}", authority(uri))) else {
            return Err(refuse("that is no host and port that could be granted"));
        };
        let permit = self.permits.iter().find(|permit| permit.grant.to == origin);
        let permit = permit.ok_or_else(|| refuse(&format!("`grants.http` does not name `{origin}`")))?;
        if *method == Method::CONNECT || !permit.grant.fits_method(method.as_str()) {
            return Err(refuse(&format!("`grants.http` does not name this method for `{origin}`")));
        }
        Ok((origin, permit.private))
    }

    /// A place for one more connection, of this try's and of all.
    fn places(&self) -> Result<[OwnedSemaphorePermit; 2], Error> {
        let place = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().map_err(|_| Error::ConnectionLimitReached);
        Ok([place(&self.connections)?, place(&self.net.connections)?])
    }

    fn received(
        &self,
        answer: Response<hyper::body::Incoming>,
        origin: &Origin,
        pause: Option<Duration>,
    ) -> Result<Answered, Error> {
        let (mut head, body) = answer.into_parts();
        if !self.traffic.take(size_of_head(&head.headers)) {
            return Err(Error::HttpResponseBodySize(None));
        }
        let forms = self.secrets.forms_of(origin);
        if let Some(forms) = forms {
            cover_values(&mut head.headers, forms);
        }
        if let Some(coding) = coding(&head.headers).filter(|_| forms.is_some()) {
            let why = "the answer is compressed, and could hold a secret that nobody finds";
            self.tell(&format!("an answer of `{origin}` was refused: {why}"));
            return Err(Error::HttpResponseContentCoding(Some(coding)));
        }
        let traffic = Arc::clone(&self.traffic);
        let body = Answer::new(body, traffic, pause.unwrap_or(HTTP_PAUSE), forms);
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }

    /// Notes why a request is not sent, and tells the log.
    fn refuse(&self, error: Error, method: &Method, to: &str, target: &str, why: &str) -> Error {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let path = cut(path, HTTP_TARGET_SHOWN);
        self.tell(&format!("a request was refused: {} {to}{path}: {why}", cut(method.as_str(), 20)));
        error
    }

    fn tell(&self, message: &str) {
        self.watcher.host(Level::Warn, message);
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(message.to_owned());
    }
}

/// Puts stars over secrets in the values of headers.
pub(super) fn cover_values(headers: &mut HeaderMap, forms: &Forms) {
    for value in headers.values_mut() {
        let mut bytes = value.as_bytes().to_vec();
        if !forms.cover(&mut bytes).is_empty()
            && let Ok(covered) = HeaderValue::from_bytes(&bytes)
        {
            *value = covered;
        }
    }
}

/// How the body is coded so that no value could be found in it, if it is.
fn coding(headers: &HeaderMap) -> Option<String> {
    let plain = |name: &str, value: &str| match name {
        "content-encoding" => value.eq_ignore_ascii_case("identity"),
        _ => value.eq_ignore_ascii_case("chunked"),
    };
    let of = |name: http::HeaderName| headers.get_all(&name).iter().map(move |value| (name.clone(), value));
    let mut codings = of(CONTENT_ENCODING).chain(of(TRANSFER_ENCODING));
    codings.find_map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
        (!plain(name.as_str(), &value)).then_some(value)
    })
}

/// Bytes that the headers take on the way.
fn size_of_head(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn authority(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

/// Path and query.
fn target(uri: &Uri) -> String {
    match uri.path_and_query().map(|target| target.as_str()) {
        None | Some("") => "/".to_owned(),
        Some(query) if query.starts_with('?') => format!("/{query}"),
        Some(target) => target.to_owned(),
    }
}

fn header(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::HttpRequestUriInvalid)
}

/// What the guest's own body ended with, if that is why; else the connection's own error.
fn cause(error: hyper::Error) -> Error {
    let own = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>());
    match own {
        Some(Error::HttpRequestBodySize(size)) => Error::HttpRequestBodySize(*size),
        _ => error.into(),
    }
}
