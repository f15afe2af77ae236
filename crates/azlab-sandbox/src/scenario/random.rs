//! Chance that is the same in every process.

use sha2::{Digest, Sha256};

/// A number from 0 to 1 that follows from what it is drawn for, whichever process asks.
pub(crate) fn random(what: &str) -> f64 {
    let digest = Sha256::digest(what.as_bytes());
    let bits = digest.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    f64::from(bits) / f64::from(u32::MAX)
}
