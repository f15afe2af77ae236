//! The sandbox's own certificate authority, and the certificate it gives the server.
//!
//! A person may add the authority to what their machine trusts, so it can vouch for this machine only: its name
//! constraints allow `localhost` with what is below it, 127.0.0.0/8 and ::1, and its key is readable by its owner only. The
//! server's certificate also names the accounts' hosts below `.localhost`, one label deep.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::files::{self, Readers};
use super::trust_store::trust_store;
use crate::services::openai::target::LOCAL_SUFFIXES;

/// The authority's certificate and key, in the sandbox's directory. One file, so that the two always belong together.
const FILE: &str = "certificate-authority.pem";

/// How long an authority lasts.
const AUTHORITY_LIFETIME: Duration = Duration::days(10 * 365);
/// How long a server's certificate lasts; it is made anew at each start. Some clients refuse more than 398 days.
const SERVER_LIFETIME: Duration = Duration::days(397);
/// An authority this close to its end is replaced, since the server's certificate must not outlive it by much.
const RENEW_BEFORE: Duration = Duration::days(30);
/// How far in the past both begin, for clients whose clock is behind.
const BACKDATE: Duration = Duration::days(1);

/// No certificate for HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path} cannot be {action}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// "read" or "written".
        action: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The file does not hold what the sandbox wrote there.
    #[error(
        "{path} is not the sandbox's certificate authority ({reason}): delete it, and the next start makes a new one"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The cryptography failed.
    #[error("no certificate could be made: {0}")]
    Crypto(String),
}

/// The server's certificate and the authority behind it. Its key is never printed.
#[derive(Clone)]
pub struct TlsIdentity {
    config: Arc<ServerConfig>,
    authority: CertificateDer<'static>,
    authority_pem: String,
}

impl TlsIdentity {
    /// The identity of the sandbox in `directory`. Its authority is made at the first call and again when it is about
    /// to expire; `now` is the machine's time, by which clients judge certificates.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what to do.
    pub fn load_or_create(directory: &Path, now: OffsetDateTime) -> Result<Self, TlsError> {
        let path = directory.join(FILE);
        let authority =
            match Authority::read(&path)? {
                Some(authority) if now + RENEW_BEFORE < authority.not_after => authority,
                Some(_) => {
                    let made = Authority::make(now)?;
                    files::replace(&path, made.to_pem().as_bytes(), Readers::Owner)
                        .map_err(|source| TlsError::File { path, action: "written", source })?;
                    made
                }
                None => Self::first(&path, now)?,
            };
        authority.identity(now)
    }

    /// An identity by an authority of its own that no file keeps, for a test; `now` is the machine's time.
    ///
    /// # Errors
    /// [`TlsError::Crypto`]
    pub fn generate(now: OffsetDateTime) -> Result<Self, TlsError> {
        Authority::make(now)?.identity(now)
    }

    fn first(path: &Path, now: OffsetDateTime) -> Result<Authority, TlsError> {
        let unwritten = |source| TlsError::File { path: path.to_owned(), action: "written", source };
        if let Some(directory) = path.parent() {
            files::make_private_folder(directory).map_err(unwritten)?;
        }
        let made = Authority::make(now)?;
        if files::create(path, made.to_pem().as_bytes(), Readers::Owner).map_err(unwritten)? {
            return Ok(made);
        }
        // Another process was faster; its authority is the sandbox's.
        Authority::read(path)?.ok_or_else(|| unwritten(io::ErrorKind::NotFound.into()))
    }

    /// The authority's certificate in PEM: what clients must trust.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Writes the authority's certificate to `path` (`--ca-file`).
    ///
    /// # Errors
    /// [`TlsError::File`].
    pub fn write_ca_file(&self, path: &Path) -> Result<(), TlsError> {
        write_public(path, self.authority_pem.as_bytes())
    }

