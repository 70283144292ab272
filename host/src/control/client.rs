//! The side that asks.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{Answer, Call, LINE_MAX_BYTES, address};
use crate::scheduler::{Reply, Request};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No server listens.
    #[error("no server runs on this home folder")]
    NoServer,
    /// The server went away, or speaks another language.
    #[error("the server of this home folder did not answer: look at its own output")]
    Broken(#[source] io::Error),
}

/// Asks the server behind `socket`, and waits for its answer.
///
/// # Errors
/// When there is no server, or it goes away.
pub fn ask(socket: &Path, request: Request) -> Result<Answer, ClientError> {
    call(socket, &Call::Scheduler { request })
}

/// Tells the server, if there is one, that the registry has other plugins.
pub fn plugins_changed(socket: &Path) -> Result<(), ClientError> {
    match call(socket, &Call::PluginsChanged) {
        Ok(Ok(Reply::Done) | Ok(_) | Err(_)) | Err(ClientError::NoServer) => Ok(()),
        Err(broken) => Err(broken),
    }
}

fn call(socket: &Path, call: &Call) -> Result<Answer, ClientError> {
    Talk::begin(socket)?.call(call)
}

/// One connection to a server, for several requests one after the other.
#[derive(Debug)]
pub struct Talk {
    stream: BufReader<UnixStream>,
}

impl Talk {
    /// Connects to the server behind `socket`.
    ///
    /// # Errors
    /// When there is no server.
    pub fn begin(socket: &Path) -> Result<Self, ClientError> {
        Ok(Self { stream: BufReader::new(connect(socket)?) })
    }

    /// As [`ask`], on this connection.
    ///
    /// # Errors
    /// When the server goes away.
    pub fn ask(&mut self, request: Request) -> Result<Answer, ClientError> {
        self.call(&Call::Scheduler { request })
    }

    fn call(&mut self, call: &Call) -> Result<Answer, ClientError> {
        let mut line = serde_json::to_vec(call).map_err(|error| ClientError::Broken(error.into()))?;
        line.push(b'\n');
        self.stream.get_ref().write_all(&line).map_err(unheard)?;
        let mut answer = String::new();
        let read = (&mut self.stream).take(LINE_MAX_BYTES).read_line(&mut answer).map_err(unheard)?;
        if read == 0 {
            return Err(ClientError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_str(&answer).map_err(|error| ClientError::Broken(error.into()))
    }
}

/// A connection is reset only while what was said lies unread in it: the server ended before it heard it, which is as if
/// there were none. One that ends after it has read the request closes the connection in good order.
fn unheard(error: io::Error) -> ClientError {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => ClientError::NoServer,
        _ => ClientError::Broken(error),
    }
}

fn connect(socket: &Path) -> Result<UnixStream, ClientError> {
    let connected = address(socket).and_then(|(path, _folder)| UnixStream::connect(path));
    connected.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NoServer,
        _ => ClientError::Broken(error),
    })
}
