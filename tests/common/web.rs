//! A web server on this machine, with TLS or without, that answers as servers do, good and bad ones.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The certificate authority of all these servers, and the certificate that it gave them.
struct Authority {
    pem: String,
    config: Arc<ServerConfig>,
}

/// The names that the certificate is for.
const NAMES: [&str; 3] = ["localhost", "api.example", "127.0.0.1"];

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let of_server = CertificateParams::new(NAMES.map(str::to_owned)).unwrap().signed_by(&key, &issuer).unwrap();
    let chain = vec![CertificateDer::from(of_server)];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    Authority { pem, config }
});

/// Writes the authority's certificate into a folder, for `$SSL_CERT_FILE`.
pub fn authority(folder: &Path) -> PathBuf {
    let path = folder.join("authority.pem");
    std::fs::write(&path, &AUTHORITY.pem).unwrap();
    path
}

/// A quarter of a gigabyte of zeros, compressed to a megabyte or so.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        packer.write_all(&zeros).unwrap();
    }
    packer.finish().unwrap()
});

/// A server that runs as long as the test.
pub struct Web {
    pub address: SocketAddr,
    stopped: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes it.
        drop(TcpStream::connect(self.address));
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Web {
    /// One that speaks TLS.
    pub fn secured() -> Self {
        Self::start(true)
    }

    /// One that does not.
    pub fn plain() -> Self {
        Self::start(false)
    }

    fn start(tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let requests = Arc::clone(&heard);
        let stopped = Arc::<AtomicBool>::default();
        let stop = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok).take_while(|_| !stop.load(Ordering::SeqCst)) {
                let requests = Arc::clone(&requests);
                std::thread::spawn(move || serve(stream, tls, &requests));
            }
        });
        Self { address, stopped, heard }
    }

    /// `localhost` with its port.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// Heads and bodies of all requests that came.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, tls: bool, requests: &Mutex<Vec<String>>) {
    if !tls {
        let mut stream = stream;
        return answer(&mut stream, requests);
    }
    let connection = ServerConnection::new(Arc::clone(&AUTHORITY.config)).unwrap();
    answer(&mut StreamOwned::new(connection, stream), requests);
}

/// One request for each connection. Whoever hangs up is gone: errors are no failures here.
fn answer(stream: &mut dyn Stream, requests: &Mutex<Vec<String>>) {
    let Some(request) = request(stream) else { return };
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    requests.lock().unwrap().push(request.clone());
    let _ = respond(stream, &path, &request);
    let _ = stream.flush();
}

/// Head and body; none if the other side hung up before they were whole.
fn request(stream: &mut dyn Stream) -> Option<String> {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        all.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

fn respond(stream: &mut dyn Stream, path: &str, request: &str) -> std::io::Result<()> {
    let mut whole = |head: &str, body: &str| {
        write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    match path.split('?').next().unwrap_or_default() {
        "/" => whole("200 OK\r\ncontent-type: text/plain", "hello"),
        "/echo" => whole("200 OK", request),
        "/echo-header" => {
            let line = request.lines().find(|line| line.starts_with("authorization")).unwrap_or("authorization: none");
            whole(&format!("200 OK\r\nx-heard: {}", line.split_once(": ").unwrap().1), "")
        }
        "/inwards" => whole("302 Found\r\nlocation: http://169.254.169.254/latest/meta-data", ""),
        "/busy" => whole("503 Service Unavailable\r\nretry-after: 1", "busy"),
        "/missing" => whole("404 Not Found", "missing"),
        "/gzip" => whole("200 OK\r\ncontent-encoding: gzip", "\u{1f}\u{8b}nothing"),
        "/bomb" => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", BOMB.len())?;
            stream.write_all(&BOMB)
        }
        "/many-headers" => {
            let headers: String = (0..33_000).map(|at| format!("x-{at}: 1\r\n")).collect();
            write!(stream, "HTTP/1.1 200 OK\r\n{headers}\r\n")
        }
        "/large-header" => write!(stream, "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)),
        "/endless" => {
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            let piece = [b'x'; 64 << 10];
            loop {
                stream.write_all(&piece)?;
            }
        }
        "/silent" => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")?;
            stream.flush()?;
            // Until the other side hangs up.
            stream.read(&mut [0]).map(drop)
        }
        "/kept-open" => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
            stream.flush()?;
            while stream.read(&mut [0; 64])? > 0 {}
            Ok(())
        }
        "/cut-off" => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"),
        "/garbage" => write!(stream, "no HTTP at all\r\n\r\n"),
        other => whole("404 Not Found", other),
    }
}
