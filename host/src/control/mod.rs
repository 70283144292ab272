//! How the command line reaches the server of its home: a socket in the home folder, which only its user can reach.
//!
//! One request and one answer a line, as JSON. Whoever connects must be the same user, which the system says.
//! Must never know: what becomes of a request. One more request: in `scheduler::request`.

mod client;
mod server;
#[cfg(test)]
mod tests;

pub use client::{ClientError, Talk, ask, plugins_changed};
pub use server::{Control, ControlError};

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::scheduler::{Reply, Request, RequestError};

/// The longest line of either side. A backfill of 100,000 runs is answered in 8 MiB.
const LINE_MAX_BYTES: u64 = 64 << 20;

/// The longest path that a socket's address has room for on every system (Linux has 108 bytes, macOS 104).
const ADDRESS_MAX_BYTES: usize = 100;

/// What is asked through the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
enum Call {
    /// Of the scheduler.
    Scheduler {
        /// What.
        request: Request,
    },
    /// The registry has other plugins now: DAG files are read again.
    PluginsChanged,
}

/// What is answered.
type Answer = Result<Reply, RequestError>;

/// The socket's address, and what must stay open while it is used: a path that is too long is reached by its folder.
fn address(socket: &Path) -> io::Result<(PathBuf, Option<File>)> {
    if socket.as_os_str().len() <= ADDRESS_MAX_BYTES {
        return Ok((socket.to_owned(), None));
    }
    let (folder, name) = (socket.parent().unwrap_or(Path::new("/")), socket.file_name().unwrap_or_default());
    let open = File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())).join(name);
    Ok((path, Some(open)))
}
