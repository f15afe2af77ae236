//! The sandbox's access tokens: signed claims in the form of Entra's.
//!
//! Signed with HS256. The sandbox is at once the issuer and the only one to check, so a shared key proves as much as a
//! key pair would, at a hundredth of the time; a rehearsed class makes hundreds of thousands of requests, each checked.
//! Clients read the claims and never the signature, as Entra asks of them.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes of the key: as many as the hash gives (RFC 7518, 3.2).
const KEY_LENGTH: usize = 256 / 8;

/// How far a token may lie in the future: clocks of several processes differ by less.
const SKEW: Duration = Duration::minutes(5);

/// The service principal that a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Its tenant.
    pub tenant: Uuid,
    /// The application's (client) id.
    pub client_id: Uuid,
    /// Its object id in the tenant: the `principalId` of role assignments.
    pub object_id: Uuid,
}

/// The claims of an application's access token (Entra's version 1.0, which Resource Manager gets).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whom the token is for: a resource, as the client asked for it.
    pub aud: String,
    /// Who issued it.
    pub iss: String,
    /// When it was issued, in Unix seconds on the sandbox's clock.
    pub iat: i64,
    /// From when on it holds, likewise.
    pub nbf: i64,
    /// When it expires, likewise.
    pub exp: i64,
    /// The client id.
    pub appid: String,
    /// How the client proved itself: see [`Proof`].
    pub appidacr: String,
    /// "app": no user is involved; else "user".
    pub idtyp: String,
    /// The object id.
    pub oid: String,
    /// Whom it is about: again the object id.
    pub sub: String,
    /// The tenant.
    pub tid: String,
    /// The token's own id: two issued in the same second differ.
    pub uti: String,
    /// The version of this set of claims.
    pub ver: String,
    /// The user principal name, if it is a user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<String>,
    /// The resource id of a managed identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xms_mirid: Option<String>,
}

/// How a client has proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// With its secret.
    Secret,
    /// With an assertion, or as the platform whose identity it is.
    Assertion,
    /// Not at all: a public client, such as az, through which a user has signed in.
    None,
}

impl Proof {
    /// The claim `appidacr` (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).
    fn claim(self) -> &'static str {
        match self {
            Self::Secret => "1",
            Self::Assertion => "2",
            Self::None => "0",
        }
    }
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The service principal.
    pub principal: Principal,
    /// How it has proved that.
    pub proof: Proof,
    /// The resource id, if it is a managed identity.
    pub resource_id: Option<String>,
    /// The user principal name, if it is a user.
    pub user: Option<String>,
}

/// A token that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this form at all.
    #[error("the token cannot be read")]
    Malformed,
    /// Signed by somebody else, or changed on its way.
    #[error("the token was not issued by this sandbox")]
    Foreign,
    /// Past its end.
    #[error("the token expired at {expired_on}, and it is {now}")]
    Expired {
        /// Its end.
        expired_on: OffsetDateTime,
        /// When it was shown.
        now: OffsetDateTime,
    },
    /// Before its beginning.
    #[error("the token is valid from {not_before}")]
    NotYetValid {
        /// Its beginning.
        not_before: OffsetDateTime,
    },
    /// Meant for another service.
    #[error("the token is for `{audience}`")]
    WrongAudience {
        /// The service that it is meant for.
        audience: String,
    },
}

/// A key that cannot be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The system gave no randomness.
    #[error("the system gives no random numbers for the sandbox's signing key: {0}")]
    NoRandomness(String),
    /// The bytes kept are no key.
    #[error("the sandbox's signing key has {0} bytes instead of {KEY_LENGTH}; reset the sandbox to make a new one")]
    BadKey(usize),
    /// A token could not be put together.
    #[error("the sandbox could not issue a token: {0}")]
    Unsigned(String),
}

/// Issues and checks tokens with one key. Cheap to clone; the key is never printed and is wiped with the last clone.
#[derive(Clone)]
pub struct Signer {
    key: Arc<Zeroizing<[u8; KEY_LENGTH]>>,
    encoding: Arc<EncodingKey>,
    decoding: Arc<DecodingKey>,
}