    /// Writes the same certificate to `path` as a trust store of PKCS #12 without a password, which Java takes as
    /// `javax.net.ssl.trustStore`.
    ///
    /// # Errors
    /// [`TlsError::File`].
    pub fn write_trust_store(&self, path: &Path) -> Result<(), TlsError> {
        write_public(path, &trust_store(&self.authority))
    }

    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
    not_after: OffsetDateTime,
}

impl Authority {
    fn make(now: OffsetDateTime) -> Result<Self, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name("azlab sandbox certificate authority");
        params.serial_number = Some(serial());
        params.not_before = now - BACKDATE;
        params.not_after = now + AUTHORITY_LIFETIME;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![
                GeneralSubtree::DnsName("localhost".to_owned()),
                GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
                GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128)),
            ],
            excluded_subtrees: Vec::new(),
        });
        let key = KeyPair::generate().map_err(crypto)?;
        let certificate = params.self_signed(&key).map_err(crypto)?;
        Ok(Self { certificate: certificate.der().clone(), pem: certificate.pem(), key, not_after: params.not_after })
    }

    /// The authority in `path`, if there is one.
    fn read(path: &Path) -> Result<Option<Self>, TlsError> {
        let text = match std::fs::read(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TlsError::File { path: path.to_owned(), action: "read", source }),
        };
        let unreadable = |reason: String| TlsError::Unreadable { path: path.to_owned(), reason };
        let certificate = CertificateDer::from_pem_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        let key = KeyPair::try_from(&key).map_err(|error| unreadable(error.to_string()))?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|error| unreadable(error.to_string()))?;
        if parsed.public_key().subject_public_key.data != key.public_key_raw() {
            return Err(unreadable("its key belongs to another certificate".to_owned()));
        }
        let not_after = parsed.validity().not_after.to_datetime();
        let pem = certificate_pem(&text).ok_or_else(|| unreadable("no certificate".to_owned()))?;
        Ok(Some(Self { certificate, pem, key, not_after }))
    }

    fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", self.pem, *Zeroizing::new(self.key.serialize_pem())))
    }

    /// A server certificate for this machine, by this authority.
    fn identity(self, now: OffsetDateTime) -> Result<TlsIdentity, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name("azlab sandbox");
        params.serial_number = Some(serial());
        params.not_before = now - BACKDATE;
        params.not_after = (now + SERVER_LIFETIME).min(self.not_after);
        params.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into().map_err(crypto)?),
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        for suffix in LOCAL_SUFFIXES {
            params.subject_alt_names.push(SanType::DnsName(format!("*{suffix}").try_into().map_err(crypto)?));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(crypto)?;
        let issuer = Issuer::from_ca_cert_der(&self.certificate, self.key).map_err(crypto)?;
        let certificate = params.signed_by(&key, &issuer).map_err(crypto)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)
            .map_err(crypto)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone(), self.certificate.clone()], key)
            .map_err(crypto)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsIdentity { config: Arc::new(config), authority: self.certificate, authority_pem: self.pem })
    }
}

/// Writes what everybody may read.
fn write_public(path: &Path, content: &[u8]) -> Result<(), TlsError> {
    let unwritten = |source| TlsError::File { path: path.to_owned(), action: "written", source };
    files::replace(path, content, Readers::Default).map_err(unwritten)
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "azlab");
    name.push(DnType::CommonName, common);
    name
}

/// Browsers refuse two certificates of one authority with the same number.
fn serial() -> SerialNumber {
    SerialNumber::from_slice(Uuid::new_v4().as_bytes())
}

fn certificate_pem(text: &[u8]) -> Option<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::str::from_utf8(text).ok()?;
    let start = text.find("-----BEGIN CERTIFICATE-----")?;
    let end = start + text[start..].find(END)? + END.len();
    Some(format!("{}\n", &text[start..end]))
}

fn crypto(error: impl fmt::Display) -> TlsError {
    TlsError::Crypto(error.to_string())
}
