//! An issuer's signing key: RSA with 2,048 bits, for RS256, as Kubernetes has it. Made when a token is first asked for: it takes
//! some 100 ms, and most clusters never need one.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{GUID, IS_CLUSTER, Issuer};
use crate::sandbox::Sandbox;
use crate::state::issuer_keys;
use crate::state::store::Store;
use crate::state::timestamps::Millis;
use crate::state::transaction;

/// A key that cannot be made, kept or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The cryptography failed.
    #[error("the signing key of the issuer {0} cannot be made or read")]
    Unusable(String),
    /// The state failed.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// The key of one issuer. Never printed.
pub(crate) struct IssuerKey {
    pair: KeyPair,
    public: PublicKeyComponents<Vec<u8>>,
    id: String,
}

impl IssuerKey {
    /// The issuer's key, if one was made.
    pub fn find(store: &Store<'_>, issuer: &Issuer) -> Result<Option<Self>, KeyError> {
        let unusable = || KeyError::Unusable(issuer.url.clone());
        let kept = issuer_keys::current(store, &issuer.url)?;
        kept.map(|kept| Self::read(&kept).ok_or_else(unusable)).transpose()
    }

    /// The key before that, if there was one and it still holds at `now`: it signs nothing.
    pub fn find_before(store: &Store<'_>, issuer: &Issuer, now: Millis) -> Result<Option<Self>, KeyError> {
        let unusable = || KeyError::Unusable(issuer.url.clone());
        let kept = issuer_keys::before(store, &issuer.url, now)?;
        kept.map(|kept| Self::read(&kept).ok_or_else(unusable)).transpose()
    }

    fn read(kept: &str) -> Option<Self> {
        let pkcs8 = Zeroizing::new(STANDARD_NO_PAD.decode(kept).ok()?);
        Self::with(KeyPair::from_pkcs8(&pkcs8).ok()?).ok()
    }

    /// The issuer's key, made and kept if there is none. Keys of issuers that are gone are forgotten then. It is made outside any
    /// transaction: nobody waits for it who does not ask for it.
    pub fn find_or_make(sandbox: &Sandbox, issuer: &Issuer) -> Result<Self, KeyError> {
        if let Some(found) = transaction::read(sandbox, |visit| Self::find(&visit.store, issuer))? {
            return Ok(found);
        }
        let pair = Self::new_pair(issuer)?;
        // Another may have been faster; a published key does not change.
        transaction::write(sandbox, |visit| match Self::find(&visit.store, issuer)? {
            Some(found) => Ok(found),
            None => Self::keep(&visit.store, issuer, pair),
        })
    }

    /// The same within a transaction that writes, which others then wait for.
    pub fn find_or_make_within(store: &Store<'_>, issuer: &Issuer) -> Result<Self, KeyError> {
        match Self::find(store, issuer)? {
            Some(found) => Ok(found),
            None => Self::keep(store, issuer, Self::new_pair(issuer)?),
        }
    }

    fn new_pair(issuer: &Issuer) -> Result<KeyPair, KeyError> {
        KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Unusable(issuer.url.clone()))
    }

    fn keep(store: &Store<'_>, issuer: &Issuer, pair: KeyPair) -> Result<Self, KeyError> {
        let unusable = |_| KeyError::Unusable(issuer.url.clone());
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(unusable)?;
        let text = Zeroizing::new(STANDARD_NO_PAD.encode(pkcs8.as_ref()));
        issuer_keys::forget_orphans(store, IS_CLUSTER, GUID)?;
        issuer_keys::keep(store, &issuer.url, &text)?;
        Self::with(pair).map_err(unusable)
    }

    fn with(pair: KeyPair) -> Result<Self, Unspecified> {
        let public = PublicKeyComponents::from(pair.public_key());
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(spki.as_ref()));
        Ok(Self { pair, public, id })
    }

    /// The key's id as Kubernetes derives it: a hash of the public key's SubjectPublicKeyInfo (kube-apiserver,
    /// `serviceaccount/jwt.go`).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The private key as PKCS #8 in PEM (RFC 7468), as kube-apiserver takes it; `None` if the cryptography fails.
    pub fn to_pem(&self) -> Option<Zeroizing<String>> {
        let pkcs8: Pkcs8V1Der<'_> = self.pair.as_der().ok()?;
        Some(pem("PRIVATE KEY", pkcs8.as_ref()))
    }

    /// The public key in PEM; `None` if the cryptography fails.
    pub fn to_public_pem(&self) -> Option<String> {
        let spki: PublicKeyX509Der<'_> = self.pair.public_key().as_der().ok()?;
        Some(pem("PUBLIC KEY", spki.as_ref()).to_string())
    }

    /// The public key as an entry of a JWKS (RFC 7517).
    pub fn jwk(&self) -> Value {
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.id(),
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(&self.public.n),
            "e": URL_SAFE_NO_PAD.encode(&self.public.e),
        })
    }

    /// A token of these claims (RFC 7515, compact); `None` if the cryptography fails.
    pub fn sign(&self, claims: &Value) -> Option<Zeroizing<String>> {
        let header = json!({"alg": "RS256", "kid": self.id()}).to_string();
        let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Some(Zeroizing::new(token))
    }

    /// Whether this key made `signature` over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// What is in `der` as PEM.
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    const LINE: usize = 64;
    let text = Zeroizing::new(STANDARD.encode(der));
    // Room for all of it: a text that grows leaves copies behind that nothing wipes.
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / LINE + 2 * LINE));
    pem.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerKey").field("id", &self.id()).finish_non_exhaustive()
    }
}
