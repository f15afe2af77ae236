//! The keys of a cluster's issuer as its API server has them: one that signs, and those that are taken.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Issuer;
use super::key::{IssuerKey, KeyError};
use crate::sandbox::Sandbox;
use crate::state::issuer_keys;
use crate::state::store::Store;
use crate::state::timestamps::Millis;
use crate::state::transaction;

/// What kube-apiserver takes of an issuer's keys.
pub(crate) struct SigningKeys {
    /// The key that signs, PKCS #8 in PEM.
    pub private: Zeroizing<String>,
    /// The public keys of all tokens that are taken, in PEM: that one's, and after a rotation the one's before it.
    pub public: String,
    /// Which keys they are.
    pub marks: KeyMarks,
}

impl SigningKeys {
    /// The issuer's keys now; the one that signs is made if there is none.
    pub fn find_or_make(sandbox: &Sandbox, issuer: &Issuer) -> Result<Self, KeyError> {
        // Made here, nobody waits for it.
        IssuerKey::find_or_make(sandbox, issuer)?;
        let unusable = || KeyError::Unusable(issuer.url.clone());
        transaction::write(sandbox, |visit| {
            let current = IssuerKey::find_or_make_within(&visit.store, issuer)?;
            let before = IssuerKey::find_before(&visit.store, issuer, visit.now)?;
            let public: Option<String> =
                [Some(&current), before.as_ref()].into_iter().flatten().map(IssuerKey::to_public_pem).collect();
            Ok(Self {
                private: current.to_pem().ok_or_else(unusable)?,
                public: public.ok_or_else(unusable)?,
                marks: KeyMarks::of(&visit.store, issuer, visit.now)?,
            })
        })
    }
}

/// Tells keys of an issuer apart from others of it, and says nothing of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyMarks {
    current: Option<[u8; 32]>,
    before: Option<[u8; 32]>,
}

impl KeyMarks {
    /// Those of the keys that the issuer has at `now`.
    pub fn of(store: &Store<'_>, issuer: &Issuer, now: Millis) -> rusqlite::Result<Self> {
        let mark = |kept: Zeroizing<String>| Sha256::digest(kept.as_bytes()).into();
        Ok(Self {
            current: issuer_keys::current(store, &issuer.url)?.map(mark),
            before: issuer_keys::before(store, &issuer.url, now)?.map(mark),
        })
    }
}
