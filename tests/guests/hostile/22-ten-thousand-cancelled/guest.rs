//! Opens files, takes memory, says that it did, and computes until it is ended.
#![cfg(target_family = "wasm")]

hostile::guest!(run: |_| {
    let kept: Vec<_> = (0..4).map(|at| std::fs::File::create(format!("/tmp/{at}"))).collect();
    let memory = std::hint::black_box(vec![1_u8; 1 << 20]);
    hostile::log::log(hostile::log::Level::Info, "ready", &[]);
    let mut round = kept.len() as u64 + memory.len() as u64;
    loop {
        round = std::hint::black_box(round.wrapping_add(1));
    }
});
