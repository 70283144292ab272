//! Reads what the writers wrote, also while they write.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::executor::log::{LogLine, MetricPoint};

/// Why a line of a try's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file could not be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is not what was written; the next may be.
    #[error("line {number} of `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        number: u64,
    },
}

/// The lines of a file, in order. A last line without its end is still being written, or was torn by a crash: left out.
#[derive(Debug)]
pub struct JsonLines<T> {
    path: PathBuf,
    file: BufReader<File>,
    number: u64,
    text: Vec<u8>,
    kind: PhantomData<fn() -> T>,
}

/// The lines of a try's log; none if the try left no log.
pub fn read_log(path: &Path) -> Result<Option<JsonLines<LogLine>>, LogError> {
    JsonLines::open(path)
}

/// The points of a try's metrics; none if it made none.
pub fn read_metrics(path: &Path) -> Result<Option<JsonLines<MetricPoint>>, LogError> {
    JsonLines::open(path)
}

impl<T> JsonLines<T> {
    fn open(path: &Path) -> Result<Option<Self>, LogError> {
        let path = path.to_owned();
        match File::open(&path) {
            Ok(file) => {
                let file = BufReader::new(file);
                Ok(Some(Self { path, file, number: 0, text: Vec::new(), kind: PhantomData }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LogError::Io { path, source }),
        }
    }
}

impl<T: DeserializeOwned> Iterator for JsonLines<T> {
    type Item = Result<T, LogError>;

    /// At the end of the file; may give more later, if the file has grown.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.file.read_until(b'\n', &mut self.text) {
                Ok(_) if self.text.last() != Some(&b'\n') => return None,
                Ok(_) => {}
                Err(source) => return Some(Err(LogError::Io { path: self.path.clone(), source })),
            }
            self.number += 1;
            let text = std::mem::take(&mut self.text);
            if text.len() > 1 {
                let damaged = |_| LogError::Damaged { path: self.path.clone(), number: self.number };
                return Some(serde_json::from_slice(&text).map_err(damaged));
            }
        }
    }
}