impl Signer {
    /// A signer with a new random key.
    ///
    /// # Errors
    /// [`SignerError::NoRandomness`].
    pub fn generate() -> Result<Self, SignerError> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        getrandom::fill(key.as_mut()).map_err(|error| SignerError::NoRandomness(error.to_string()))?;
        Ok(Self::with(key))
    }

    /// The signer whose [`Self::to_bytes`] gave `bytes`.
    ///
    /// # Errors
    /// [`SignerError::BadKey`] if they are not 32.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SignerError> {
        let key = bytes.try_into().map_err(|_| SignerError::BadKey(bytes.len()))?;
        Ok(Self::with(Zeroizing::new(key)))
    }

    /// The key, for the caller to keep where nobody else can read it.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.to_vec())
    }

    fn with(key: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        let encoding = Arc::new(EncodingKey::from_secret(key.as_ref()));
        let decoding = Arc::new(DecodingKey::from_secret(key.as_ref()));
        Self { key: Arc::new(key), encoding, decoding }
    }

    /// A token for an application that has shown its secret, to use at `audience`, from `now` on for `lifetime`.
    ///
    /// # Errors
    /// [`SignerError::Unsigned`].
    pub fn issue(
        &self,
        principal: &Principal,
        audience: &str,
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<Zeroizing<String>, SignerError> {
        let subject = Subject { principal: *principal, proof: Proof::Secret, resource_id: None, user: None };
        self.issue_to(&subject, audience, now, lifetime)
    }

    /// A token for `subject` to use at `audience`, from `now` on for `lifetime`.
    ///
    /// # Errors
    /// [`SignerError::Unsigned`].
    pub(crate) fn issue_to(
        &self,
        subject: &Subject,
        audience: &str,
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<Zeroizing<String>, SignerError> {
        let principal = &subject.principal;
        let oid = principal.object_id.to_string();
        let claims = Claims {
            aud: audience.to_owned(),
            iss: format!("https://sts.windows.net/{}/", principal.tenant),
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + lifetime).unix_timestamp(),
            appid: principal.client_id.to_string(),
            appidacr: subject.proof.claim().to_owned(),
            idtyp: if subject.user.is_some() { "user" } else { "app" }.to_owned(),
            upn: subject.user.clone(),
            sub: oid.clone(),
            oid,
            tid: principal.tenant.to_string(),
            uti: Uuid::new_v4().simple().to_string(),
            ver: "1.0".to_owned(),
            xms_mirid: subject.resource_id.clone(),
        };
        self.sign(&claims)
    }

    /// Claims of any kind, signed.
    ///
    /// # Errors
    /// [`SignerError::Unsigned`].
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<Zeroizing<String>, SignerError> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
            .map(Zeroizing::new)
            .map_err(|error| SignerError::Unsigned(error.to_string()))
    }

    /// The claims of `token`, if it is ours, holds at `now` and is for one of `audiences` (a trailing slash is no
    /// difference, as for Resource Manager).
    ///
    /// # Errors
    /// [`TokenError`]: the first check it fails, in the order of the enum's cases from unreadable to wrong audience.
    pub fn verify(&self, token: &str, now: OffsetDateTime, audiences: &[&str]) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are checked below on the sandbox's clock; the crate knows only the machine's.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenError::Foreign,
                _ => TokenError::Malformed,
            })?
            .claims;
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| TokenError::Malformed);
        let (not_before, expired_on) = (at(claims.nbf)?, at(claims.exp)?);
        if expired_on <= now {
            return Err(TokenError::Expired { expired_on, now });
        }
        if not_before > now + SKEW {
            return Err(TokenError::NotYetValid { not_before });
        }
        let bare = |audience: &str| audience.trim_end_matches('/').to_ascii_lowercase();
        if !audiences.iter().any(|accepted| bare(accepted) == bare(&claims.aud)) {
            return Err(TokenError::WrongAudience { audience: claims.aud });
        }
        Ok(claims)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// The resource that a scope `{resource}/.default` asks for.
pub fn audience_of(scope: &str) -> &str {
    scope.strip_suffix("/.default").unwrap_or(scope)
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
