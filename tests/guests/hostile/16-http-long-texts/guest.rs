//! What a request says of itself lies in the host's memory, not in the guest's.
#![cfg(target_family = "wasm")]

use wasip2::http::types::{Fields, Method, OutgoingRequest, Scheme};

hostile::guest!(run: |_| {
    let long = "x".repeat(8 << 20);
    let mut kept = Vec::new();
    let mut taken = 0;
    for _ in 0..1_000 {
        let request = OutgoingRequest::new(Fields::new());
        let answers = [
            request.set_method(&Method::Other(long.clone())).is_ok(),
            request.set_authority(Some(&long)).is_ok(),
            request.set_path_with_query(Some(&format!("/{long}"))).is_ok(),
            request.set_scheme(Some(&Scheme::Other(long.clone()))).is_ok(),
        ];
        taken += answers.into_iter().filter(|taken| *taken).count();
        kept.push(request);
    }
    hostile::done(&hostile::json!({ "taken": taken, "handles": kept.len() }))
});
