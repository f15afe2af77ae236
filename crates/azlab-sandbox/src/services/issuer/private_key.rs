//! A cluster's issuer key for an API server that somebody runs beside the sandbox: what kube-apiserver signs service accounts'
//! tokens with (`--service-account-signing-key-file`).

use zeroize::Zeroizing;

use super::Issuer;
use super::choice::{ClusterChoice, choose};
use super::key::IssuerKey;
use super::token::ServiceAccountTokenError;
use crate::sandbox::Sandbox;
use crate::state::transaction;

/// The private key of a cluster's issuer. Whoever has it signs as every service account of the cluster.
#[derive(Clone)]
pub struct IssuerPrivateKey {
    /// PKCS #8 in PEM (RFC 7468).
    pub pem: Zeroizing<String>,
    /// The issuer's URL.
    pub issuer: String,
    /// The cluster's ARM id.
    pub cluster: String,
}

impl Sandbox {
    /// The private key of the cluster's issuer, which is made if there is none yet.
    ///
    /// # Errors
    /// [`ServiceAccountTokenError`]
    pub fn issuer_private_key(&self, choice: &ClusterChoice) -> Result<IssuerPrivateKey, ServiceAccountTokenError> {
        let (cluster, issuer) = transaction::read(self, |visit| {
            let cluster = choose(visit, choice)?;
            let issuer = Issuer::of(&cluster).ok_or_else(|| ServiceAccountTokenError::without_issuer(&cluster))?;
            Ok::<_, ServiceAccountTokenError>((cluster.id, issuer))
        })?;
        let key = IssuerKey::find_or_make(self, &issuer)?;
        let unusable =
            || ServiceAccountTokenError::Key(format!("the key of the issuer {} cannot be written", issuer.url));
        let pem = key.to_pem().ok_or_else(unusable)?;
        Ok(IssuerPrivateKey { pem, issuer: issuer.url, cluster })
    }
}
