//! The certificates in a cluster's kubeconfig: an authority of the cluster's own, and a client's below it. They follow from
//! the cluster's id alone, so that every answer holds the same, and nothing but a kubeconfig's readers takes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ED25519, SerialNumber, date_time_ymd,
};
use uuid::Uuid;

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The certificates of a role on a cluster, each as a kubeconfig has them: base64 of PEM.
#[derive(Debug)]
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) client: String,
    pub(super) client_key: String,
}

impl Certificates {
    /// Those of `role` on the cluster with the ARM id `cluster`.
    ///
    /// # Errors
    /// None that can happen: the keys are well-formed.
    pub(super) fn of(cluster: &str, role: &str) -> Result<Self, rcgen::Error> {
        let (authority, authority_key) = authority(cluster)?;
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);
        let client_key = key(&format!("{cluster}/{role}"))?;
        let mut client = params(&format!("{cluster}/{role}"), "masterclient");
        client.distinguished_name.push(DnType::OrganizationName, "system:masters");
        client.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client_pem = client.signed_by(&client_key, &issuer)?.pem();
        Ok(Self {
            authority: STANDARD.encode(authority_pem),
            client: STANDARD.encode(client_pem),
            client_key: STANDARD.encode(client_key.serialize_pem()),
        })
    }
}

/// The certificate of a cluster's authority, in PEM.
pub(crate) fn authority_pem(cluster: &str) -> Result<String, rcgen::Error> {
    let (authority, key) = authority(cluster)?;
    Ok(authority.self_signed(&key)?.pem())
}

fn authority(cluster: &str) -> Result<(CertificateParams, KeyPair), rcgen::Error> {
    let mut authority = params(&format!("{cluster}/authority"), "ca");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    Ok((authority, key(&format!("{cluster}/authority"))?))
}

/// Bytes that follow from `seed`.
fn bytes(seed: &str) -> [u8; 32] {
    let half = |part: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{seed}/{part}").as_bytes()).into_bytes();
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&half("1"));
    bytes[16..].copy_from_slice(&half("2"));
    bytes
}

fn key(seed: &str) -> Result<KeyPair, rcgen::Error> {
    let der = [ED25519_PKCS8.as_slice(), &bytes(seed)].concat();
    KeyPair::from_pkcs8_der_and_sign_algo(&der.into(), &PKCS_ED25519)
}

fn params(seed: &str, name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from_slice(&bytes(seed)[..15]));
    // Whatever day the sandbox plays.
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2119, 12, 31));
    params
}
