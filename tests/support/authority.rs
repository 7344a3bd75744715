//! Certificates for tests: an authority, what it signs, and a TLS server's end made of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// An authority, and a folder for what it signs.
pub(crate) struct Authority {
    pub(crate) dir: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

/// Certificate and key of one end of a connection.
pub(crate) struct Identity {
    chain: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pub(crate) certificate: PathBuf,
    pub(crate) key_file: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, "the tests' authority");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).expect("signed");
        fs::write(dir.path().join("ca.pem"), root.pem()).expect("written");
        Self { root: root.der().clone(), issuer: Issuer::new(params, key), dir }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    pub(crate) fn identity(&self, name: &str, expired: bool) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("parameters");
        if expired {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let signed = params.signed_by(&key, &self.issuer).expect("signed");
        let at = |suffix: &str| self.dir.path().join(format!("{name}.{suffix}"));
        fs::write(at("pem"), signed.pem()).expect("written");
        fs::write(at("key"), key.serialize_pem()).expect("written");
        Identity {
            chain: signed.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            certificate: at("pem"),
            key_file: at("key"),
        }
    }
}

/// The end of a server that shows `identity`, offers `protocols`, and lets in only whom `clients` signed, if that is given.
pub(crate) fn acceptor(identity: Identity, clients: Option<&Authority>, protocols: &[&str]) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().expect("TLS");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.root.clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let mut config = builder.with_single_cert(vec![identity.chain], identity.key).expect("a certificate");
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}
