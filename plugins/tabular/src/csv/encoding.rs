//! Whether a file is UTF-8, and where it stops being so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::DataError;
use crate::limits::ENCODING_CHUNK_BYTES;

/// A byte order mark, the encoding it stands for.
const OTHER_MARKS: [(&[u8], &str); 4] = [
    (&[0xFF, 0xFE, 0x00, 0x00], "UTF-32LE"),
    (&[0x00, 0x00, 0xFE, 0xFF], "UTF-32BE"),
    (&[0xFF, 0xFE], "UTF-16LE"),
    (&[0xFE, 0xFF], "UTF-16BE"),
];

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Reads the whole file; the answer is where the text begins: 0, or 3 after a byte order mark.
///
/// # Errors
/// The file cannot be read, holds no bytes, has the byte order mark of another encoding, or a byte that is not UTF-8.
pub(super) fn check(path: &Path) -> Result<u64, DataError> {
    let unreadable = |source| DataError::Unreadable { file: path.display().to_string(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut scan = Scan::default();
    let mut buffer = vec![0; ENCODING_CHUNK_BYTES];
    let mut mark_length_bytes = None;
    loop {
        let kept = scan.kept_bytes;
        let read = file.read(&mut buffer[kept..]).map_err(unreadable)?;
        let filled = &mut buffer[..kept + read];
        if mark_length_bytes.is_none() {
            mark_length_bytes = Some(mark(filled)?);
        }
        scan.see(filled, read == 0)?;
        if read == 0 {
            break;
        }
    }
    let mark_length_bytes = mark_length_bytes.unwrap_or(0);
    if scan.offset_bytes <= mark_length_bytes {
        return Err(DataError::Empty { file: path.display().to_string() });
    }
    Ok(mark_length_bytes)
}

/// The length of the UTF-8 byte order mark at the start of `bytes`, if there is one.
fn mark(bytes: &[u8]) -> Result<u64, DataError> {
    if let Some((_, encoding)) = OTHER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(DataError::OtherEncoding { encoding });
    }
    Ok(if bytes.starts_with(UTF8_MARK) { UTF8_MARK.len() as u64 } else { 0 })
}

/// How far the file was seen to be UTF-8.
#[derive(Default)]
struct Scan {
    offset_bytes: u64,
    line_feeds: u64,
    /// Bytes of a character that the end of a piece cut through; they stand at the start of the buffer again.
    kept_bytes: usize,
}

impl Scan {
    /// Checks one piece, which begins with the bytes kept from the last one.
    fn see(&mut self, piece: &mut [u8], is_last: bool) -> Result<(), DataError> {
        let sound_bytes = match std::str::from_utf8(piece) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !is_last => error.valid_up_to(),
            Err(error) => return Err(self.not_utf8(piece, error.valid_up_to())),
        };
        self.line_feeds += line_feeds(&piece[..sound_bytes]);
        self.offset_bytes += sound_bytes as u64;
        self.kept_bytes = piece.len() - sound_bytes;
        piece.copy_within(sound_bytes.., 0);
        Ok(())
    }

    fn not_utf8(&self, piece: &[u8], at: usize) -> DataError {
        DataError::NotUtf8 {
            line: self.line_feeds + line_feeds(&piece[..at]) + 1,
            offset_bytes: self.offset_bytes + at as u64,
            byte: piece.get(at).copied().unwrap_or_default(),
        }
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
