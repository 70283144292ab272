//! What is asked of the scheduler: through the socket of the home's server, or where there is none, done here in its
//! place.

use std::time::{Duration, Instant};

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::compose::{Host, OperateError};
use crate::control::{self, ClientError};
use crate::scheduler::lease::LeaseError;
use crate::scheduler::{Reply, Request, RequestError};

/// How long a server may take from its lock to its socket, or another command in its place to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at who holds the lock: it is held for milliseconds.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks, and waits for the answer, which comes after its commit.
pub async fn ask(host: &Host, request: Request) -> Result<Reply, CliError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match ask_server(host, request.clone()).await {
            Err(ClientError::NoServer) => {}
            // It did not hear this any more: whoever comes next does.
            Ok(Err(RequestError::Stopped)) if Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            answered => return Ok(answered??),
        }
        match host.operate(request.clone()).await {
            // A server that has not opened its socket yet, or another command.
            Err(OperateError::Lease(LeaseError::Served)) if Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            done => return Ok(done?),
        }
    }
}

/// Asks the server. Where there is none, nobody would do it.
pub async fn ask_running_server(host: &Host, request: Request) -> Result<Reply, CliError> {
    Ok(ask_server(host, request).await??)
}

async fn ask_server(host: &Host, request: Request) -> Result<Result<Reply, RequestError>, ClientError> {
    let socket = host.home.socket();
    let asked = tokio::task::spawn_blocking(move || control::ask(&socket, request)).await;
    asked.unwrap_or(Err(ClientError::NoServer))
}

/// Tells the server, if there is one, to read its DAG files again.
pub fn tell_plugins_changed(host: &Host) {
    // It looks again by itself when a file changes; a server that is just ending needs to know nothing.
    let _ = control::plugins_changed(&host.home.socket());
}

/// Tells the server, if there is one, that the pools are others now.
pub fn tell_pools_changed(host: &Host) {
    // The next server reads them anyhow.
    let _ = control::ask(&host.home.socket(), Request::PoolsChanged);
}

/// An answer of another kind than what was asked for: a server of another version.
pub fn unexpected(reply: &Reply) -> CliError {
    CliError::rendered(
        Exit::Host,
        format!("error: the server answered otherwise than expected ({reply:?}): is it of another version?"),
    )
}

/// What commands need that only ask for something to be done.
pub fn done(context: &Context, words: &str, reply: &Reply) -> Result<Exit, CliError> {
    match reply {
        Reply::Done => {
            context.output.say(words);
            Ok(Exit::Done)
        }
        other => Err(unexpected(other)),
    }
}
