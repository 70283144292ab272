//! A file's text as UTF-8, whatever it is encoded in, and where it is not what it should be.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::error::DataError;
use crate::limits::ENCODING_CHUNK_BYTES;

/// Byte order marks that begin as another's do come before it.
const MARKS: [(&[u8], Mark); 5] = [
    (&[0xFF, 0xFE, 0x00, 0x00], Mark::Unknown("UTF-32LE")),
    (&[0x00, 0x00, 0xFE, 0xFF], Mark::Unknown("UTF-32BE")),
    (&[0xFF, 0xFE], Mark::Of(encoding_rs::UTF_16LE)),
    (&[0xFE, 0xFF], Mark::Of(encoding_rs::UTF_16BE)),
    (&[0xEF, 0xBB, 0xBF], Mark::Of(UTF_8)),
];

/// What a byte order mark says.
#[derive(Clone, Copy)]
enum Mark {
    Of(&'static Encoding),
    Unknown(&'static str),
}

/// What stands for bytes that say nothing in their encoding, as UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A text file whose encoding is known and sound.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    path: PathBuf,
    encoding: &'static Encoding,
    mark_length_bytes: u64,
}

impl TextFile {
    /// Reads the whole file. It is what its byte order mark says, or else what was asked for.
    ///
    /// # Errors
    /// The file cannot be read, holds no text, has the byte order mark of an encoding that is not read, or bytes that say nothing.
    pub(super) fn open(path: &Path, asked: &'static Encoding) -> Result<Self, DataError> {
        let named = || path.display().to_string();
        let unreadable = |source| DataError::Unreadable { file: named(), source };
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(4).read_to_end(&mut start)).map_err(unreadable)?;
        let (encoding, mark_length_bytes) = match MARKS.iter().find(|(mark, _)| start.starts_with(mark)) {
            Some((_, Mark::Unknown(encoding))) => return Err(DataError::OtherEncoding { encoding }),
            Some((mark, Mark::Of(encoding))) => (*encoding, mark.len() as u64),
            None => (asked, 0),
        };
        let text = Self { path: path.to_owned(), encoding, mark_length_bytes };
        let length_bytes = text.check()?;
        if length_bytes == 0 { Err(DataError::Empty { file: named() }) } else { Ok(text) }
    }

    /// Its text from the start, as UTF-8, without the byte order mark.
    pub(super) fn reader(&self) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.mark_length_bytes))?;
        if self.encoding == UTF_8 {
            return Ok(Box::new(file));
        }
        Ok(Box::new(DecodeReaderBytesBuilder::new().encoding(Some(self.encoding)).bom_sniffing(false).build(file)))
    }

    /// Reads all of it. Gives the length of its text, as UTF-8, in bytes.
    fn check(&self) -> Result<u64, DataError> {
        let unreadable = |source| DataError::Unreadable { file: self.path.display().to_string(), source };
        let mut text = self.reader().map_err(unreadable)?;
        let mut scan = Scan { encoding: Some(self.encoding), ..Scan::default() };
        let mut buffer = vec![0; ENCODING_CHUNK_BYTES];
        loop {
            let kept = scan.kept_bytes;
            let read = text.read(&mut buffer[kept..]).map_err(unreadable)?;
            scan.see(&mut buffer[..kept + read], read == 0)?;
            if read == 0 {
                return Ok(scan.offset_bytes);
            }
        }
    }
}

/// How far the text was seen to be sound.
#[derive(Default)]
struct Scan {
    /// What it was before it became UTF-8.
    encoding: Option<&'static Encoding>,
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
        let undone = self.encoding.filter(|encoding| *encoding != UTF_8);
        if let Some((encoding, at)) = undone.and_then(|encoding| Some((encoding, lost(&piece[..sound_bytes])?))) {
            let line = self.line_feeds + line_feeds(&piece[..at]) + 1;
            return Err(DataError::NotEncoded { line, encoding: encoding.name() });
        }
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

/// Where a byte stood that said nothing.
fn lost(text: &[u8]) -> Option<usize> {
    text.windows(REPLACEMENT.len()).position(|window| window == REPLACEMENT)
}
