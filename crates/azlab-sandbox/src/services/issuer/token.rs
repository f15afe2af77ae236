//! Tokens of a cluster's service accounts, as its API server makes them (`kubectl create token`, and what the workload-identity
//! webhook mounts into a pod).

use std::fmt;
use std::str::FromStr;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Issuer;
use super::claims::{Bound, TokenClaims};
use super::key::{IssuerKey, KeyError};
use crate::providers::containerservice::kind;
use crate::sandbox::Sandbox;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, time_of};
use crate::state::transaction::{self, Transaction};

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

/// Which cluster's service account.
#[derive(Clone, Debug)]
pub enum ClusterChoice {
    /// The only one that there is.
    Only,
    /// The one with this resource id.
    Id(String),
    /// The one with this name, in a resource group if that is named.
    Named {
        /// The resource group.
        group: Option<String>,
        /// The cluster's name; `None`: the only one of the group.
        name: Option<String>,
    },
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
    /// When it expires, on the sandbox's clock.
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
    /// It would hold beyond the last moment that a clock can tell (the end of the year 9999).
    #[error(
        "the token would hold beyond the year 9999, since the sandbox's clock runs faster than yours: name a shorter --duration"
    )]
    TooLong,
    /// The key cannot be made.
    #[error("{0}")]
    Key(String),
    /// The state cannot be used.
    #[error("the sandbox's database failed: {0}")]
    Database(#[from] rusqlite::Error),
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
        // The client counts real seconds, and in each of them the sandbox's clock moves on by its speed.
        let lifetime = Duration::checked_seconds_f64(lifetime.as_secs_f64() * self.clock().speed());
        let (name, issuer, now) = transaction::read(self, |visit| {
            let cluster = choose(visit, choice)?;
            check_running(&cluster, visit.now)?;
            let issuer = Issuer::of(&cluster).ok_or_else(|| ServiceAccountTokenError::NoIssuer {
                group: cluster.group.clone(),
                cluster: cluster.name.clone(),
            })?;
            Ok::<_, ServiceAccountTokenError>((cluster.name, issuer, time_of(visit.now)))
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

fn choose(visit: &Transaction<'_>, choice: &ClusterChoice) -> Result<Resource, ServiceAccountTokenError> {
    let clusters = |group: Option<&str>| {
        visit.store.list(&ListQuery { kinds: Some(&[kind::CLUSTER]), group, ..ListQuery::default() })
    };
    let only = |mut found: Vec<Resource>, what: String| match found.len() {
        0 => Err(ServiceAccountTokenError::NoCluster(what)),
        1 => Ok(found.remove(0)),
        _ => Err(ServiceAccountTokenError::Several(found.into_iter().map(|one| one.id).collect())),
    };
    match choice {
        ClusterChoice::Only => only(clusters(None)?, "yet".to_owned()),
        ClusterChoice::Id(id) => {
            let found = visit.store.get(id)?.filter(|found| found.kind == kind::CLUSTER);
            found.ok_or_else(|| ServiceAccountTokenError::NoCluster(id.clone()))
        }
        ClusterChoice::Named { group, name } => {
            let mut found = clusters(group.as_deref())?;
            if let Some(name) = name {
                found.retain(|one| one.name.eq_ignore_ascii_case(name));
            }
            let what = name.as_ref().map(|name| format!("'{name}'")).into_iter();
            let what = what.chain(group.as_ref().map(|group| format!("in the resource group '{group}'")));
            only(found, what.collect::<Vec<_>>().join(" "))
        }
    }
}

/// Refuses while there is no API server that could make a token.
fn check_running(cluster: &Resource, now: Millis) -> Result<(), ServiceAccountTokenError> {
    let not_running = |state: &str| ServiceAccountTokenError::NotRunning {
        cluster: cluster.name.clone(),
        state: match state {
            "Stopped" => format!("stopped (az aks start --resource-group {} --name {})", cluster.group, cluster.name),
            state => format!("{} (try again in a while)", state.to_lowercase()),
        },
    };
    let state = cluster.state(now);
    if matches!(state, "Creating" | "Deleting" | "Stopping" | "Starting") {
        return Err(not_running(state));
    }
    match cluster.body["properties"]["powerState"]["code"].as_str() {
        Some("Stopped") => Err(not_running("Stopped")),
        _ => Ok(()),
    }
}
