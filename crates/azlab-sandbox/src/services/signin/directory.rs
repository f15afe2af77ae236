//! The sandbox's tenant and the applications registered in it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::signer::{Principal, SignerError};

/// The client id of the application that every sandbox has; scripts may rely on it.
pub const DEFAULT_CLIENT_ID: Uuid = Uuid::from_u128(0xa21a_b000_0000_4000_8000_0000_0000_0001);
/// The object id of its service principal.
pub const DEFAULT_OBJECT_ID: Uuid = Uuid::from_u128(0xa21a_b000_0000_4000_8000_0000_0000_0002);

/// Bytes of randomness in a client secret: beyond guessing.
const SECRET_LENGTH: usize = 24;

/// Compares by digest, so that the time taken says nothing about how much of a guess was right.
pub(crate) fn same_secret(known: &[u8], guess: &[u8]) -> bool {
    Sha256::digest(known) == Sha256::digest(guess)
}

/// A registered application with its secret.
#[derive(Clone)]
pub struct Application {
    /// Who it is.
    pub principal: Principal,
    secret: Arc<Zeroizing<String>>,
}

impl Application {
    /// An application that proves itself with `secret`.
    pub fn new(principal: Principal, secret: &str) -> Self {
        Self { principal, secret: Arc::new(Zeroizing::new(secret.to_owned())) }
    }

    /// The secret, for the owner of the sandbox to see.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether `secret` is its secret.
    pub(super) fn accepts(&self, secret: &str) -> bool {
        same_secret(self.secret.as_bytes(), secret.as_bytes())
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// One tenant.
#[derive(Clone, Debug)]
pub struct Directory {
    tenant: Uuid,
    default_application: Application,
    others: Vec<Application>,
}

impl Directory {
    /// The tenant `tenant` with the default application, whose secret is `secret`.
    pub fn new(tenant: Uuid, secret: &str) -> Self {
        let principal = Principal { tenant, client_id: DEFAULT_CLIENT_ID, object_id: DEFAULT_OBJECT_ID };
        Self { tenant, default_application: Application::new(principal, secret), others: Vec::new() }
    }

    /// Registers one more application.
    #[must_use]
    pub fn with(mut self, application: Application) -> Self {
        self.others.push(application);
        self
    }

    /// The tenant's id.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The application that every sandbox has.
    pub fn default_application(&self) -> &Application {
        &self.default_application
    }

    /// The application with the client id `client_id`.
    pub fn application(&self, client_id: Uuid) -> Option<&Application> {
        let mut all = std::iter::once(&self.default_application).chain(&self.others);
        all.find(|application| application.principal.client_id == client_id)
    }
}

/// A new client secret: 32 characters that need no quoting in a shell.
///
/// # Errors
/// [`SignerError::NoRandomness`].
pub fn generate_secret() -> Result<Zeroizing<String>, SignerError> {
    let mut bytes = Zeroizing::new([0; SECRET_LENGTH]);
    getrandom::fill(bytes.as_mut()).map_err(|error| SignerError::NoRandomness(error.to_string()))?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sandbox_creates_is_created_by_its_default_application() {
        assert_eq!(DEFAULT_OBJECT_ID.to_string(), crate::ids::SIGNED_IN_OBJECT_ID);
    }

    #[test]
    fn secrets_are_new_each_time_and_stay_out_of_debug() {
        let (first, second) = (generate_secret().unwrap(), generate_secret().unwrap());
        assert_ne!(first, second);
        assert_eq!(first.len(), 32);
        let directory = Directory::new(Uuid::nil(), &first);
        assert!(!format!("{directory:?}").contains(first.as_str()));
        assert!(directory.application(DEFAULT_CLIENT_ID).unwrap().accepts(&first));
        assert!(!directory.application(DEFAULT_CLIENT_ID).unwrap().accepts(&second));
    }
}
