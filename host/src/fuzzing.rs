//! Fuzzing with a corpus, in ordinary tests: `tests/fuzz/<target>` holds inputs, each of which is tried as it is, and then
//! changed at random. `FUZZ_ROUNDS=100000 cargo test -p dagwood --lib fuzz` tries for longer; `FUZZ_SEED` repeats a run.
//!
//! An input that breaks something is written to the folder of temporary files and named; put into the corpus, it is a test.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Inputs tried at random where nobody said how many.
const ROUNDS: u64 = 1_000;
/// Changes to one input.
const CHANGES_MAX: usize = 8;
/// The longest input made; what is in the corpus may be longer.
const INPUT_MAX_BYTES: usize = 64 << 10;
/// Bytes that mean much to parsers.
const TELLING: &[u8] = b"\0\x01\x7f\x80\xff\"'\\/.*{}[](),:;=<>-_%#$@!?&| \t\r\n09azAZ";

/// Tries `check` on every input of the target's corpus, and on changed ones. It panics where something is wrong.
pub(crate) fn fuzz(target: &str, check: impl Fn(&[u8])) {
    let corpus = corpus(target);
    for (path, input) in &corpus {
        tried(input, &check, |_| format!("the input {}", path.display()));
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("FUZZ_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let mut random = Pcg64::seed_from_u64(seed);
    for round in 0..number("FUZZ_ROUNDS").unwrap_or(ROUNDS) {
        let input = changed(&corpus, &mut random);
        tried(&input, &check, |input| {
            let path = kept(target, input);
            format!(
                "round {round} of FUZZ_SEED={seed}; the input is in {}: put it into tests/fuzz/{target}",
                path.display()
            )
        });
    }
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

fn tried(input: &[u8], check: &impl Fn(&[u8]), words: impl Fn(&[u8]) -> String) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
        #[allow(clippy::print_stderr, reason = "a test that fails says on what")]
        {
            eprintln!("{}", words(input));
        }
        resume_unwind(panic);
    }
}

fn kept(target: &str, input: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("fuzz-{target}-{}", &blake3::hash(input).to_hex()[..16]));
    // Without it the seed still repeats the run.
    let _ = std::fs::write(&path, input);
    path
}

fn changed(corpus: &[(PathBuf, Vec<u8>)], random: &mut Pcg64) -> Vec<u8> {
    let mut input = one_of(corpus, random).to_vec();
    for _ in 0..random.random_range(1..=CHANGES_MAX) {
        let (from, to) = (place(&input, random), place(&input, random));
        let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 64));
        match random.random_range(0..7) {
            0 if !input.is_empty() => {
                let at = random.random_range(0..input.len());
                input[at] ^= 1 << random.random_range(0..8);
            }
            1 => drop(input.splice(from..from, [TELLING[random.random_range(0..TELLING.len())]])),
            2 => drop(input.drain(from..to)),
            3 => {
                let piece = input[from..to].to_vec();
                input.splice(from..from, piece);
            }
            4 => {
                let other = one_of(corpus, random);
                let (start, end) = (place(other, random), place(other, random));
                input.splice(from..to, other[start.min(end)..start.max(end)].iter().copied());
            }
            5 => input.truncate(from),
            _ => {
                let piece: Vec<u8> = (0..random.random_range(1..5)).map(|_| random.random()).collect();
                input.splice(from..to, piece);
            }
        }
        input.truncate(INPUT_MAX_BYTES);
    }
    input
}

fn one_of<'a>(corpus: &'a [(PathBuf, Vec<u8>)], random: &mut Pcg64) -> &'a [u8] {
    let (_, input) = &corpus[random.random_range(0..corpus.len())];
    &input[..input.len().min(INPUT_MAX_BYTES)]
}

fn place(input: &[u8], random: &mut Pcg64) -> usize {
    random.random_range(0..=input.len())
}
