//! From bytes as they are written to lines.

/// The longest line; what is longer is cut into several.
pub(crate) const LINE_MAX_BYTES: usize = 16 << 10;

/// The part of a stream that has no line end yet.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    part: Vec<u8>,
}

impl LineBuffer {
    /// Takes more bytes; gives each line that is complete now to `emit`, and whether the next goes on with it.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut emit: impl FnMut(String, bool)) {
        loop {
            let room = LINE_MAX_BYTES - self.part.len();
            let window = &bytes[..bytes.len().min(room + 1)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                self.part.extend_from_slice(&bytes[..end]);
                bytes = &bytes[end + 1..];
                emit(self.take(self.part.len()), false);
            } else if bytes.len() <= room {
                self.part.extend_from_slice(bytes);
                return;
            } else {
                self.part.extend_from_slice(&bytes[..room]);
                bytes = &bytes[room..];
                emit(self.take(self.part.len() - unfinished(&self.part)), true);
            }
        }
    }

    /// What is left without a line end.
    pub(super) fn rest(&mut self) -> Option<String> {
        if self.part.is_empty() { None } else { Some(self.take(self.part.len())) }
    }

    fn take(&mut self, bytes: usize) -> String {
        let line = self.part.get(..bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        self.part.drain(..bytes);
        text
    }
}

/// How many bytes at the end begin a character that is not complete.
fn unfinished(bytes: &[u8]) -> usize {
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            0x00..=0x7f => 1,
        };
        return if back + 1 < length { back + 1 } else { 0 };
    }
    0
}
