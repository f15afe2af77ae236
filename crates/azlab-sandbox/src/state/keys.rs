//! The secrets of one sandbox: the key that signs its tokens and the default application's client secret. They are made
//! with the state and kept in it, readable by its owner only.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::SandboxError;
use super::store::Store;
use crate::ids::TENANT_ID;
use crate::services::signin::directory::{Directory, generate_secret};
use crate::services::signin::signer::Signer;

const SIGNING_KEY: &str = "signing_key";
const CLIENT_SECRET: &str = "client_secret";

/// The secrets of one sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) signer: Signer,
    pub(crate) directory: Directory,
}

impl Keys {
    /// What the managed-identity endpoint wants to see: derived from the signing key, so that nothing more need be kept.
    pub(crate) fn identity_header(&self) -> Zeroizing<String> {
        let mut hash = Sha256::new_with_prefix(b"azlab managed identity endpoint");
        hash.update(&*self.signer.to_bytes());
        Zeroizing::new(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    /// Reads the secrets, making them on first use; of several processes that do, one wins.
    pub(crate) fn load(connection: &mut Connection) -> Result<Self, SandboxError> {
        let failed = |error: &dyn std::fmt::Display| SandboxError::Settings(error.to_string());
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let store = Store::new(&transaction, 0);
        let signer = match store.meta(SIGNING_KEY)?.and_then(|text| STANDARD_NO_PAD.decode(text).ok()) {
            Some(bytes) => Signer::from_bytes(&Zeroizing::new(bytes)).map_err(|error| failed(&error))?,
            None => {
                let signer = Signer::generate().map_err(|error| failed(&error))?;
                let text = Zeroizing::new(STANDARD_NO_PAD.encode(signer.to_bytes()));
                store.set_meta(SIGNING_KEY, &text)?;
                signer
            }
        };
        let secret = match store.meta(CLIENT_SECRET)? {
            Some(secret) => Zeroizing::new(secret),
            None => {
                let secret = generate_secret().map_err(|error| failed(&error))?;
                store.set_meta(CLIENT_SECRET, &secret)?;
                secret
            }
        };
        transaction.commit()?;
        let tenant = TENANT_ID.parse().map_err(|error| failed(&error))?;
        Ok(Self { signer, directory: Directory::new(tenant, &secret) })
    }
}
