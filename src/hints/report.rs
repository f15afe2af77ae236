//! Errors as people and scripts see them: message, code, and what to do.

use std::fmt::Write as _;

use super::blocked;
use super::egress::of_unreached;
use super::kubernetes;
use super::shortage::of_shortage;
use super::table::{ACCEPT_TERMS, for_code};
use crate::azure::code::Code;
use crate::azure::credential::SignInError;
use crate::azure::egress;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::locks::Lock;
use crate::azure::named_codes::{named_codes, texts};
use crate::azure::policy::{self, Violation};
use crate::azure::retry;
use crate::azure::shortage;
use crate::azure::transport::TransportError;
use crate::kubernetes::Error as KubernetesError;
use crate::lab::ids::OPENAI_USER_ROLE_NAME;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::waits::says_in_progress;
use crate::values::{ErrorReport, arm_id, shell_word};

/// What to do about a right whose condition does not cover what was asked for.
const CONDITIONAL: &str = "you have the right to assign roles, and its condition does not cover this assignment: ask an owner \
                           to let the condition cover the role {role}, or to assign that role to the lab's identity";

/// What begins the service's own list of policies, which is not for people.
const POLICY_LIST: &str = " Policy identifiers: ";

/// The code of a lab on which another run is at work.
pub(crate) const BUSY: &str = "LabBusy";

/// A lab's error, as people and scripts see it.
pub fn report(error: &RecipeError) -> ErrorReport {
    let plain = |code: &str, id: &str, hint: Option<String>| ErrorReport {
        resource: Some(id.to_owned()),
        hint,
        ..ErrorReport::new(code, error.to_string())
    };
    match error {
        RecipeError::Azure { id, source, .. } => report_azure(source, Some(id)),
        RecipeError::Fixed { id, differences, .. } => {
            let names = differences.iter().map(|one| one.field).collect::<Vec<_>>().join(", ");
            let hint = format!("leave out what sets {names} to keep it as it is, or delete the resource and run the command again");
            plain("CannotChangeInPlace", id, Some(hint))
        }
        RecipeError::TooManyTags { id, .. } => plain(
            "TooManyTags",
            id,
            Some(format!("remove some of its tags (az tag list --resource-id {}), or choose another group with --resource-group NAME", shell_word(id))),
        ),
        RecipeError::NotOurs { id, hint, .. } => plain("NotOurs", id, Some(hint.clone())),
        RecipeError::Busy { id, .. } => ErrorReport { retryable: true, ..plain(BUSY, id, None) },
        RecipeError::DoesNotConverge { id, .. } => plain(
            "DoesNotConverge",
            id,
            Some("something else changes it back, such as a policy: look at its activity log (az monitor activity-log list)".into()),
        ),
        RecipeError::Locked { id, locks, refusal, .. } => ErrorReport {
            request_id: refusal.as_deref().and_then(request_id),
            ..plain(
                Code::ScopeLocked.as_str(),
                id,
                Some(format!(
                    "remove the lock, if that is your decision, and run the command again: {}",
                    Lock::removal(locks)
                )),
            )
        },
        RecipeError::Kubernetes { id, source, .. } => match &**source {
            KubernetesError::SignIn(error) => ErrorReport { resource: Some(id.clone()), ..report_sign_in(error) },
            source => kubernetes::report(source, error.to_string(), id),
        },
        RecipeError::Full { id, .. } => plain("TooManyFederatedCredentials", id, Some(more_credentials(id))),
        RecipeError::Denied { id, denial, .. } => {
            plain(Code::DenyAssignmentAuthorizationFailed.as_str(), id, Some(denial.way_out()))
        }
        RecipeError::Interrupted => ErrorReport {
            retryable: true,
            ..ErrorReport::new("Interrupted", "stopped on your request; nothing was rolled back")
                .hint("run the same command again to continue")
        },
    }
}

