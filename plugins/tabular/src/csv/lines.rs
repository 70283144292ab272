//! On which line of a file a row begins.
//!
//! The csv crate's own count is that of the place where it began to look: it lags behind by one after `\r\n`, and by all blank
//! lines that it skipped.

use std::io::{BufRead, BufReader};

use super::encoding::TextFile;

/// The line, from 1, of the first byte at or after `offset_bytes` of the text that ends no line; 0 if the file cannot be read.
pub(super) fn line_at(text: &TextFile, offset_bytes: u64) -> u64 {
    text.reader().ok().and_then(|text| count(BufReader::new(text), offset_bytes).ok()).unwrap_or(0)
}

fn count(mut text: impl BufRead, offset_bytes: u64) -> std::io::Result<u64> {
    let mut line = 1;
    let mut passed_bytes = 0;
    let mut after_return = false;
    loop {
        let piece = text.fill_buf()?;
        if piece.is_empty() {
            return Ok(line);
        }
        for byte in piece {
            let ends_line = matches!(byte, b'\r' | b'\n');
            if passed_bytes >= offset_bytes && !ends_line {
                return Ok(line);
            }
            // `\r\n` ends one line, not two.
            line += u64::from(ends_line && !(after_return && *byte == b'\n'));
            after_return = *byte == b'\r';
            passed_bytes += 1;
        }
        let length = piece.len();
        text.consume(length);
    }
}
