//! Long-running operations: what was started, the polling URL for it, and what a poll shows.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::failure::Failure;
use super::failure::Outcome;
use super::response::Answer;
use crate::ids::SUBSCRIPTION_ID;
use crate::state::operation_end::OperationEnd;
use crate::state::timestamps::{Millis, stamp};

/// What an operation does; decides the statuses that a poll shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    ClusterCreate,
    ClusterUpdate,
    ClusterDelete,
    PoolCreate,
    PoolUpdate,
    PoolDelete,
    AccountCreate,
    AccountUpdate,
    AccountPurge,
    GroupDelete,
}

impl Work {
    const ALL: [(Self, &'static str); 10] = [
        (Self::ClusterCreate, "cluster-create"),
        (Self::ClusterUpdate, "cluster-update"),
        (Self::ClusterDelete, "cluster-delete"),
        (Self::PoolCreate, "agent-pool-create"),
        (Self::PoolUpdate, "agent-pool-update"),
        (Self::PoolDelete, "agent-pool-delete"),
        (Self::AccountCreate, "account-create"),
        (Self::AccountUpdate, "account-update"),
        (Self::AccountPurge, "account-purge"),
        (Self::GroupDelete, "group-delete"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(work, _)| *work == self).map_or("", |(_, name)| name)
    }

    /// Statuses in their recorded order, each with the part of the duration at which it begins.
    fn stages(self) -> &'static [(f64, &'static str)] {
        match self {
            Self::ClusterCreate => &[
                (0.0, "InProgress"),
                (0.06, "ProvisioningNetworkResources"),
                (0.14, "ProvisioningControlPlane"),
                (0.50, "ReconcilingDNS"),
                (0.58, "CreatingAgentPools: 0/1 nodes completed"),
                (0.80, "CreatingAgentPools: 1/1 nodes completed"),
                (0.88, "ReconcilingAddons"),
            ],
            Self::ClusterUpdate => &[
                (0.0, "InProgress"),
                (0.15, "ProvisioningNetworkResources"),
                (0.30, "ProvisioningControlPlane"),
                (0.80, "ReconcilingDNS"),
            ],
            Self::PoolCreate => &[
                (0.0, "CreatingAgentPool"),
                (0.30, "CreatingAgentPool: 0/1 nodes completed"),
                (0.85, "CreatingAgentPool: 1/1 nodes completed"),
            ],
            Self::ClusterDelete | Self::PoolUpdate | Self::PoolDelete | Self::GroupDelete => &[(0.0, "InProgress")],
            Self::AccountCreate => &[(0.0, "Creating")],
            Self::AccountUpdate => &[(0.0, "Updating")],
            Self::AccountPurge => &[(0.0, "Deleting")],
        }
    }

    /// The status while it is under way.
    fn status(self, asked: Millis, done: Millis, now: Millis) -> &'static str {
        let part = (now - asked) as f64 / (done - asked).max(1) as f64;
        self.stages().iter().rev().find(|(from, _)| part >= *from).map_or("InProgress", |(_, status)| status)
    }
}

/// An operation as recorded when it was asked for.
pub(crate) struct Operation {
    pub id: String,
    pub work: Work,
    pub resource: String,
    pub location: String,
    pub asked: Millis,
    pub done: Millis,
    /// How it ends.
    pub ends: OperationEnd,
    /// `code` and `message` of its error: shown at the end of one that fails, all along of one that succeeds.
    pub error: Option<Value>,
}

impl Operation {
    /// Records it.
    pub fn save(&self, call: &Call<'_>) -> Result<(), Failure> {
        call.store
            .db()
            .prepare_cached(
                "INSERT OR REPLACE INTO operations(id, kind, resource, location, asked, done) VALUES (?1,?2,?3,?4,?5,?6)",
            )?
            .execute(params![self.id, self.work.name(), self.resource, self.location, self.asked, self.done])?;
        call.started.borrow_mut().push(self.id.clone());
        Ok(())
    }

    /// Absolute URL of a poll at `path` (after the subscription), signed as ARM signs them.
    pub fn url(&self, call: &Call<'_>, path: &str, version: &str) -> String {
        format!(
            "{}/subscriptions/{SUBSCRIPTION_ID}/{path}?api-version={version}{}",
            call.base,
            signature(&self.id, self.asked)
        )
    }

    /// The operation, unless its polling URL has expired.
    pub fn find(call: &Call<'_>, id: &str) -> Result<Option<Self>, Failure> {
        let found = call
            .store
            .db()
            .prepare_cached(
                "SELECT id, kind, resource, location, asked, done, ended, error FROM operations
                 WHERE id = ?1 AND (expires IS NULL OR expires > ?2)",
            )?
            .query_row(params![id, call.now], |row| {
                let kind: String = row.get(1)?;
                let ended: String = row.get(6)?;
                let error: Option<String> = row.get(7)?;
                Ok(Self {
                    id: row.get(0)?,
                    work: Work::ALL.iter().find(|(_, name)| *name == kind).map_or(Work::GroupDelete, |(work, _)| *work),
                    resource: row.get(2)?,
                    location: row.get(3)?,
                    asked: row.get(4)?,
                    done: row.get(5)?,
                    ends: OperationEnd::stored(&ended),
                    error: error.and_then(|error| serde_json::from_str(&error).ok()),
                })
            })
            .optional()?;
        Ok(found)
    }

