//! Writes a try's log: in order, under a cap, and never at the cost of the try.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::executor::log::lines::{LINE_MAX_BYTES, LineBuffer};
use crate::executor::log::{LogLine, Source, open_to_append};
use crate::executor::port::Level;

/// The host's own lines beyond the cap, in bytes: a task that answers `again` every 100 ms for a week must not fill the
/// disk with them either.
const HOST_RESERVE_BYTES: u64 = 64 << 10;
/// Fields of one line; what is more is lost, and the line is marked as cut.
const FIELDS_MAX: usize = 64;

enum Sink {
    /// Nothing was worth a file yet.
    Unopened,
    Open {
        file: File,
        bytes: u64,
    },
    /// The disk failed. The try goes on: its outcome is worth more than its log.
    Broken,
}

/// The log of one try.
pub(crate) struct TryLog {
    path: PathBuf,
    cap_bytes: u64,
    sink: Sink,
    /// Lines of the host's that are written only if something else is.
    held: Vec<LogLine>,
    stdout: LineBuffer,
    stderr: LineBuffer,
    dropped_lines: u64,
    dropped_bytes: u64,
}

impl TryLog {
    /// Nothing is made before the first line. `cap_bytes` holds for the file over all starts of the try.
    pub(crate) fn new(path: PathBuf, cap_bytes: u64) -> Self {
        Self {
            path,
            cap_bytes,
            sink: Sink::Unopened,
            held: Vec::new(),
            stdout: LineBuffer::default(),
            stderr: LineBuffer::default(),
            dropped_lines: 0,
            dropped_bytes: 0,
        }
    }

    /// Bytes that the guest wrote to `source`; lines are written when they are complete.
    pub(crate) fn stream(&mut self, now: Timestamp, source: Source, bytes: &[u8]) {
        let mut complete = Vec::new();
        let buffer = if source == Source::Stderr { &mut self.stderr } else { &mut self.stdout };
        buffer.push(bytes, |message, cut| complete.push((message, cut)));
        for (message, cut) in complete {
            self.guest(&LogLine { ts: now, source, level: None, message, fields: serde_json::Map::new(), cut });
        }
    }

    /// A call of `log`.
    pub(crate) fn call(&mut self, now: Timestamp, level: Level, message: &str, fields: &[(String, String)]) {
        let kept = &message[..message.floor_char_boundary(LINE_MAX_BYTES)];
        let mut line = LogLine::host(now, level, kept);
        line.source = Source::Log;
        line.cut = kept.len() < message.len() || fields.len() > FIELDS_MAX;
        let mut room = LINE_MAX_BYTES;
        for (name, value) in fields.iter().take(FIELDS_MAX) {
            if name.len() + value.len() > room {
                line.cut = true;
                break;
            }
            room -= name.len() + value.len();
            line.fields.insert(name.clone(), value.as_str().into());
        }
        self.guest(&line);
    }

    /// A line of the host's that is worth a file only if another line is.
    pub(crate) fn hold(&mut self, line: LogLine) {
        match self.sink {
            Sink::Unopened => self.held.push(line),
            Sink::Open { .. } | Sink::Broken => self.host(&line),
        }
    }

    /// A line of the host's.
    pub(crate) fn host(&mut self, line: &LogLine) {
        self.open();
        self.write(line, self.cap_bytes.saturating_add(HOST_RESERVE_BYTES));
    }

    /// Writes what has no line end yet, then `end`, which is left out if it is `quiet` and the try has no log yet.
    pub(crate) fn finish(&mut self, mut end: LogLine, quiet: bool) {
        for source in [Source::Stdout, Source::Stderr] {
            let buffer = if source == Source::Stderr { &mut self.stderr } else { &mut self.stdout };
            if let Some(message) = buffer.rest() {
                let fields = serde_json::Map::new();
                self.guest(&LogLine { ts: end.ts, source, level: None, message, fields, cut: false });
            }
        }
        if self.dropped_lines > 0 {
            end.fields.insert("dropped_lines".into(), self.dropped_lines.into());
            end.fields.insert("dropped_bytes".into(), self.dropped_bytes.into());
        }
        // A start that says nothing after one that spoke, as after `again`, has its lines in the same file.
        if !quiet || !matches!(self.sink, Sink::Unopened) || self.path.exists() {
            self.host(&end);
        }
    }

    /// A line of the guest's. The first that does not fit ends the log, so that it has no gaps.
    fn guest(&mut self, line: &LogLine) {
        self.open();
        if self.dropped_lines > 0 || !self.write(line, self.cap_bytes) {
            if self.dropped_lines == 0 {
                let full =
                    format!("the log is full at {} bytes: what the task says from here on is dropped", self.cap_bytes);
                self.host(&LogLine::host(line.ts, Level::Warn, full));
            }
            self.dropped_lines += 1;
            self.dropped_bytes += line.message.len() as u64;
        }
    }

    fn open(&mut self) {
        if !matches!(self.sink, Sink::Unopened) {
            return;
        }
        self.sink = match open_to_append(&self.path) {
            Ok((file, bytes)) => Sink::Open { file, bytes },
            Err(_) => Sink::Broken,
        };
        for line in std::mem::take(&mut self.held) {
            self.host(&line);
        }
    }

    /// Whether there was room for the line. A broken sink has room for all.
    fn write(&mut self, line: &LogLine, cap_bytes: u64) -> bool {
        let Sink::Open { file, bytes } = &mut self.sink else { return true };
        // A line has nothing in it that is no JSON.
        let Ok(mut text) = serde_json::to_vec(line) else { return true };
        text.push(b'\n');
        let after = bytes.saturating_add(text.len() as u64);
        if after > cap_bytes {
            return false;
        }
        *bytes = after;
        if file.write_all(&text).is_err() {
            self.sink = Sink::Broken;
        }
        true
    }
}
