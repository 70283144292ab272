//! Names into addresses, addresses into connections: what all tries of a host share.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::Error;

use super::address::is_public;
use crate::executor::Boxed;
use crate::lifecycle::launch::Origin;
use crate::sandbox::limits::{HTTP_CONNECTIONS_OF_ALL, HTTP_LOOKUPS_OF_ALL};

/// Finds the addresses of names.
pub trait Resolve: std::fmt::Debug + Send + Sync + 'static {
    /// All addresses of a name, in the order in which they should be tried.
    fn resolve(&self, host: &str, port: u16) -> Boxed<io::Result<Vec<SocketAddr>>>;
}

/// As the machine does for every program.
#[derive(Debug)]
struct System;

impl Resolve for System {
    fn resolve(&self, host: &str, port: u16) -> Boxed<io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
    }
}

/// The network as guests may use it.
pub(in crate::sandbox) struct Net {
    resolver: Arc<dyn Resolve>,
    /// Read when it is first needed.
    tls: OnceCell<Arc<ClientConfig>>,
    /// Connections of all tries.
    pub(super) connections: Arc<Semaphore>,
    /// Names that are looked up for all tries.
    lookups: Arc<Semaphore>,
}

/// A connection, secured or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NoConnection {
    /// What the guest is told.
    pub(super) error: Error,
    /// What the log is told, if the host would not.
    pub(super) refusal: Option<String>,
}

impl From<Error> for NoConnection {
    fn from(error: Error) -> Self {
        Self { error, refusal: None }
    }
}

impl Net {
    /// The machine's network.
    pub(in crate::sandbox) fn system() -> Self {
        Self::with(Arc::new(System))
    }

    /// The machine's network, with names that lead elsewhere.
    pub(in crate::sandbox) fn with(resolver: Arc<dyn Resolve>) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        let (connections, lookups) = (places(HTTP_CONNECTIONS_OF_ALL), places(HTTP_LOOKUPS_OF_ALL));
        Self { resolver, tls: OnceCell::new(), connections, lookups }
    }

    /// Connects to an address of `origin`: one that was looked up, judged, and then connected to, itself.
    pub(super) async fn connect(
        &self,
        origin: &Origin,
        private: bool,
        within: Duration,
        lookups: &Arc<Semaphore>,
    ) -> Result<Box<dyn Stream>, NoConnection> {
        let connected = timeout(within, self.connect_now(origin, private, lookups)).await;
        connected.unwrap_or_else(|_| Err(Error::ConnectionTimeout.into()))
    }

    async fn connect_now(
        &self,
        origin: &Origin,
        private: bool,
        lookups: &Arc<Semaphore>,
    ) -> Result<Box<dyn Stream>, NoConnection> {
        let addresses = judged(origin, self.addresses(origin, lookups).await?, private)?;
        let stream = first_that_answers(&addresses).await?;
        // Whole requests are written at once; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        if !origin.tls {
            return Ok(Box::new(stream));
        }
        let connector = TlsConnector::from(self.tls().await?);
        let name = ServerName::try_from(origin.host.clone()).map_err(|_| Error::HttpRequestUriInvalid)?;
        let stream = connector.connect(name, stream).await.map_err(|error| tls_error(&error))?;
        Ok(Box::new(stream))
    }

    /// All addresses of a name. Looking one up holds a thread until the system has an answer, whether anybody still waits
    /// for it or not: so does its place among a few.
    async fn addresses(&self, origin: &Origin, lookups: &Arc<Semaphore>) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = origin.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, origin.port)]);
        }
        let place = |of: &Arc<Semaphore>| Arc::clone(of).acquire_owned();
        let places = [place(lookups).await, place(&self.lookups).await];
        let looking = self.resolver.resolve(&origin.host, origin.port);
        let found = tokio::spawn(async move {
            let found = looking.await;
            drop(places);
            found
        });
        let found = found.await.unwrap_or_else(|lost| Err(io::Error::other(lost)));
        let no_name = || Error::DnsError { rcode: Some("no such name".to_owned()), info_code: None };
        found.ok().filter(|found| !found.is_empty()).ok_or_else(no_name)
    }

    async fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        let config = self.tls.get_or_try_init(|| async {
            let made = tokio::task::spawn_blocking(client_config).await;
            made.unwrap_or_else(|_| Err("the certificates cannot be read".to_owned())).map(Arc::new)
        });
        config.await.cloned().map_err(|why| Error::InternalError(Some(why)))
    }
}

