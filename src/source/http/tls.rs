//! Whom we trust and what we show over TLS: from files in PEM to a configuration. Uses `access`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::HttpFault;
use crate::source::access::{Stamp, Tls};

/// Largest file of certificates or keys, in bytes.
const LARGEST: u64 = 16 << 20;

/// What the files of `tls` are like, to see when they change; `None` for one that is not there.
pub(super) fn stamps(tls: &Tls) -> [Option<Stamp>; 3] {
    [&tls.authorities, &tls.certificate, &tls.key].map(|path| path.as_ref().and_then(|p| Stamp::of(p).ok()))
}

/// For connections that are none of TLS: what the library sets up by itself fails on a machine without authorities.
pub(super) fn unused() -> Result<ClientConfig, HttpFault> {
    let provider = provider();
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|e| broken(&e))?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The configuration that `tls` asks for. Reads files, so it takes a while.
///
/// # Errors
/// A file that cannot be used, or nobody to trust.
pub(super) fn config(tls: &Tls) -> Result<ClientConfig, HttpFault> {
    let provider = provider();
    let verifier: Arc<dyn ServerCertVerifier> = if tls.insecure {
        Arc::new(Anyone(Arc::clone(&provider)))
    } else {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities(tls)?), Arc::clone(&provider));
        let verifier = verifier.build().map_err(|e| HttpFault::Tls(e.to_string()))?;
        match &tls.server_name {
            None => verifier,
            Some(name) => Arc::new(Named { verifier, name: parse_name(name)? }),
        }
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| broken(&e))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match &tls.certificate {
        None => Ok(builder.with_no_client_auth()),
        Some(path) => {
            let (chain, key) = identity(path, tls.key.as_deref())?;
            let unfit = |e: Error| match e {
                Error::InconsistentKeys(_) => fault(tls.key.as_deref().unwrap_or(path), "is not the certificate's key"),
                other => fault(path, &format!("cannot be used: {other}")),
            };
            builder.with_client_auth_cert(chain, key).map_err(unfit)
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn broken(error: &Error) -> HttpFault {
    HttpFault::Tls(format!("cannot be set up: {error}"))
}

/// `name` as a certificate can be for it.
pub(super) fn parse_name(name: &str) -> Result<ServerName<'static>, HttpFault> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| HttpFault::Tls(format!("the server name {name:?} is neither a host name nor an address")))
}

fn authorities(tls: &Tls) -> Result<RootCertStore, HttpFault> {
    let mut roots = RootCertStore::empty();
    match &tls.authorities {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() { Err(HttpFault::NoAuthorities) } else { Ok(roots) }
        }
        Some(path) => {
            let (added, _) = roots.add_parsable_certificates(certificates(path, &read(path)?)?);
            if added == 0 { Err(fault(path, "holds no certificate of an authority")) } else { Ok(roots) }
        }
    }
}

/// Our certificate chain and its key.
fn identity(
    path: &Path,
    key: Option<&Path>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), HttpFault> {
    let pem = read(path)?;
    let chain = certificates(path, &pem)?;
    let (key_path, key_pem) = match key {
        Some(key) => (key, read(key)?),
        None => (path, pem),
    };
    match PrivateKeyDer::from_pem_slice(&key_pem) {
        Ok(key) => Ok((chain, key)),
        Err(_) if memchr::memmem::find(&key_pem, b"ENCRYPTED").is_some() => {
            Err(fault(key_path, "holds a key that is encrypted; decrypt it first (openssl pkey -in FILE -out NEW)"))
        }
        Err(_) => Err(fault(key_path, "holds no private key in PEM")),
    }
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, HttpFault> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(fault(path, "holds no certificate in PEM")),
        Err(e) => Err(fault(path, &format!("is no PEM: {e}"))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, HttpFault> {
    let unreadable = |e: std::io::Error| {
        let reason = e.to_string();
        fault(path, &format!("cannot be read: {}", reason.split(" (os error").next().unwrap_or_default()))
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(fault(path, "is too large for certificates"));
    }
    fs::read(path).map_err(unreadable)
}

fn fault(path: &Path, reason: &str) -> HttpFault {
    HttpFault::Secret(format!("{} {reason}", path.display()))
}

/// Takes a certificate for another name than the one that was connected to.
#[derive(Debug)]
struct Named {
    verifier: Arc<WebPkiServerVerifier>,
    name: ServerName<'static>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _connected: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Takes any certificate. Whoever sends it must hold its key, which is all that is checked.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
