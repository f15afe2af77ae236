//! Refusals that pass by themselves: how long each is waited out, and on what evidence. Nothing here is waited for a fixed
//! time: what was refused is tried again, until it is taken or the limit has passed.
//!
//! This is the one place that says whether something may be waited for. Some codes have several meanings; of those only
//! what the service's words, or a look (`in_progress`), show to be in progress is waited for.

use std::time::Duration;

use http::StatusCode;

use crate::azure::code::Code;
use crate::azure::egress;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::lro::Status;
use crate::azure::shortage;

/// The longest `Retry-After` that a refused write waits for.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(300);

/// Why a write is refused for now, and for how long it is worth trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For people: what is waited for.
    pub reason: &'static str,
    /// How long, in service time, from the first asking.
    pub limit: Duration,
    /// The first pause; it doubles up to [`Wait::LONGEST_PAUSE`].
    pub first_pause: Duration,
}

const fn wait(reason: &'static str, limit_s: u64, first_pause_s: u64) -> Wait {
    Wait { reason, limit: Duration::from_secs(limit_s), first_pause: Duration::from_secs(first_pause_s) }
}

impl Wait {
    /// The longest pause between two tries.
    pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(15);

    /// The pause before try `n` (1 for the first repetition).
    pub(crate) fn pause(&self, n: u32) -> Duration {
        self.first_pause.saturating_mul(1 << n.saturating_sub(1).min(8)).min(Self::LONGEST_PAUSE)
    }
}

/// The wait for a refusal, or `None` if it does not pass by itself. Limits are at least twice the longest recorded or
/// reported passing. Where each is on record: a section of azure-facts.md, or a public thread, which docs/field-notes.md
/// ("Refusals that are waited for") links.
pub fn wait_for(code: &Code) -> Option<Wait> {
    Some(match code {
        // Section 5 [R]: passed after 42 s; documented: up to 10 minutes.
        Code::PrincipalNotFound => wait("Entra does not know the new identity yet", 900, 3),
        // Section 4 [F]: a child is written before the account has succeeded; the account was recorded to take 12-21 s, once
        // 1,026 s.
        Code::AccountProvisioningStateInvalid => wait("the account is still being set up", 2100, 3),
        // Section 4 [F]: 30-300 s after a delete, and while another child of the account is written.
        Code::RequestConflict => wait("another operation on the parent is in progress", 600, 3),
        // Section 3 [F]: two writes on one identity; each is over in seconds.
        Code::ConcurrentFederatedIdentityCredentialsWrites => {
            wait("another federated credential of the identity is being written", 120, 2)
        }
        // Section 2 [R]: a PUT on a cluster in progress; an update was recorded to take up to 266 s, a create 1,508 s.
        // A later operation that took the place of one is the other side of the same: Microsoft's page
        // *error-code-operationpreempted* has it under `AKSOperationPreempted`, and has called it `OperationPreempted`.
        Code::OperationNotAllowed | Code::AksOperationPreempted | Code::OperationPreempted => {
            wait("another operation on the cluster is in progress", 3600, 5)
        }
        // Section 1 [F]: a write while the group is being deleted; that of a cluster was recorded to take up to 311 s (section 2).
        Code::ResourceGroupBeingDeleted => wait("the resource group is being deleted", 1800, 5),
        // Azure/terraform-azurerm-aks#604, microsoft/retina#1212: AKS says so with 409 where two write at once; others with 412,
        // which is HTTP's own meaning (RFC 9110, 15.5.13). The next look gives the etag of now.
        Code::EtagMismatch => wait("somebody else has changed it since the last look", 600, 1),
        // pulumi/pulumi-azure-native#4765, of tags; cloudfoundry/bosh-azure-cpi-release#762. A write of tags was recorded to
        // take 1-4 s (section 1).
        Code::ConflictingConcurrentWriteNotAllowed => wait("somebody else writes it at the same time", 120, 2),
        // Azure/azure-service-operator#4650, DNSControl/dnscontrol#4363: "Another operation is pending". None of a lab's own
        // services is on record with it, so it is waited for no longer than a child of an account, which is over in seconds.
        Code::Conflict => wait("another write is in progress", 120, 3),
        _ => return None,
    })
}

/// What has to be known before a refusal is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The code: it was never seen with another meaning.
    Code,
    /// That something is in progress: in the service's words, or by a look. The code has other meanings too.
    InProgress,
}

/// What has to be known before a refusal with this code is waited for; where the evidence is recorded.
fn evidence(code: &Code) -> Evidence {
    match code {
        // azure-facts.md section 10: under `OperationNotAllowed` a vCPU quota comes too. "In progress" is what AKS says
        // (section 2).
        Code::OperationNotAllowed => Evidence::InProgress,
        // Section 4: "Another operation is being performed on the parent resource". A name that is taken comes so too.
        Code::RequestConflict => Evidence::InProgress,
        // Azure/CanadaPubSecALZ#380, Azure/AKS#1938: an identity that exists, and any end of a template, come so too.
        Code::Conflict => Evidence::InProgress,
        // Sections 1, 3, 4 and 5, and the threads above: the code says what is going on.
        _ => Evidence::Code,
    }
}

