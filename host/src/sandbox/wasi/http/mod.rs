//! `wasi:http`: requests to the hosts that a task was granted, with the secrets that it was granted; everything else is
//! answered with an error that it can handle, and told to the log.
//!
//! The types are wasmtime-wasi-http's; how a request is sent is ours:
//! - `exchange`: one request and its answer, from the grant to the body
//! - `address`: which addresses are public; `net`: names, connections, TLS
//! - `secrets`: placeholders into values; `mask`: values into stars, in what comes back
//! - `body`: what passes, counted and timed
//!
//! Bounds: hosts and methods by the grant, addresses by the operator, redirects never followed, connections, bytes,
//! header sections and waiting times by the numbers in `limits`; the rest by the try's own end, which drops them all.

mod address;
mod body;
mod exchange;
mod mask;
mod net;
mod secrets;

use std::sync::{Arc, PoisonError};

use http::{Request, Response};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Method, Scheme};
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks};

use self::body::Traffic;
use self::exchange::Exchange;
pub(in crate::sandbox) use self::net::Net;
pub use self::net::Resolve;
pub(in crate::sandbox) use self::secrets::Secrets;
use crate::executor::granted::HttpPermit;
use crate::executor::port::Watcher;
use crate::sandbox::guest::Guest;
use crate::sandbox::limits::{
    HTTP_AUTHORITY_BYTES, HTTP_FIELDS_BYTES, HTTP_METHOD_BYTES, HTTP_TARGET_BYTES, HTTP_WRITE_BYTES,
};

/// The interfaces that a grant of `http` gives.
pub(in crate::sandbox) const GRANTED: &[&str] = &["wasi:http/outgoing-handler", "wasi:http/types"];

/// The head of an answer, with its body still coming.
type Answered = Response<WasiBody>;
/// What goes on while the body comes.
type Working = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What a guest may send.
pub(in crate::sandbox) struct Http {
    ctx: WasiHttpCtx,
    hooks: Hooks,
}

impl Http {
    /// Requests to these hosts with these secrets, and so many bytes of bodies.
    pub(in crate::sandbox) fn new(
        permits: Vec<HttpPermit>,
        secrets: Secrets,
        traffic_bytes: u64,
        net: &Arc<Net>,
        watcher: Arc<dyn Watcher>,
    ) -> Self {
        let mut ctx = WasiHttpCtx::new();
        ctx.set_field_size_limit(HTTP_FIELDS_BYTES);
        let exchange = Exchange::new(permits, secrets, Traffic::new(traffic_bytes), Arc::clone(net), watcher);
        Self { ctx, hooks: Hooks(Arc::new(exchange)) }
    }

    /// Bytes of bodies that were moved, either way.
    pub(in crate::sandbox) fn traffic_bytes(&self) -> u64 {
        self.hooks.0.traffic.used()
    }

    /// Whether more was to be moved than may be.
    pub(in crate::sandbox) fn is_over_traffic(&self) -> bool {
        self.hooks.0.traffic.refused()
    }

    /// Why the last request was refused that the host would not send.
    pub(in crate::sandbox) fn refused(&self) -> Option<String> {
        self.hooks.0.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Hooks(Arc<Exchange>);

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _told: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<(Answered, Working), Error>> + Send> {
        Box::new(Arc::clone(&self.0).send(request, options.unwrap_or_default()))
    }

    // Set by the host itself, to what was granted.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        HTTP_WRITE_BYTES
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        if error.is_timeout() {
            ErrorCode::HttpResponseTimeout
        } else if error.is_parse_too_large() {
            ErrorCode::HttpResponseHeaderSectionSize(None)
        } else if error.is_incomplete_message() {
            ErrorCode::HttpResponseIncomplete
        } else if error.is_canceled() || error.is_closed() {
            ErrorCode::ConnectionTerminated
        } else {
            ErrorCode::HttpProtocolError
        }
    }

    fn p2_error_from_connect(&mut self, _error: &std::io::Error) -> ErrorCode {
        ErrorCode::DestinationUnavailable
    }

    fn p2_error_from_tls(&mut self, _error: &std::io::Error) -> ErrorCode {
        ErrorCode::TlsProtocolError
    }
}

fn view(guest: &mut Guest) -> WasiHttpCtxView<'_> {
    WasiHttpCtxView { hooks: &mut guest.http.hooks, table: &mut guest.table, ctx: &mut guest.http.ctx }
}

/// Links what a grant gives. Without one it answers that it is denied, and no component that imports it is run.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let options = types::LinkOptions::default();
    outgoing_handler::add_to_linker::<Guest, WasiHttp>(linker, view)?;
    types::add_to_linker::<Guest, WasiHttp>(linker, &options, view)?;
    linker.allow_shadowing(true);
    let bounded = link_bounded(linker);
    linker.allow_shadowing(false);
    bounded
}

/// The texts of a request lie in the host's memory, one set for each handle, and the crate takes any length of them.
fn link_bounded(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    type Request = Resource<HostOutgoingRequest>;
    type Set = (Result<(), ()>,);
    let mut instance = linker.instance(TYPES)?;
    let fits = |text: &Option<String>, most: usize| text.as_ref().is_none_or(|text| text.len() <= most);
    instance.func_wrap("[method]outgoing-request.set-method", |mut store, (request, method): (Request, Method)| {
        let is_long = matches!(&method, Method::Other(name) if name.len() > HTTP_METHOD_BYTES);
        let mut host = view(store.data_mut());
        let set = if is_long { Err(()) } else { types::HostOutgoingRequest::set_method(&mut host, request, method)? };
        Ok::<Set, wasmtime::Error>((set,))
    })?;
    instance.func_wrap(
        "[method]outgoing-request.set-authority",
        move |mut store, (request, text): (Request, Option<String>)| {
            let mut host = view(store.data_mut());
            let set = match fits(&text, HTTP_AUTHORITY_BYTES) {
                true => types::HostOutgoingRequest::set_authority(&mut host, request, text)?,
                false => Err(()),
            };
            Ok::<Set, wasmtime::Error>((set,))
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        move |mut store, (request, text): (Request, Option<String>)| {
            let mut host = view(store.data_mut());
            let set = match fits(&text, HTTP_TARGET_BYTES) {
                true => types::HostOutgoingRequest::set_path_with_query(&mut host, request, text)?,
                false => Err(()),
            };
            Ok::<Set, wasmtime::Error>((set,))
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.set-scheme",
        |mut store, (request, scheme): (Request, Option<Scheme>)| {
            let is_long = matches!(&scheme, Some(Scheme::Other(name)) if name.len() > HTTP_METHOD_BYTES);
            let mut host = view(store.data_mut());
            let set =
                if is_long { Err(()) } else { types::HostOutgoingRequest::set_scheme(&mut host, request, scheme)? };
            Ok::<Set, wasmtime::Error>((set,))
        },
    )
}

/// The interface as the crate links it.
const TYPES: &str = "wasi:http/types@0.2.12";
