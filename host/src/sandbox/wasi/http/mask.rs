//! Finds values of secrets in what comes back, and puts stars over them, as many as they have bytes, so that lengths
//! stay true. Values may be cut by the pieces in which a body arrives.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};

/// A form shorter than this stands in other texts by chance.
const FORM_MIN_BYTES: usize = 6;

/// The forms that are searched for.
#[derive(Clone)]
pub(super) struct Forms {
    finder: Arc<AhoCorasick>,
    forms: Arc<[Vec<u8>]>,
}

impl Forms {
    /// All forms of these values; none, if there are no values, or none that can be searched for.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut forms: Vec<Vec<u8>> = values.flat_map(forms_of).filter(|form| form.len() >= FORM_MIN_BYTES).collect();
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return None;
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&forms).ok()?;
        Some(Self { finder: Arc::new(finder), forms: forms.into() })
    }

    /// Puts stars over every form in `bytes`; says where.
    pub(super) fn cover(&self, bytes: &mut [u8]) -> Vec<Range<usize>> {
        let found: Vec<_> = self.finder.find_overlapping_iter(&*bytes).map(|found| found.range()).collect();
        for range in &found {
            if let Some(piece) = bytes.get_mut(range.clone()) {
                piece.fill(b'*');
            }
        }
        found
    }

    /// How many bytes at the end of `bytes` may be the beginning of a form.
    fn begun(&self, bytes: &[u8]) -> usize {
        let longest = self.forms.iter().map(Vec::len).max().unwrap_or(0);
        let first = bytes.len().saturating_sub(longest.saturating_sub(1));
        let begins = |tail: &[u8]| self.forms.iter().any(|form| form.len() > tail.len() && form.starts_with(tail));
        let tails = (first..bytes.len()).filter_map(|at| bytes.get(at..));
        tails.map(|tail| (tail.len(), begins(tail))).find(|(_, begins)| *begins).map_or(0, |(length, _)| length)
    }
}

/// A value as it is, as URLs and JSON write it, and as base64 writes it at each of the three places that it can have
/// among other bytes.
fn forms_of(value: &str) -> Vec<Vec<u8>> {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let percent = |byte: u8| if unreserved(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let escaped = serde_json::to_string(value).unwrap_or_default();
    let mut forms = vec![
        value.as_bytes().to_vec(),
        value.bytes().map(percent).collect::<String>().into_bytes(),
        escaped.trim_matches('"').as_bytes().to_vec(),
    ];
    for before in 0..3 {
        let bytes = [vec![0; before], value.as_bytes().to_vec()].concat();
        // Characters that bytes beside the value have a part in are left out.
        let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.extend(engine.encode(&bytes).as_bytes().get(first..last).map(<[u8]>::to_vec));
        }
    }
    forms
}

/// Covers what goes through it in pieces. What may be the beginning of a value waits for the next piece.
pub(super) struct Masker {
    forms: Forms,
    /// As it came: a value may begin within another.
    waiting: BytesMut,
    /// So much of it, from its start, belongs to a value that began before.
    covered: usize,
}

impl Masker {
    /// For one body.
    pub(super) fn new(forms: Forms) -> Self {
        Self { forms, waiting: BytesMut::new(), covered: 0 }
    }

    /// Takes a piece; gives what can go on.
    pub(super) fn push(&mut self, piece: &[u8]) -> Bytes {
        self.waiting.extend_from_slice(piece);
        let stays = self.waiting.len() - self.forms.begun(&self.waiting);
        self.give(stays)
    }

    /// What still waited at the end.
    pub(super) fn finish(&mut self) -> Bytes {
        self.give(self.waiting.len())
    }

    /// Gives what waits up to there, covered.
    fn give(&mut self, to: usize) -> Bytes {
        let mut out = self.waiting.clone();
        let found = self.forms.cover(&mut out);
        if let Some(piece) = out.get_mut(..self.covered) {
            piece.fill(b'*');
        }
        let beyond = found.iter().filter(|range| range.start < to).map(|range| range.end.saturating_sub(to));
        self.covered = beyond.max().unwrap_or(0).max(self.covered.saturating_sub(to));
        drop(self.waiting.split_to(to));
        out.truncate(to);
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn masked(value: &str, pieces: &[&[u8]]) -> Vec<u8> {
        let mut masker = Masker::new(Forms::of([value].into_iter()).unwrap());
        let mut out: Vec<u8> = pieces.iter().flat_map(|piece| masker.push(piece)).collect();
        out.extend(masker.finish());
        out
    }

    #[test]
    fn a_value_is_covered_wherever_the_pieces_are_cut() {
        let text = b"before tell-nobody after tell-no tell-nobodytell-nobody";
        let expected = b"before *********** after tell-no **********************";
        for cut in 0..=text.len() {
            let (one, two) = text.split_at(cut);
            assert_eq!(masked("tell-nobody", &[one, two]), expected, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(masked("tell-nobody", &bytes), expected);
    }

    #[test]
    fn a_value_that_begins_within_another_is_covered_too() {
        assert_eq!(masked("abcabcab", &[b"xabcabcabcab", b"cabx"]), b"x**************x");
    }

    #[test]
    fn what_cannot_be_a_value_does_not_wait() {
        let mut masker = Masker::new(Forms::of(["tell-nobody"].into_iter()).unwrap());
        assert_eq!(masker.push(b"data: 1\n"), "data: 1\n");
        assert_eq!(masker.push(b"data: te"), "data: ");
        assert_eq!(masker.push(b"n\n"), "ten\n");
        assert_eq!(masker.finish(), "");
    }

    #[test]
    fn the_usual_forms_are_covered() {
        let value = "p\"ss w\u{f6}rd/+1";
        for text in [
            format!("{{\"echo\":{}}}", serde_json::to_string(value).unwrap()),
            "?key=p%22ss%20w%C3%B6rd%2F%2B1".to_owned(),
            format!("Basic {}", STANDARD.encode(format!("user:{value}"))),
            STANDARD.encode(format!("me:{value}:after")),
            URL_SAFE_NO_PAD.encode(value),
        ] {
            let out = masked(value, &[text.as_bytes()]);
            let stars = out.iter().filter(|byte| **byte == b'*').count();
            assert!(stars >= value.len() - 1 && out.len() == text.len(), "{text}: {}", String::from_utf8_lossy(&out));
        }
    }

    proptest! {
        #[test]
        fn nothing_else_changes_and_no_value_stays(
            value in "[ab]{8,12}",
            text in proptest::collection::vec("[ab]{0,20}", 0..8),
        ) {
            let pieces: Vec<&[u8]> = text.iter().map(|piece| piece.as_bytes()).collect();
            let out = masked(&value, &pieces);
            let whole = text.concat();
            prop_assert_eq!(out.len(), whole.len());
            prop_assert!(!String::from_utf8(out.clone()).unwrap().contains(&value));
            let mut expected = whole.clone().into_bytes();
            Forms::of([value.as_str()].into_iter()).unwrap().cover(&mut expected);
            prop_assert_eq!(out, expected, "as if it came in one piece");
        }
    }
}