/// What to do about an identity that holds as many federated credentials as it takes; `id` is that of the one too many.
fn more_credentials(id: &str) -> String {
    let part = |name: &str| shell_word(arm_id::named(id, name).unwrap_or_default());
    let of_identity =
        [("--identity-name", "userAssignedIdentities"), ("-g", "resourceGroups"), ("--subscription", "subscriptions")]
            .map(|(option, name)| format!("{option} {}", part(name)))
            .join(" ");
    format!(
        "list them: az identity federated-credential list {of_identity} -o table; then delete what nobody needs: az identity \
         federated-credential delete --name NAME {of_identity}; or give the lab an identity of its own with --identity"
    )
}

fn request_id(error: &AzureError) -> Option<String> {
    match error {
        AzureError::Service(service) => service.request_id.clone(),
        _ => None,
    }
}

/// What to do about a refusal that azlab does not know: Azure's own record of it says most.
fn of_unknown(resource: &str) -> String {
    let ids = if resource.is_empty() { String::new() } else { format!(" --resource-id {}", shell_word(resource)) };
    format!(
        "azlab does not know this code, and the message is Azure's own. See what Azure recorded: az monitor activity-log \
         list{ids} --offset 1h -o table; or ask Azure's support, with the request id"
    )
}

/// Whether a policy refuses for want of a second factor. Who has it passes, and no owner of a policy has to be asked: Azure's own
/// policies for that are assigned to all tenants (Microsoft's page *Mandatory multifactor authentication*, and az's on its errors).
fn wants_second_factor(service: &ServiceError, codes: &[Code]) -> bool {
    const WORDS: [&str; 4] =
        ["mfa is required", "multi-factor authentication", "multifactor authentication", "mfaforazure"];
    let is_policy = |code: &Code| matches!(code, Code::RequestDisallowedByPolicy | Code::RequestDisallowedByAzure);
    codes.iter().any(is_policy)
        && texts(&service.envelope).iter().any(|text| {
            let text = text.to_ascii_lowercase();
            WORDS.iter().any(|word| text.contains(word))
        })
}

/// What to do about a refusal that is told apart by its words or its status alone, and that the same command cannot help.
fn of_words(service: &ServiceError) -> Option<(String, bool)> {
    let message = service.message().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if service.status == http::StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        return Some((SIGN_IN_TO_NETWORK.to_owned(), false));
    }
    if service.status == http::StatusCode::UNAUTHORIZED && says(&["not yet valid", "lifetime validation failed"]) {
        return Some((SET_CLOCK.to_owned(), false));
    }
    if says(&["the sandbox could not use its database"]) {
        return Some((SANDBOX_FULL.to_owned(), false));
    }
    if says(&["disruption budget", "debugdrainfailures"]) {
        return Some((DRAIN.to_owned(), false));
    }
    if says(&["responsible ai"]) && says(&["agree", "accept"]) {
        return Some((ACCEPT_TERMS.to_owned(), false));
    }
    let is_credential = service.resource.to_ascii_lowercase().contains("/federatedidentitycredentials/");
    if is_credential && says(&["too many", "maximum", "limit", "exceed", "more than"]) {
        return Some((more_credentials(&service.resource), false));
    }
    // AKS has no code of its own for it: `BadRequest` (azure-facts.md section 2).
    let is_about_size =
        says(&["vm size", "virtual machine size"]) && says(&["not allowed", "not supported", "not available"]);
    (is_about_size && matches!(service.code, Code::Other(_)))
        .then(|| for_code(&Code::VmSizeNotSupported, &service.resource, service.message()))
        .flatten()
}

/// When to come again, where the service throttles for longer than its usual window of five minutes, or is itself in trouble for
/// as long.
fn later_than_usual(service: &ServiceError) -> Option<String> {
    let minutes = service.retry_after?.as_secs().div_ceil(60);
    let what = if service.status == http::StatusCode::TOO_MANY_REQUESTS {
        "Azure throttles this subscription, and takes no more"
    } else {
        "Azure has a temporary failure, and asks not to come again"
    };
    match minutes {
        0..=5 => None,
        6..=1440 => Some(format!("{what} before {minutes} minutes: run the command again then")),
        // No service of Azure's asks for a pause of days.
        _ => Some(
            "the answer asks for a pause of more than a day, which is not Azure's way: look at --arm-endpoint \
             (AZLAB_ARM_ENDPOINT) and your proxy"
                .to_owned(),
        ),
    }
}

