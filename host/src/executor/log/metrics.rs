//! Keeps a try's series of numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::executor::log::open_to_append;

/// The longest name of a series; points of a longer one are dropped.
const NAME_MAX_BYTES: usize = 256;
/// Series of one try: their last values are held in memory, and kept with the task.
const SERIES_MAX: usize = 1_000;
/// The file of one try over all its starts: 100,000 points with names of ordinary length take about 6 MiB.
const FILE_MAX_BYTES: u64 = 32 << 20;

/// One point of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The series.
    pub name: String,
    /// The guest's own count.
    pub step: u64,
    /// Any number; `"NaN"`, `"inf"` and `"-inf"` where JSON has none.
    #[serde(serialize_with = "write_number", deserialize_with = "read_number")]
    pub value: f64,
}

fn write_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_f64(*value) } else { serializer.collect_str(value) }
}

fn read_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Word(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Finite(value) => Ok(value),
        Number::Word(word) => word.parse().map_err(serde::de::Error::custom),
    }
}

/// The series of one try: in a file, and the last value of each.
pub(crate) struct Series {
    path: PathBuf,
    file: Option<(BufWriter<File>, u64)>,
    /// The disk failed or the file is full; last values go on.
    closed: bool,
    last: BTreeMap<String, f64>,
}

impl Series {
    /// Nothing is made before the first point.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None, closed: false, last: BTreeMap::new() }
    }

    /// Keeps a point; false if its name is too long, or one name too many.
    pub(crate) fn point(&mut self, name: &str, step: u64, value: f64) -> bool {
        if name.len() > NAME_MAX_BYTES {
            return false;
        }
        let known = self.last.len();
        match self.last.get_mut(name) {
            Some(last) => *last = value,
            None if known >= SERIES_MAX => return false,
            None => drop(self.last.insert(name.to_owned(), value)),
        }
        self.append(&MetricPoint { name: name.to_owned(), step, value });
        true
    }

    /// Writes what is buffered. Gives the last value of each series, by name; those that are no finite number are left
    /// out, since neither JSON nor a database has them.
    pub(crate) fn finish(&mut self) -> Vec<(String, f64)> {
        if let Some((mut file, _)) = self.file.take() {
            // The series is for people; the try does not fail for it.
            let _ = file.flush();
        }
        self.closed = true;
        std::mem::take(&mut self.last).into_iter().filter(|(_, value)| value.is_finite()).collect()
    }

    fn append(&mut self, point: &MetricPoint) {
        if self.closed {
            return;
        }
        if self.file.is_none() {
            self.file = open_to_append(&self.path).ok().map(|(file, bytes)| (BufWriter::new(file), bytes));
        }
        let (Some((file, bytes)), Ok(mut text)) = (&mut self.file, serde_json::to_vec(point)) else {
            self.closed = true;
            return;
        };
        text.push(b'\n');
        *bytes = bytes.saturating_add(text.len() as u64);
        if *bytes > FILE_MAX_BYTES || file.write_all(&text).is_err() {
            self.closed = true;
        }
    }
}
