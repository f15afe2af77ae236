//! Long-running operations as a client polls them: the signed URL, and what every provider's polls have in common.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::failure::Failure;
use crate::state::operations::{Operation, Work};
use crate::state::timestamps::{Millis, stamp};

/// Records an operation that the request has begun.
pub(crate) fn begin(call: &Call<'_>, operation: &Operation) -> Result<(), Failure> {
    operation.save(&call.store)?;
    call.started.borrow_mut().push(operation.clone());
    Ok(())
}

/// Absolute URL of a poll at `path` (after the subscription), signed as ARM signs them.
pub(crate) fn url(call: &Call<'_>, operation: &Operation, path: &str, version: &str) -> String {
    let signature = signature(&operation.id, operation.asked);
    format!("{}/subscriptions/{}/{path}?api-version={version}{signature}", call.base, call.subscription())
}

/// The operation of one of `works` that a poll asks about, if there is one; its URL must be as it was given.
pub(crate) fn polled(call: &Call<'_>, id: &str, works: &[&'static Work]) -> Result<Option<Operation>, Failure> {
    let found = Operation::find(&call.store, call.now, id, works)?;
    if let Some(operation) = &found {
        check_signature(call, operation)?;
    }
    Ok(found)
}

/// The members that the body of every poll has.
pub(crate) fn status(operation: &Operation, now: Millis) -> Value {
    let mut body = json!({
        "name": operation.id,
        "status": operation.status(now),
        "startTime": stamp(operation.asked),
    });
    if now >= operation.done {
        body["endTime"] = stamp(operation.done).into();
    }
    body
}

/// What a `Location` answers when the operation has failed: its error, with a status of its own (the status is inferred; no
/// failed deletion is recorded).
pub(crate) fn refusal(operation: &Operation) -> Failure {
    let text = |name: &str| operation.error.as_ref().and_then(|error| error[name].as_str()).unwrap_or_default();
    Failure::conflict(text("code"), text("message"))
}

/// The same in every URL.
static CERTIFICATE: LazyLock<String> = LazyLock::new(|| stretch("certificate", 1900));

/// `bytes` bytes that follow from `seed`, as text.
fn stretch(seed: &str, bytes: usize) -> String {
    let mut out = Vec::with_capacity(bytes + 32);
    let mut block = Sha256::digest(seed.as_bytes());
    while out.len() < bytes {
        out.extend_from_slice(&block);
        block = Sha256::digest(block);
    }
    out.truncate(bytes);
    URL_SAFE_NO_PAD.encode(out)
}

/// .NET ticks (100 ns) in a millisecond.
const TICKS: i64 = 10_000;
/// .NET ticks from the year 1 to 1970.
const EPOCH_TICKS: i64 = 621_355_968_000_000_000;

/// `&t=…&c=…&s=…&h=…`: as long as ARM's (3-5 KB), and of no meaning to a client.
fn signature(id: &str, asked: Millis) -> String {
    let ticks = EPOCH_TICKS.saturating_add(asked.saturating_mul(TICKS));
    format!(
        "&t={ticks}&c=MIIH{}&s={}&h={}",
        // 1,900 bytes of certificate, a 2,048-bit signature, a SHA-256: the sizes recorded
        *CERTIFICATE,
        stretch(&format!("{id}/{asked}"), 256),
        stretch(id, 32)
    )
}

/// Refuses a signed polling URL that was altered on its way. Each URL is judged by the moment in it: an operation of the same
/// id that was begun again (a group's deletion after one that failed) leaves the first one's URLs valid.
fn check_signature(call: &Call<'_>, operation: &Operation) -> Result<(), Failure> {
    let signed = call.raw_query.contains("&h=") || call.raw_query.contains("&s=");
    let ticks = call.query("t").and_then(|ticks| ticks.parse::<i64>().ok());
    let asked = ticks.map_or(operation.asked, |ticks| ticks.saturating_sub(EPOCH_TICKS) / TICKS);
    if signed && !call.raw_query.contains(&signature(&operation.id, asked)) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "AuthorizationFailed",
            "The signature of the operation's URL does not fit. Use the URL exactly as it was given.",
        )
        .gateway());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_urls_are_as_long_as_recorded_ones_and_need_no_escaping() {
        let signed = signature("id", 0);
        assert!((2900..5000).contains(&signed.len()), "{}", signed.len());
        assert!(signed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"&=-_".contains(&byte)));
    }
}
