//! Files and folders, where they may be and where not.

use crate::answer::{Answer, attempted};
use crate::bindings::dagwood::task::context;
use crate::params::Params;
use serde_json::{Value, json};
use std::fs::{self, File, Metadata};
use std::io::{Read, Result, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// How much is written at once.
const CHUNK_BYTES: usize = 64 * 1024;

pub(crate) fn write(params: &Params) -> Answer {
    attempted(write_file(Path::new(&params.path), params))
}

fn write_file(path: &Path, params: &Params) -> Result<Value> {
    let mut file = File::create(path)?;
    if params.bytes == 0 {
        file.write_all(params.text.as_bytes())?;
        return Ok(json!(params.text.len()));
    }
    let chunk = [b'x'; CHUNK_BYTES];
    let mut left = params.bytes;
    while left > 0 {
        let size = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        file.write_all(&chunk[..size])?;
        left -= size as u64;
    }
    Ok(json!(params.bytes))
}

pub(crate) fn append(params: &Params) -> Answer {
    let line = format!("{} {}\n", params.text, context::current().try_number);
    let appended = File::options()
        .append(true)
        .create(true)
        .open(&params.path)
        .and_then(|mut file| (0..params.count).try_for_each(|_| file.write_all(line.as_bytes())));
    attempted(appended.map(|()| json!(params.count)))
}

pub(crate) fn touch(params: &Params) -> Answer {
    attempted(File::open(&params.path).and_then(|file| file.set_modified(UNIX_EPOCH)).map(|()| json!(params.path)))
}

pub(crate) fn write_many(params: &Params) -> Answer {
    let folder = Path::new(&params.path);
    let made = if folder.is_dir() { Ok(()) } else { fs::create_dir(folder) };
    let mut written = 0u64;
    let result = made.and_then(|()| {
        for number in 0..params.count {
            write_file(&folder.join(number.to_string()), params)?;
            written += 1;
        }
        Ok(json!(written))
    });
    attempted(result.map_err(|error| format!("after {written} files: {error}")))
}

pub(crate) fn make_folder(params: &Params) -> Answer {
    let folder = Path::new(&params.path);
    let made = fs::create_dir_all(folder).and_then(|()| fs::write(folder.join("file"), &params.text));
    attempted(made.map(|()| json!(params.path)))
}

pub(crate) fn sparse(params: &Params) -> Answer {
    attempted(File::create(&params.path).and_then(|file| file.set_len(params.bytes)).map(|()| json!(params.bytes)))
}

pub(crate) fn symlink(params: &Params) -> Answer {
    #[allow(deprecated, reason = "the one way of the standard library that wasm32-wasip2 has")]
    let linked = fs::soft_link(&params.target, &params.path);
    attempted(linked.map(|()| json!(params.path)))
}

pub(crate) fn hard_link(params: &Params) -> Answer {
    attempted(fs::hard_link(&params.target, &params.path).map(|()| json!(params.path)))
}

pub(crate) fn rename(params: &Params) -> Answer {
    attempted(fs::rename(&params.target, &params.path).map(|()| json!(params.path)))
}

pub(crate) fn truncate(params: &Params) -> Answer {
    attempted(File::create(&params.path).map(|_| json!(params.path)))
}

pub(crate) fn remove(params: &Params) -> Answer {
    attempted(fs::remove_file(&params.path).map(|()| json!(params.path)))
}

pub(crate) fn read(params: &Params) -> Answer {
    let limit = if params.bytes == 0 { 1_000 } else { params.bytes };
    let mut text = String::new();
    let read = File::open(&params.path).and_then(|file| file.take(limit).read_to_string(&mut text));
    attempted(read.map(|_| json!(text)))
}

pub(crate) fn list(params: &Params) -> Answer {
    attempted(names(Path::new(&params.path)))
}

fn names(folder: &Path) -> Result<Value> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<Result<Vec<_>>>().map(|names| json!(names))
}

pub(crate) fn stat(params: &Params) -> Answer {
    attempted(fs::symlink_metadata(&params.path).map(|found| described(&found)))
}

fn described(found: &Metadata) -> Value {
    let seconds = |time: Result<SystemTime>| time.ok()?.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    json!({
        "size_bytes": found.len(),
        "is_file": found.is_file(),
        "is_folder": found.is_dir(),
        "is_link": found.is_symlink(),
        "read_only": found.permissions().readonly(),
        "modified_s": seconds(found.modified()),
        "accessed_s": seconds(found.accessed()),
        "created_s": seconds(found.created()),
    })
}
