//! Tokens of a cluster's service accounts, as its API server makes them (`kubectl create token`, and what the workload-identity
//! webhook mounts into a pod).

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Issuer;
use super::choice::{ClusterChoice, check_running, choose};
use super::claims::{Bound, TokenClaims};
use super::key::{IssuerKey, KeyError};
use crate::sandbox::Sandbox;
use crate::state::store::Resource;
use crate::state::transaction;

/// A service account: `namespace/name`. The sandbox keeps none; as with a real cluster's admin, any may be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    namespace: String,
    name: String,
}

impl ServiceAccount {
    /// The `sub` of its tokens: what a federated credential names as its subject.
    pub fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

impl FromStr for ServiceAccount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = text.split_once('/').unwrap_or(("default", text));
        let is_label = |text: &str| {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
            let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            (1..=253).contains(&text.len())
                && text.chars().all(allowed)
                && text.starts_with(ends)
                && text.ends_with(ends)
        };
        if is_label(namespace) && !namespace.contains('.') && is_label(name) {
            return Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() });
        }
        Err(format!("'{text}' is not a service account: NAMESPACE/NAME, in lower-case letters, digits and dashes"))
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A service account's token.
#[derive(Clone)]
pub struct ServiceAccountToken {
    /// The token (a JWT).
    pub token: Zeroizing<String>,
    /// Whose it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// When it expires: on the real clock, but for a state in memory, which has its own alone.
    pub expires_on: OffsetDateTime,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum ServiceAccountTokenError {
    /// No cluster fits.
    #[error("the sandbox has no cluster {0}")]
    NoCluster(String),
    /// More than one cluster fits.
    #[error("the sandbox has several clusters: name one with --cluster ID or --resource-group and --name: {}", .0.join(", "))]
    Several(Vec<String>),
    /// The cluster has no issuer.
    #[error(
        "the cluster {cluster} has no OIDC issuer: az aks update --resource-group {group} --name {cluster} --enable-oidc-issuer"
    )]
    NoIssuer {
        /// Its resource group.
        group: String,
        /// Its name.
        cluster: String,
    },
    /// Its API server does not answer (yet).
    #[error("the API server of the cluster {cluster} does not answer: the cluster is {state}")]
    NotRunning {
        /// Its name.
        cluster: String,
        /// Its state.
        state: String,
    },
    /// It would hold beyond the last moment that a clock can tell (the end of the year 9999), which in a state in memory a fast
    /// clock brings near.
    #[error("the token would hold beyond the year 9999: name a shorter --duration")]
    TooLong,
    /// The key cannot be made.
    #[error("{0}")]
    Key(String),
    /// The state cannot be used.
    #[error("the sandbox's database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

impl ServiceAccountTokenError {
    pub(super) fn without_issuer(cluster: &Resource) -> Self {
        Self::NoIssuer { group: cluster.group.clone(), cluster: cluster.name.clone() }
    }
}

impl From<KeyError> for ServiceAccountTokenError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => Self::Database(error),
            error @ KeyError::Unusable(_) => Self::Key(error.to_string()),
        }
    }
}

impl Sandbox {
    /// A token of a service account, which holds for `lifetime` of the client's time.
    ///
    /// # Errors
    /// [`ServiceAccountTokenError`]
    pub fn service_account_token(
        &self,
        choice: &ClusterChoice,
        account: &ServiceAccount,
        audience: &str,
        lifetime: std::time::Duration,
    ) -> Result<ServiceAccountToken, ServiceAccountTokenError> {
        let clock = self.token_clock();
        let lifetime = clock.calendar_time(lifetime);
        let now = clock.now();
        let (name, issuer) = transaction::read(self, |visit| {
            let cluster = choose(visit, choice)?;
            check_running(&cluster, visit.now)?;
            let issuer = Issuer::of(&cluster).ok_or_else(|| ServiceAccountTokenError::without_issuer(&cluster))?;
            Ok::<_, ServiceAccountTokenError>((cluster.name, issuer))
        })?;
        let expires_on = lifetime.and_then(|lifetime| now.checked_add(lifetime));
        let expires_on = expires_on.ok_or(ServiceAccountTokenError::TooLong)?;
        let key = IssuerKey::find_or_make(self, &issuer)?;
        let uid = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}{account}", issuer.url).as_bytes());
        let claims = TokenClaims {
            namespace: account.namespace.clone(),
            name: account.name.clone(),
            uid: uid.to_string(),
            audiences: vec![audience.to_owned()],
            begins: now.unix_timestamp(),
            ends: expires_on.unix_timestamp(),
        };
        let token = key.sign(&claims.claims(&issuer.url, Bound::default()));
        let token = token.ok_or_else(|| ServiceAccountTokenError::Key(format!("the key of {name} does not sign")))?;
        Ok(ServiceAccountToken { token, subject: account.subject(), issuer: issuer.url, expires_on })
    }
}
