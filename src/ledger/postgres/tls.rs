//! TLS between the ledger and its database, by rustls.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use super::settings::PostgresSettingsError;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;

/// The configuration for these roots and, perhaps, this identity.
pub(super) fn client_config(
    roots: &str,
    identity: Option<(&str, &str)>,
) -> Result<ClientConfig, PostgresSettingsError> {
    let wrong = |what: &str, why: &dyn std::fmt::Display| PostgresSettingsError(format!("{what}: {why}"));
    let certificates = |pem: &str, what: &str| {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        match read {
            Ok(certificates) if certificates.is_empty() => Err(wrong(what, &"the PEM has no certificate")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(wrong(what, &error)),
        }
    };
    let mut store = RootCertStore::empty();
    for root in certificates(roots, "the TLS roots")? {
        store.add(root).map_err(|error| wrong("the TLS roots", &error))?;
    }
    // The provider is named here, since another part of the program may have installed none, or another.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| wrong("TLS", &error))?.with_root_certificates(store);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates(chain, "the TLS identity")?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
            let key = key.map_err(|error| wrong("the key of the TLS identity", &error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| wrong("the TLS identity", &error))?
        }
    };
    // What a server expects whose port takes TLS from the first byte (`sslnegotiation=direct`).
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(config)
}

/// Makes connections with TLS.
#[derive(Clone)]
pub(super) struct Tls(pub(super) Arc<ClientConfig>);

/// One connection to be made.
pub(super) struct Handshake {
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
}

/// A connection.
pub(super) struct Stream<S>(Box<tokio_rustls::client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Stream<S>;
    type TlsConnect = Handshake;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Handshake, Self::Error> {
        Ok(Handshake { config: Arc::clone(&self.0), server: ServerName::try_from(domain.to_owned())? })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Handshake { config, server } = self;
        Box::pin(async move {
            let stream = TlsConnector::from(config).connect(server, stream).await?;
            Ok(Stream(Box::new(stream)))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, connection) = self.0.get_ref();
        let certificate = connection.peer_certificates().and_then(<[_]>::first);
        let digest = certificate.and_then(|certificate| digest_for_binding(certificate));
        digest.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// The digest of a certificate that binds a channel: by the hash of its signature, and by SHA-256 in place of older ones
/// (RFC 5929 section 4.1). There is none for a signature without a hash.
fn digest_for_binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut signed = Reader::single(certificate, tag::SEQUENCE).ok()?.reader();
    signed.read(tag::SEQUENCE).ok()?;
    let algorithm = SignatureAlgorithm::from_der(signed.read(tag::SEQUENCE).ok()?.full)?.to_string();
    match algorithm.get(..6)? {
        "SHA384" => Some(Sha384::digest(certificate).to_vec()),
        "SHA512" => Some(Sha512::digest(certificate).to_vec()),
        "SHA256" | "SHA1WI" => Some(Sha256::digest(certificate).to_vec()),
        _ => None,
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