/// What of the addresses may be connected to.
fn judged(origin: &Origin, found: Vec<SocketAddr>, private: bool) -> Result<Vec<SocketAddr>, NoConnection> {
    let (allowed, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|at| private || is_public(at.ip()));
    match (allowed.is_empty(), others.first()) {
        (false, _) => Ok(allowed),
        (true, None) => Err(Error::DestinationNotFound.into()),
        (true, Some(other)) => {
            let refusal = format!(
                "`{}` leads to {}, which is no public address; `allow.http = [{{ to = \"{origin}\", private = true }}]` \
                 in the operator's config.toml would allow it",
                origin.host,
                other.ip(),
            );
            Err(NoConnection { error: Error::DestinationIpProhibited, refusal: Some(refusal) })
        }
    }
}

async fn first_that_answers(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = Error::DestinationNotFound;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = connect_error(&error),
        }
    }
    Err(last)
}

fn connect_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
        _ => Error::DestinationUnavailable,
    }
}

fn tls_error(error: &io::Error) -> Error {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        Some(rustls::Error::AlertReceived(alert)) => {
            Error::TlsAlertReceived { alert_id: Some(u8::from(*alert)), alert_message: Some(format!("{alert:?}")) }
        }
        _ => Error::TlsProtocolError,
    }
}

/// Trusts whom the machine trusts. Nothing is kept of a connection for the next: it may be another task's.
fn client_config() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if known == 0 {
        let why = "this machine knows no certificate authorities: install `ca-certificates`, or name a file of them in \
                   $SSL_CERT_FILE where the host is started";
        return Err(why.to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn judge(addresses: &[&str], private: bool) -> Result<Vec<String>, String> {
        let found = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let origin = Origin::parse("a.example").unwrap();
        let judged = judged(&origin, found, private);
        judged.map(|all| all.iter().map(ToString::to_string).collect()).map_err(|no| no.refusal.unwrap_or_default())
    }

    #[test]
    fn of_all_addresses_of_a_name_only_the_public_ones_are_used() {
        let mixed = ["127.0.0.1:443", "1.1.1.1:443", "[::ffff:10.0.0.1]:443"];
        assert_eq!(judge(&mixed, false).unwrap(), ["1.1.1.1:443"]);
        assert_eq!(judge(&mixed, true).unwrap(), mixed);
        let refusal = judge(&["169.254.169.254:443"], false).unwrap_err();
        assert!(refusal.starts_with("`a.example` leads to 169.254.169.254, which is no public address"), "{refusal}");
        assert_eq!(judge(&[], false).unwrap_err(), "");
    }

    /// Never answers; counts how many ask.
    #[derive(Debug, Default)]
    struct Silent(Arc<AtomicUsize>);

    impl Resolve for Silent {
        fn resolve(&self, _host: &str, _port: u16) -> Boxed<io::Result<Vec<SocketAddr>>> {
            let asked = Arc::clone(&self.0);
            Box::pin(async move {
                asked.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            })
        }
    }

    #[tokio::test]
    async fn a_look_up_has_its_place_until_it_ends_though_nobody_waits_for_it() {
        let asked = Arc::<AtomicUsize>::default();
        let net = Net::with(Arc::new(Silent(Arc::clone(&asked))));
        let (origin, places) = (Origin::parse("a.example").unwrap(), Arc::new(Semaphore::new(4)));
        for _ in 0..20 {
            let gave_up = net.connect(&origin, false, Duration::from_millis(1), &places).await;
            assert!(matches!(gave_up.err().unwrap().error, Error::ConnectionTimeout));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }
}
