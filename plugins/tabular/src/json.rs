//! JSON files as the plugins write them: indented, with a newline at the end, so that people can read and compare them.

use std::path::Path;

use serde::Serialize;

use crate::error::DataError;

/// Writes `value` to `path`.
///
/// # Errors
/// [`DataError::Unwritable`] if the file cannot be written or the value has no JSON form.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), DataError> {
    let unwritable = |source: std::io::Error| DataError::Unwritable { file: path.display().to_string(), source };
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| unwritable(error.into()))?;
    text.push(b'\n');
    std::fs::write(path, text).map_err(unwritable)
}