/// Words by which services say that something is in progress: AKS "another operation (…) is in progress" (section 2), Cognitive
/// Services "Another operation is being performed on the parent resource … Please try again later" (section 4), Network "Another
/// operation is pending" (azure-service-operator#4650).
const IN_PROGRESS: [&str; 4] = ["another operation", "in progress", "being performed", "again later"];

/// What AKS puts before the state of a cluster that it refuses to start, stop or change for that state (Microsoft's page
/// *operationnotallowed*).
const IN_STATE: &str = "in provisioning state(";

/// A refusal that may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    /// What it came as.
    pub(crate) code: Code,
    /// How long to wait.
    pub(crate) wait: Wait,
    /// Whether the answer is evidence enough; else a look has to show that something is in progress.
    pub(crate) is_told: bool,
}

/// The wait for a write that ended so, if it is a refusal that may pass. Of an operation that had begun and failed only its
/// preemption is: the same codes mean other things there (Compute's `OperationNotAllowed` is a quota).
pub(crate) fn wait_after(error: &AzureError) -> Option<Passing> {
    let error = error.service()?;
    if shortage::of(error).is_some() || egress::of(error).is_some() {
        return None;
    }
    let passing = |code: Code| {
        let wait = wait_for(&code)?;
        let is_told = evidence(&code) == Evidence::Code || says_in_progress(error);
        Some(Passing { code, wait, is_told })
    };
    if error.status.is_success() {
        let is_preempted = |code: &Code| matches!(code, Code::AksOperationPreempted | Code::OperationPreempted);
        return passing(error.code.clone()).filter(|passing| is_preempted(&passing.code));
    }
    if error.status == StatusCode::PRECONDITION_FAILED {
        return Some(Passing { code: error.code.clone(), wait: wait_for(&Code::EtagMismatch)?, is_told: true });
    }
    // The outer code may be a wrapper of the cause.
    passing(error.code.clone()).or_else(|| passing(error.envelope.root_cause().code.as_deref()?.into()))
}

/// As [`wait_after`], for a request whose only evidence is its answer.
pub(crate) fn wait_as_told(error: &AzureError) -> Option<Wait> {
    wait_after(error).filter(|passing| passing.is_told).map(|passing| passing.wait)
}

/// Whether the service's words say that something is in progress.
pub(crate) fn says_in_progress(error: &ServiceError) -> bool {
    [&error.envelope, error.envelope.root_cause()].iter().any(|envelope| {
        let message = envelope.message.to_ascii_lowercase();
        let state = message.split_once(IN_STATE).and_then(|(_, rest)| rest.split(')').next());
        let is_at_work = state.is_some_and(|state| matches!(Status::read(Some(state)), Status::Running(_)));
        is_at_work || IN_PROGRESS.iter().any(|words| message.contains(words))
    })
}

/// The pause that the service asked for, up to a bound.
pub(crate) fn asked_pause(error: &AzureError) -> Duration {
    error.service().and_then(|error| error.retry_after).unwrap_or_default().min(LONGEST_ASKED_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_that_pass_are_waited_for() {
        assert!(wait_for(&Code::PrincipalNotFound).is_some());
        for code in [Code::InsufficientQuota, Code::AuthorizationFailed, Code::ScopeLocked, Code::Other("X".into())] {
            assert_eq!(wait_for(&code), None);
        }
    }

    #[test]
    fn a_state_in_which_the_service_is_at_work_is_read_from_its_words_and_one_at_rest_is_none() {
        let says = |message: &str| {
            let body = serde_json::json!({"code": "OperationNotAllowed", "message": message}).to_string();
            let (status, headers) = (StatusCode::CONFLICT, http::HeaderMap::new());
            let error =
                ServiceError::from_answer(&http::Method::POST, "/r", "", status, &headers, body.as_bytes(), None);
            says_in_progress(&error)
        };
        assert!(says(
            "managed cluster is in Provisioning State(Updating) and Power State(Running), starting cannot be performed"
        ));
        assert!(!says(
            "managed cluster is in Provisioning State(Failed) and Power State(Running), starting cannot be performed"
        ));
        assert!(!says("managed cluster is not currently running, stopping cannot be performed"));
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let wait = wait_for(&Code::RequestConflict).expect("a wait");
        assert_eq!([wait.pause(1), wait.pause(2), wait.pause(3)], [3, 6, 12].map(Duration::from_secs));
        assert_eq!(wait.pause(u32::MAX), Wait::LONGEST_PAUSE);
    }
}
