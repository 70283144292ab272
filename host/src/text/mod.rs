//! A stranger's text made harmless for terminals and pages.
//!
//! Whatever a guest, a file or a plugin said passes through here before it is shown. Escaped are: control characters
//! (they move cursors and change titles), marks that change the direction of writing (they make one thing look like
//! another), characters without a width, and line separators other than `\n`.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write;

/// `text` as one line: line ends and tabs are escaped too.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// `text` as lines: `\n` and tabs stay. The caller sees to it that the lines cannot be taken for its own.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n' || c == '\t')
}

/// `text` as one line whose sequences for colours and weights (`ESC [ … m`) stay; all else is escaped as ever. The
/// caller sets the colours back after it.
pub fn coloured_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        shown.push_str(&one_line(before));
        let colour = colour_sequence(from).unwrap_or_default();
        shown.push_str(colour);
        rest = &from[colour.len()..];
        if colour.is_empty() {
            shown.push_str("\\u{1b}");
            rest = &rest[1..];
        }
    }
    shown.push_str(&one_line(rest));
    shown
}

/// The sequence for colours that `text` begins with.
fn colour_sequence(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    parameters[end..].starts_with('m').then(|| &text[..2 + end + 1])
}

/// At most `max_chars` characters of `text` as one line; `…` stands for what was left out.
pub fn short_line(text: &str, max_chars: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= max_chars {
        return line.into_owned();
    }
    line.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

/// At most `most_bytes` of `text`, cut between characters, with a word where something is missing.
pub fn cut(text: &str, most_bytes: usize) -> String {
    if text.len() <= most_bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most_bytes);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes cut off)", text.len() - end)
}

/// A limit in bytes, exactly, in the largest unit that divides it: `512 MiB`, `1000 bytes`.
pub fn exact_bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{} {unit}", bytes / size),
        None => format!("{bytes} bytes"),
    }
}

/// `text` as one word of a shell's line.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    let text = one_line(text);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Whether a character does something other than be seen.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'                                             // soft hyphen
            | '\u{61c}'                                          // Arabic letter mark
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'  // Hangul fillers
            | '\u{180b}'..='\u{180f}'                            // Mongolian selectors and separator
            | '\u{200b}'                                         // zero width space
            | '\u{200e}' | '\u{200f}'                            // marks of direction
            | '\u{2028}'..='\u{202e}'                            // line and paragraph separator, embeddings, overrides
            | '\u{2060}'..='\u{206f}'                            // word joiner, invisible operators, isolates
            | '\u{feff}'                                         // byte order mark
            | '\u{fff9}'..='\u{fffb}'                            // interlinear annotations
            | '\u{e0000}'..='\u{e0fff}'                          // tags, selectors
        )
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let bad = |c: char| is_harmful(c) && !keep(c);
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !bad(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Writing to a string cannot fail.
            c => drop(write!(shown, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(shown)
}
