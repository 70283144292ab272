//! Finds values of secrets in what comes back, and puts stars over them, as many as they have bytes, so that lengths
//! stay true. Values may be cut by the pieces in which a body arrives.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};

/// A form shorter than this stands in other texts by chance.
const FORM_MIN_BYTES: usize = 6;

/// Values that cannot be searched for: nothing is sent then.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the values of the secrets cannot be searched for in what comes back")]
pub(in crate::sandbox) struct Unsearchable;

/// The forms that are searched for.
#[derive(Clone)]
pub(super) struct Forms {
    finder: Arc<AhoCorasick>,
    forms: Arc<[Vec<u8>]>,
}

impl Forms {
    /// All forms of these values; none, if there are no values.
    ///
    /// # Errors
    /// They cannot be searched for.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Result<Option<Self>, Unsearchable> {
        let mut forms: Vec<Vec<u8>> = values.flat_map(forms_of).filter(|form| form.len() >= FORM_MIN_BYTES).collect();
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return Ok(None);
        }
        let mut builder = AhoCorasick::builder();
        // The faster kind takes megabytes for a long value.
        let builder = builder.match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::ContiguousNFA));
        let finder = builder.build(&forms).map_err(|_| Unsearchable)?;
        Ok(Some(Self { finder: Arc::new(finder), forms: forms.into() }))
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

    /// So many bytes wait for the next piece, whatever they are: what waits must say nothing of a value.
    fn waits(&self) -> usize {
        self.forms.iter().map(Vec::len).max().unwrap_or(1) - 1
    }
}

/// A value as it is, as URLs and JSON write it, and as base64 writes it at each of the three places that it can have
/// among other bytes.
fn forms_of(value: &str) -> Vec<Vec<u8>> {
    let percent = |kept: &str| {
        let one = |byte: u8| {
            let plain = byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        value.bytes().map(one).collect::<String>()
    };
    // As RFC 3986 has it, as JavaScript's encodeURIComponent does, and as Python's quote does.
    let urls = ["-._~", "-._~!'()*", "-._~/"].map(percent);
    let escaped = serde_json::to_string(value).unwrap_or_default();
    let json = escaped.trim_matches('"').to_owned();
    let texts = [value.to_owned(), json.replace('/', "\\/"), json];
    let lower = urls.clone().map(|url| lower_hex(&url));
    let mut forms: Vec<Vec<u8>> = texts.into_iter().chain(urls).chain(lower).map(String::into_bytes).collect();
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

/// `%2F` as `%2f`.
fn lower_hex(url: &str) -> String {
    let mut pieces = url.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| {
        let (hex, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        format!("{all}%{}{rest}", hex.to_ascii_lowercase())
    })
}

/// Covers what goes through it in pieces. The last bytes of a piece wait for the next, since a value may
/// begin there.
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
        let stays = self.waiting.len().saturating_sub(self.forms.waits());
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

    fn forms(value: &str) -> Forms {
        Forms::of([value].into_iter()).unwrap().unwrap()
    }

    fn masked(value: &str, pieces: &[&[u8]]) -> Vec<u8> {
        let mut masker = Masker::new(forms(value));
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
    fn what_waits_says_nothing_of_the_value() {
        // Who sees when a piece arrives must not learn whether it ended like a value begins.
        let lengths = |piece: &[u8]| {
            let mut masker = Masker::new(forms("tell-nobody"));
            (masker.push(piece).len(), masker.push(b"x").len(), masker.finish().len())
        };
        assert_eq!(lengths(b"and then: tell-nobod"), lengths(b"and then: tell-nobox"));
        assert_eq!(lengths(b"t"), lengths(b"x"));
    }

    #[test]
    fn the_usual_forms_are_covered() {
        let value = "p\"ss w\u{f6}rd/+1";
        for text in [
            format!("{{\"echo\":{}}}", serde_json::to_string(value).unwrap()),
            "?key=p%22ss%20w%C3%B6rd%2F%2B1".to_owned(),
            "?key=p%22ss%20w%c3%b6rd%2f%2b1".to_owned(),
            "?key=p%22ss%20w%C3%B6rd/%2B1".to_owned(),
            r#"{"echo":"p\"ss wörd\/+1"}"#.replace("\\u00f6", "\u{f6}"),
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
            forms(&value).cover(&mut expected);
            prop_assert_eq!(out, expected, "as if it came in one piece");
        }
    }
}