const SIGN_IN_TO_NETWORK: &str = "the network wants you to sign in to it first: open any page in a browser, sign in there, and run the command again";
const SANDBOX_FULL: &str = "the sandbox keeps its state on this machine and could not write it: see that the disk of its folder is not full and that you may write there, then run the command again; or name another folder with --sandbox-dir";
const DRAIN: &str = "Pods keep a node from being emptied, mostly by a PodDisruptionBudget, and the same command comes to the same end: look at kubectl get pdb -A, loosen or delete the one that the message names, and run the command again";
const SIGN_IN_AGAIN: &str = "Azure does not take this sign-in; sign in again: az login; if the error comes again, look whether --tenant, --subscription and --cloud belong together";
const IN_PROGRESS: &str = "the message says that something is in progress: run the command again when it is over";
const SECOND_FACTOR: &str = "Azure takes writes of people only with a second factor (MFA), which this sign-in does not have: az logout, then az login in a browser, with the second factor, and run the command again; az older than 2.76 may not ask for it: az upgrade; for a program, sign in as an app or a managed identity: https://aka.ms/mfaforazure";
const SET_CLOCK: &str = "the token's time is not Azure's: set this machine's clock, then sign in again: az login";

/// The policies that refused, a line each, and what to do about them.
fn refused_by(policies: &[Violation]) -> Option<(String, String)> {
    if policies.is_empty() {
        return None;
    }
    let line = |one: &Violation| {
        format!("\n  the policy '{}', assigned as '{}': {}", one.definition, one.assignment, one.assignment_id)
    };
    let remove = |one: &Violation| {
        let (name, scope) = one.name_and_scope()?;
        Some(format!("az policy assignment delete --name {} --scope {}", shell_word(name), shell_word(scope)))
    };
    let commands: Vec<String> = policies.iter().filter_map(remove).collect();
    let hint = format!(
        "do what the policy allows, ask its owner for an exemption, or remove its assignment if that is your decision: {}",
        commands.join(" && ")
    );
    Some((policies.iter().map(line).collect(), hint))
}

