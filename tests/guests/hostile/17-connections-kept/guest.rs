//! Requests that are never finished, to a server that answers at once and hangs up never: each keeps its connection, and
//! so its place.
#![cfg(target_family = "wasm")]

use hostile::text;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, Method, OutgoingRequest, Scheme};

hostile::guest!(run: |call| {
    let granted = text(&call, "granted");
    let (mut answered, mut limited) = (0, 0);
    let mut kept = Vec::new();
    for _ in 0..40 {
        let request = OutgoingRequest::new(Fields::new());
        let _ = request.set_method(&Method::Post);
        let _ = request.set_scheme(Some(&Scheme::Http));
        let _ = request.set_authority(Some(&granted));
        let _ = request.set_path_with_query(Some("/kept-open"));
        let sent = request.body();
        let Ok(coming) = handle(request, None) else { continue };
        coming.subscribe().block();
        match coming.get() {
            Some(Ok(Ok(answer))) => {
                answered += 1;
                let body = answer.consume();
                // To its end, which gives back what belongs to the answer alone.
                let ended = body.as_ref().ok().and_then(|body| body.stream().ok()).map(|stream| stream.blocking_read(1));
                kept.push((sent, answer, body, ended.is_some()));
            }
            Some(Ok(Err(ErrorCode::ConnectionLimitReached))) => limited += 1,
            _ => {}
        }
    }
    hostile::done(&hostile::json!({ "answered": answered, "limited": limited }))
});
