//! The side that answers.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Answer, Call, LINE_MAX_BYTES, address};
use crate::scheduler::{Reply, Scheduler};

/// How long answers may take to be written when all is over.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Why the server cannot be reached by the command line.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {path}")]
pub struct ControlError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// The socket of a server. Dropping it takes it away.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `socket`. The caller holds the server's lock, so that what lies there is left over from a crash.
    pub fn listen(socket: &Path) -> Result<Self, ControlError> {
        let failed = |source| ControlError { path: socket.to_owned(), source };
        match fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let (path, _folder) = address(socket).map_err(failed)?;
        let listener = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(socket, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path: socket.to_owned() })
    }

    /// Answers whoever asks, until `over`, when the scheduler is; then those who still wait get their answers.
    /// `plugins_changed` is told each time that it is said.
    pub async fn serve(
        self,
        scheduler: Scheduler,
        plugins_changed: watch::Sender<u64>,
        over: impl Future<Output = ()>,
    ) {
        let mut over = std::pin::pin!(over);
        let mut talks = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if is_own_user(&stream) => {
                        while talks.try_join_next().is_some() {}
                        talks.spawn(talk(stream, scheduler.clone(), plugins_changed.clone()));
                    }
                    // Another user, or one that went away while it came in.
                    Ok(_) | Err(_) => {}
                },
                () = &mut over => break,
            }
        }
        drop(self);
        // Nobody has to hold the end up by a connection that it leaves open.
        let _ = timeout(LAST_ANSWERS, async { while talks.join_next().await.is_some() {} }).await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The home is closed to others; this holds even if somebody opens it.
fn is_own_user(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

/// One connection: it ends when the other side goes away or says what is not understood.
async fn talk(stream: UnixStream, scheduler: Scheduler, plugins_changed: watch::Sender<u64>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read.take(LINE_MAX_BYTES));
    let mut line = String::new();
    loop {
        line.clear();
        if !matches!(lines.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let Ok(call) = serde_json::from_str::<Call>(&line) else { return };
        let answer: Answer = match call {
            Call::Scheduler { request } => scheduler.ask(request).await,
            Call::PluginsChanged => {
                plugins_changed.send_modify(|count| *count += 1);
                Ok(Reply::Done)
            }
        };
        let Ok(mut bytes) = serde_json::to_vec(&answer) else { return };
        bytes.push(b'\n');
        if write.write_all(&bytes).await.is_err() {
            return;
        }
        lines.get_mut().set_limit(LINE_MAX_BYTES);
    }
}
