//! Makes a stranger's text fit to be printed.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with everything visible that could move a cursor, change colours or the direction of writing, or hide:
/// control characters (`\n`, `\x1b`), bidirectional and other invisible formatting (`\u{202e}`). Tabs stay.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            // Writing to a string does not fail.
            _ if is_hidden(c) && c.is_ascii() => drop(write!(shown, "\\x{:02x}", u32::from(c))),
            _ if is_hidden(c) => drop(write!(shown, "\\u{{{:x}}}", u32::from(c))),
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something else than being seen.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' => false,
        // Soft hyphen, Arabic letter mark, Hangul and Mongolian fillers.
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180b}'..='\u{180f}' => true,
        // Zero width, marks and embeddings of direction, line and paragraph separators, isolates, invisible operators.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Byte order mark, interlinear annotation, tags, variation selectors for those.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}
