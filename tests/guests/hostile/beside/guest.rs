//! The good task beside each of them: computes, writes, reads back, and answers the same each time.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let mut sum = 1_u64;
    for round in 0..20_000_000_u64 {
        sum = std::hint::black_box(sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round));
    }
    let written = std::fs::write("/out/out", sum.to_string()).and_then(|()| std::fs::read_to_string("/out/out"));
    hostile::done(&hostile::json!({ "sum": sum.to_string(), "same": written.is_ok_and(|text| text == sum.to_string()) }))
});
