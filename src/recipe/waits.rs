//! Refusals that pass by themselves: how long each is waited out. Nothing here is waited for a fixed time: what was
//! refused is tried again, until it is taken or the limit has passed.

use std::time::Duration;

use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;

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
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(15);

    /// The pause before try `n` (1 for the first repetition).
    pub fn pause(&self, n: u32) -> Duration {
        self.first_pause.saturating_mul(1 << n.saturating_sub(1).min(8)).min(Self::LONGEST_PAUSE)
    }
}

/// The wait for a refusal, or `None` if it does not pass by itself. Limits are at least twice the longest recorded or
/// reported passing (azure-facts.md sections 1-5).
pub fn wait_for(code: &Code) -> Option<Wait> {
    Some(match code {
        // Recorded: passed after 42 s; documented: up to 10 minutes.
        Code::PrincipalNotFound => wait("Entra does not know the new identity yet", 900, 3),
        // The account was recorded to take 12-21 s, once 1,026 s.
        Code::AccountProvisioningStateInvalid => wait("the account is still being set up", 2100, 3),
        // Reported: 30-300 s after a delete.
        Code::RequestConflict => wait("another operation on the parent is in progress", 600, 3),
        Code::ConcurrentFederatedIdentityCredentialsWrites => {
            wait("another federated credential of the identity is being written", 120, 2)
        }
        // A cluster's update was recorded to take up to 266 s, a create 1,508 s.
        Code::OperationNotAllowed | Code::OperationPreempted => {
            wait("another operation on the cluster is in progress", 3600, 5)
        }
        // Deleting a group with a cluster was recorded to take up to 311 s.
        Code::ResourceGroupBeingDeleted => wait("the resource group is being deleted", 1800, 5),
        Code::Conflict => wait("another write is in progress", 120, 3),
        _ => return None,
    })
}

/// The code and the wait for a write that ended so, if it is a refusal that passes. Of an operation that had begun and failed only its preemption is: the same codes
/// mean other things there (Compute's `OperationNotAllowed` is a quota).
pub fn wait_after(error: &AzureError) -> Option<(Code, Wait)> {
    let error = error.service()?;
    let wait = |code: Code| wait_for(&code).map(|wait| (code, wait));
    if error.status.is_success() {
        return wait(error.code.clone()).filter(|(code, _)| *code == Code::OperationPreempted);
    }
    // The outer code may be a wrapper of the cause.
    wait(error.code.clone()).or_else(|| wait(error.envelope.root_cause().code.as_deref()?.into()))
}

/// The pause that the service asked for, up to a bound.
pub fn asked_pause(error: &AzureError) -> Duration {
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
    fn pauses_grow_to_a_bound() {
        let wait = wait_for(&Code::RequestConflict).expect("a wait");
        assert_eq!([wait.pause(1), wait.pause(2), wait.pause(3)], [3, 6, 12].map(Duration::from_secs));
        assert_eq!(wait.pause(u32::MAX), Wait::LONGEST_PAUSE);
    }
}
