//! A made-up certificate authority, its valid and invalid certificates, and servers that use them.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Dialogue, Server, Stream};

/// A certificate authority that signs everything.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// The certificates of a server and its private key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no name is wrong");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "pfx test authority");
        let issuer = CertifiedIssuer::self_signed(parameters, key()).expect("a certificate");
        Self { issuer }
    }

    /// The certificate to trust.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server certificate for these names and addresses; `change` modifies it before it is signed.
    pub fn identity(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let key = key();
        let mut parameters = parameters(names);
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { chain: vec![certificate.der().clone()], key: private(&key) }
    }

    /// A certificate that is signed by a certificate of this authority that may not sign.
    pub fn identity_of_no_authority(&self, names: &[&str]) -> Identity {
        let mut between = parameters(&["between"]);
        between.is_ca = IsCa::ExplicitNoCa;
        let between =
            CertifiedIssuer::signed_by(between, key(), &self.issuer).expect("a certificate");
        let own = key();
        let certificate = parameters(names).signed_by(&own, &between).expect("a certificate");
        let chain = vec![certificate.der().clone(), between.der().clone()];
        Identity { chain, key: private(&own) }
    }
}

/// A self-signed certificate, and its PEM.
pub fn self_signed(names: &[&str]) -> (Identity, String) {
    let key = key();
    let certificate = parameters(names).self_signed(&key).expect("a certificate");
    let pem = certificate.pem();
    (Identity { chain: vec![certificate.der().clone()], key: private(&key) }, pem)
}

fn parameters(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names");
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).expect("a key")
}

/// A server on 127.0.0.1 that uses this certificate and then calls `act`.
pub fn server(identity: Identity, act: impl Fn(&mut Dialogue) + Send + Sync + 'static) -> Server {
    Server::on(Ipv4Addr::LOCALHOST.into(), wrap(identity), act)
}

/// Wraps a connection in TLS.
pub fn wrap(
    identity: Identity,
) -> impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .expect("a certificate and its key");
    let config = Arc::new(config);
    move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(Box::new(StreamOwned::new(connection, stream)))
    }
}
