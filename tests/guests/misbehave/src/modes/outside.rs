//! Looks for a world outside the sandbox.

use crate::answer::{Answer, attempted, done};
use crate::params::Params;
use serde_json::{Value, json};
use std::hash::{BuildHasher, RandomState};
use std::io::Result;
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasip2::clocks::monotonic_clock;
use wasip2::random::{insecure, insecure_seed, random};

pub(crate) fn clock(params: &Params) -> Answer {
    let before = now();
    if let Some(ms) = params.ms {
        std::thread::sleep(Duration::from_millis(ms));
    }
    done(&json!({ "before": before, "after": now() }))
}

fn now() -> Value {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "seconds": since.as_secs(),
        "nanoseconds": since.subsec_nanos(),
        "monotonic_nanoseconds": monotonic_clock::now(),
        "resolution_nanoseconds": monotonic_clock::resolution(),
    })
}

pub(crate) fn random() -> Answer {
    let (seed_low, seed_high) = insecure_seed::insecure_seed();
    done(&json!({
        "u64": random::get_random_u64(),
        "bytes": random::get_random_bytes(8),
        "insecure_u64": insecure::get_insecure_random_u64(),
        "insecure_bytes": insecure::get_insecure_random_bytes(8),
        "insecure_seed": [seed_low, seed_high],
        "hash": RandomState::new().hash_one("the same"),
    }))
}

pub(crate) fn environment() -> Answer {
    let variables: Vec<_> = std::env::vars().map(|(name, value)| [name, value]).collect();
    let arguments: Vec<_> = std::env::args().collect();
    done(&json!({
        "variables": variables,
        "arguments": arguments,
        "folder": std::env::current_dir().ok(),
        "working_folder_given": wasip2::cli::environment::initial_cwd(),
    }))
}

pub(crate) fn tcp(params: &Params) -> Answer {
    attempted(TcpStream::connect(&params.target).map(|_| json!("connected")))
}

pub(crate) fn udp(params: &Params) -> Answer {
    attempted(send(&params.target).map(|sent| json!(sent)))
}

fn send(target: &str) -> Result<usize> {
    UdpSocket::bind("127.0.0.1:0")?.send_to(b"hello", target)
}

pub(crate) fn look_up(params: &Params) -> Answer {
    let found = (params.target.as_str(), 80).to_socket_addrs();
    attempted(found.map(|addresses| json!(addresses.map(|address| address.to_string()).collect::<Vec<_>>())))
}
