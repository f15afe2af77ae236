//! The claims of a service account's token, as Kubernetes writes them.

use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Issuer;
use super::key::{IssuerKey, KeyError};
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;

/// What a token says.
pub(crate) struct TokenClaims {
    pub namespace: String,
    pub name: String,
    /// The service account's uid.
    pub uid: String,
    /// Empty: the API server's own.
    pub audiences: Vec<String>,
    /// From when it holds, and until when, in Unix seconds.
    pub begins: i64,
    pub ends: i64,
}

/// The object that a token ends with.
#[derive(Debug, Default)]
pub(crate) struct Bound(Option<(String, Value)>);

impl Bound {
    /// From a `boundObjectRef`.
    pub fn of(reference: &Value) -> Self {
        let Some(kind) = reference["kind"].as_str() else { return Self::default() };
        Self(Some((kind.to_lowercase(), json!({"name": reference["name"], "uid": reference["uid"]}))))
    }
}

impl TokenClaims {
    /// The claims, issued by `issuer`.
    pub fn claims(&self, issuer: &str, bound: Bound) -> Value {
        let mut about = Map::new();
        about.insert("namespace".into(), self.namespace.clone().into());
        about.insert("serviceaccount".into(), json!({"name": self.name, "uid": self.uid}));
        about.extend(bound.0);
        let audiences = if self.audiences.is_empty() { vec![issuer.to_owned()] } else { self.audiences.clone() };
        json!({
            "aud": audiences,
            "exp": self.ends,
            "iat": self.begins,
            "iss": issuer,
            "jti": Uuid::new_v4(),
            "kubernetes.io": about,
            "nbf": self.begins,
            "sub": format!("system:serviceaccount:{}:{}", self.namespace, self.name),
        })
    }

    /// A token of these claims by the cluster's issuer, within the caller's transaction.
    ///
    /// # Errors
    /// The cluster has no issuer, or its key cannot be made.
    pub fn sign(
        &self,
        db: &Connection,
        now: Millis,
        cluster: &Resource,
        bound: Bound,
    ) -> Result<Zeroizing<String>, String> {
        let issuer = Issuer::of(cluster).ok_or_else(|| format!("the cluster {} has no OIDC issuer", cluster.name))?;
        let said = |error: KeyError| error.to_string();
        let key = IssuerKey::find_or_make_within(&Store::new(db, now), &issuer).map_err(said)?;
        key.sign(&self.claims(&issuer.url, bound)).ok_or_else(|| format!("the key of {} does not sign", cluster.name))
    }
}
