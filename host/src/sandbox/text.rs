//! Texts of a stranger, made to fit.

/// At most `most_bytes` of `text`, cut between characters, with a word where something is missing.
pub(super) fn cut(text: &str, most_bytes: usize) -> String {
    if text.len() <= most_bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most_bytes);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes cut off)", text.len() - end)
}

/// A number of bytes with the largest unit that divides it.
pub(super) fn bytes_for_people(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{} {unit}", bytes / size),
        None => format!("{bytes} bytes"),
    }
}