    /// Its status at `now`, in the service's own words.
    fn status(&self, now: Millis) -> &'static str {
        if now >= self.done { self.ends.name() } else { self.work.status(self.asked, self.done, now) }
    }

    /// What a `Location` answers when the operation has failed: its error, with a status of its own (the status is inferred;
    /// no failed deletion is recorded).
    fn refusal(&self) -> Failure {
        let text = |name: &str| self.error.as_ref().and_then(|error| error[name].as_str()).unwrap_or_default();
        let failure = Failure::conflict(text("code"), text("message"));
        if self.work == Work::GroupDelete { failure } else { failure.flat() }
    }

    /// The error that a poll at `now` shows.
    fn error(&self, now: Millis) -> Option<&Value> {
        self.error.as_ref().filter(|_| self.ends == OperationEnd::Succeeded || now >= self.done)
    }
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

/// `…/locations/{l}/operations/{id}` of AKS: always 200, status in the body.
pub(crate) fn cluster_status(call: &Call<'_>, id: &str) -> Outcome {
    let Some(operation) = Operation::find(call, id)? else {
        return Err(Failure::not_found("NotFound", format!("The operation {id} was not found.")).flat());
    };
    check_signature(call, &operation)?;
    let mut body = json!({
        "name": operation.id,
        "status": operation.status(call.now),
        "startTime": stamp(operation.asked),
    });
    if call.now >= operation.done {
        body["endTime"] = stamp(operation.done).into();
    }
    if let Some(error) = operation.error(call.now) {
        body["error"] = flat(error);
    }
    Ok(Answer::ok(body).header("content-type", "application/json"))
}

/// An error as AKS writes it.
fn flat(error: &Value) -> Value {
    json!({"code": error["code"], "details": null, "message": error["message"], "subcode": ""})
}

/// `…/operationresults/{id}` of AKS and of group deletions: 202 until done, then an empty success.
pub(crate) fn result(call: &Call<'_>, id: &str, finished: StatusCode) -> Outcome {
    let Some(operation) = Operation::find(call, id)? else {
        return Err(Failure::not_found("NotFound", format!("The operation '{id}' was not found.")).gateway());
    };
    check_signature(call, &operation)?;
    if call.now >= operation.done && operation.ends == OperationEnd::Succeeded {
        return Ok(Answer::empty(finished));
    }
    if call.now >= operation.done {
        return Err(operation.refusal());
    }
    // AKS sends no Retry-After (azure-facts.md, "What changes the design", 2)
    if operation.work == Work::GroupDelete {
        return Ok(Answer::empty(StatusCode::ACCEPTED)
            .header("location", format!("{}{}?{}", call.base, call.raw_path, call.raw_query))
            .header("retry-after", "15"));
    }
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

/// `…/locations/{l}/operationResults/{id}` of Cognitive Services, where `l` echoes the caller's casing.
pub(crate) fn account_status(call: &Call<'_>, location: &str, id: &str) -> Outcome {
    let Some(operation) = Operation::find(call, id)? else {
        return Err(Failure::not_found("NotFound", format!("The operation result '{id}' cannot be found.")));
    };
    check_signature(call, &operation)?;
    let mut body = json!({
        "id": format!(
            "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{}",
            operation.id
        ),
        "name": operation.id,
        "status": operation.status(call.now),
        "startTime": stamp(operation.asked),
    });
    if call.now >= operation.done {
        body["endTime"] = stamp(operation.done).into();
    }
    if let Some(error) = operation.error(call.now) {
        body["error"] = error.clone();
    }
    Ok(Answer::ok(body))
}

/// Id of a group's deletion job: ARM names it after the group and its region.
pub(crate) fn group_deletion_id(name: &str, location: &str) -> String {
    let escaped = name.to_uppercase().replace('-', ":2D");
    let job = json!({
        "jobId": format!("RESOURCEGROUPDELETIONJOB-{escaped}-{}", location.to_uppercase()),
        "jobLocation": location,
    });
    URL_SAFE_NO_PAD.encode(job.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_follow_the_recorded_order_and_end_with_succeeded() {
        let create = Operation {
            id: String::new(),
            work: Work::ClusterCreate,
            resource: String::new(),
            location: String::new(),
            asked: 0,
            done: 332_000,
            ends: OperationEnd::Succeeded,
            error: None,
        };
        let seen: Vec<_> = [0, 30, 60, 170, 200, 270, 300, 332, 900].map(|s| create.status(s * 1000)).into();
        assert_eq!(seen.first(), Some(&"InProgress"));
        assert_eq!(seen.get(2), Some(&"ProvisioningControlPlane"));
        assert_eq!(seen.get(6), Some(&"ReconcilingAddons"));
        assert_eq!(seen[7..], ["Succeeded", "Succeeded"]);
    }

    #[test]
    fn polling_urls_are_as_long_as_recorded_ones_and_need_no_escaping() {
        let signed = signature("id", 0);
        assert!((2900..5000).contains(&signed.len()), "{}", signed.len());
        assert!(signed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"&=-_".contains(&byte)));
    }
}
