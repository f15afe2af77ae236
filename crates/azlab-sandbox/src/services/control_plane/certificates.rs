//! The authority of one control plane, and what it vouches for: the API server, and the clients that it knows.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error::ControlPlaneError;

/// Who administers a cluster: the group that RBAC never refuses.
pub(super) const MASTERS: &str = "system:masters";

/// How long all of it lasts: as AKS's authority does ("Certificate rotation in AKS").
const LIFETIME: Duration = Duration::days(30 * 365);
/// How far in the past it begins, for clients whose clock is behind.
const BACKDATE: Duration = Duration::days(1);

/// A certificate and its key, in PEM.
pub(super) struct Pair {
    pub certificate: String,
    pub key: Zeroizing<String>,
}

/// An authority that has made itself known.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pair: Pair,
}

impl Authority {
    /// What a new one is read from, valid from `now` on.
    pub fn make(now: OffsetDateTime) -> Result<Pair, ControlPlaneError> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = params("ca", None, now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Pair { certificate, key: Zeroizing::new(key.serialize_pem()) })
    }

    /// The one that was made.
    pub fn read(pair: Pair) -> Result<Self, ControlPlaneError> {
        let key = KeyPair::from_pem(&pair.key).map_err(failed)?;
        Ok(Self { issuer: Issuer::from_ca_cert_pem(&pair.certificate, key).map_err(failed)?, pair })
    }

    /// The certificate of the API server, for these names and addresses.
    pub fn server(&self, names: &[SanType], now: OffsetDateTime) -> Result<Pair, ControlPlaneError> {
        let mut params = params("kube-apiserver", None, now);
        params.subject_alt_names = names.to_vec();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    /// The certificate of a client, by user and group.
    pub fn client(&self, user: &str, group: Option<&str>, now: OffsetDateTime) -> Result<Pair, ControlPlaneError> {
        let mut params = params(user, group, now);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Pair, ControlPlaneError> {
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?.pem();
        Ok(Pair { certificate, key: Zeroizing::new(key.serialize_pem()) })
    }
}

/// A key of its own, PKCS #8 in PEM.
pub(super) fn key() -> Result<Zeroizing<String>, ControlPlaneError> {
    Ok(Zeroizing::new(KeyPair::generate().map_err(failed)?.serialize_pem()))
}

/// The public key of such a key, in PEM.
pub(super) fn public_key(key: &str) -> Result<String, ControlPlaneError> {
    Ok(KeyPair::from_pem(key).map_err(failed)?.public_key_pem())
}

fn params(name: &str, group: Option<&str>, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(group) = group {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    params.serial_number = Some(SerialNumber::from_slice(Uuid::new_v4().as_bytes()));
    (params.not_before, params.not_after) = (now - BACKDATE, now + LIFETIME);
    params
}

fn failed(error: rcgen::Error) -> ControlPlaneError {
    ControlPlaneError::Key(format!("a certificate of the control plane cannot be made or read: {error}"))
}