/// An error of Azure about `resource`, as people and scripts see it.
pub fn report_azure(error: &AzureError, resource: Option<&str>) -> ErrorReport {
    let resource = resource.filter(|id| !id.is_empty()).map(str::to_owned);
    let about = |code: &str, hint: &str, retryable: bool| ErrorReport {
        resource: resource.clone(),
        retryable,
        ..ErrorReport::new(code, error.to_string()).hint(hint)
    };
    match error {
        AzureError::Service(service) => {
            let resource = resource.clone().unwrap_or_else(|| service.resource.clone());
            let cause = service.envelope.root_cause();
            let codes = named_codes(service);
            let unreached = egress::of(service).map(|found| (of_unreached(found, &resource), false));
            let shortage = shortage::of(service);
            let is_short = shortage.is_some();
            let is_throttled = !is_short && service.status == http::StatusCode::TOO_MANY_REQUESTS;
            let passing = is_throttled || (!is_short && retry::is_passing_failure(service.status));
            let found = unreached.or_else(|| of_shortage(shortage, &resource)).or_else(|| {
                // Compute's throttle comes as `OperationNotAllowed`.
                let codes: &[Code] = if is_throttled { &[Code::Throttled] } else { &codes };
                of_words(service).or_else(|| codes.iter().find_map(|code| for_code(code, &resource, service.message())))
            });
            // Under whatever code: of several resources each has a cause of its own.
            let has_several = service.envelope.details.len() > 1;
            let is_blocked = service.code == Code::ResourceGroupDeletionBlocked
                || (service.method == http::Method::DELETE && has_several);
            let (hint, mut retryable) = match found {
                _ if is_blocked => (Some(blocked::hint(&service.envelope, &resource)), false),
                Some((hint, retryable)) => (Some(hint), retryable),
                None if passing => (Some("Azure has a temporary failure: run the same command again".into()), true),
                None if service.ended_operation => (
                    Some("Azure started this and could not finish it: run the same command again, which continues from what exists".into()),
                    true,
                ),
                None if matches!(&service.code, Code::Other(code) if code.starts_with("HttpStatus")) => (
                    Some("this is not Azure Resource Manager's answer: look at --arm-endpoint (AZLAB_ARM_ENDPOINT) and your proxy".into()),
                    false,
                ),
                None if service.status == http::StatusCode::UNAUTHORIZED => (Some(SIGN_IN_AGAIN.to_owned()), false),
                None if says_in_progress(service) => (Some(IN_PROGRESS.to_owned()), true),
                None => (Some(of_unknown(&resource)), false),
            };
            // Azure's own policies have no owner to ask, and an assignment that nobody else can remove.
            let is_azures_own = codes.contains(&Code::RequestDisallowedByAzure);
            let policies = if is_azures_own { Vec::new() } else { policy::violations(&service.envelope) };
            let mut message = service.message().to_owned();
            let mut hint = later_than_usual(service).filter(|_| passing).or(hint);
            if service.is_conditional() {
                hint = Some(CONDITIONAL.replace("{role}", OPENAI_USER_ROLE_NAME));
            }
            if let Some(challenge) = &service.challenge {
                // Whatever the body calls it: who answers the challenge is let in.
                hint = Some(challenge.answer());
            } else if wants_second_factor(service, &codes) {
                message.truncate(message.find(POLICY_LIST).unwrap_or(message.len()));
                (hint, retryable) = (Some(SECOND_FACTOR.to_owned()), false);
            } else if let Some((who, what_to_do)) = refused_by(&policies) {
                message.truncate(message.find(POLICY_LIST).unwrap_or(message.len()));
                message.push_str(&who);
                (hint, retryable) = (Some(what_to_do), false);
            } else if has_several || (is_blocked && !service.envelope.details.is_empty()) {
                message.push_str(&blocked::lines(&service.envelope));
            } else if !cause.message.is_empty() && cause.message != service.envelope.message {
                // Writing to a String cannot fail.
                let _ = write!(message, " Cause: {}", cause.message);
            }
            ErrorReport {
                code: service.code.to_string(),
                message,
                resource: Some(resource),
                request_id: service.request_id.clone(),
                hint,
                retryable: retryable || passing,
            }
        }
        AzureError::Transport { source: TransportError::Barred(obstacle), .. } => {
            about("CannotConnect", &obstacle.way_out, obstacle.may_pass)
        }
        AzureError::Transport { .. } => {
            about("NoAnswer", "look at your network, proxy and VPN, then run the same command again", true)
        }
        AzureError::Answer { .. } => about(
            "UnreadableAnswer",
            "look at --arm-endpoint (AZLAB_ARM_ENDPOINT) and your proxy, then run the same command again; if the error stays, run it with --log-file azlab.log and report it with that file",
            true,
        ),
        AzureError::SignIn(error) => report_sign_in(error),
        AzureError::TimedOut { .. } => {
            about("TimedOut", "Azure may still be working: run the same command again to continue waiting", true)
        }
        AzureError::Interrupted => about("Interrupted", "run the same command again to continue", true),
    }
}

/// A failed sign-in, as people and scripts see it.
pub fn report_sign_in(error: &SignInError) -> ErrorReport {
    let mut message = error.message.clone();
    for attempt in &error.tried {
        // Writing to a String cannot fail.
        let _ = write!(message, "\n  {}: {}", attempt.credential, attempt.reason);
    }
    ErrorReport {
        hint: Some(error.hint.clone()).filter(|hint| !hint.is_empty()),
        retryable: error.may_pass,
        ..ErrorReport::new(error.failure.code(), message)
    }
}
