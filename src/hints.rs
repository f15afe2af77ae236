//! What to do about an error: data, matched on typed codes, and the one place that turns errors into what scripts and
//! people see.

use std::fmt::Write as _;

use crate::azure::code::Code;
use crate::azure::credential::SignInError;
use crate::azure::error::{Error as AzureError, TransportError};
use crate::azure::policy::{self, Violation};
use crate::outcome::{ErrorReport, Exit};
use crate::recipe::error::Error as RecipeError;

/// What to do about a code of the service, with a command that works, and whether the same command can help later.
///
/// Placeholders: `{resource}` is the ARM id or name, `{group}` the resource group in it, `{provider}` the resource
/// provider that the message names.
struct Hint {
    code: Code,
    text: &'static str,
    retryable: bool,
}

const fn hint(code: Code, text: &'static str) -> Hint {
    Hint { code, text, retryable: false }
}

const fn later(code: Code, text: &'static str) -> Hint {
    Hint { code, text, retryable: true }
}

/// The table. Source of the codes: azure-facts.md.
const HINTS: &[Hint] = &[
    hint(
        Code::AuthorizationFailed,
        "ask for Contributor and Role Based Access Control Administrator (or Owner) on the subscription; see who you are: az ad signed-in-user show",
    ),
    hint(Code::LinkedAuthorizationFailed, "ask for the same role on the resource that the message names"),
    hint(
        Code::SubscriptionNotFound,
        "list the subscriptions that you can see: az account list -o table; then name one with --subscription ID",
    ),
    hint(
        Code::ReadOnlyDisabledSubscription,
        "the subscription is disabled: enable it in the portal, or name another with --subscription ID",
    ),
    hint(
        Code::InvalidAuthenticationTokenTenant,
        "sign in to the subscription's tenant: az login --tenant TENANT, or name it with --tenant",
    ),
    later(Code::ExpiredAuthenticationToken, "sign in again: az login"),
    hint(Code::AuthenticationFailed, "sign in again: az login"),
    hint(Code::InvalidAuthenticationToken, "sign in again: az login"),
    hint(
        Code::LocationNotAvailableForResourceGroup,
        "list the locations: az account list-locations -o table; then name one with --location",
    ),
    hint(
        Code::LocationNotAvailableForResourceType,
        "choose another location with --location; the message lists those that offer it",
    ),
    hint(
        Code::InvalidResourceGroupLocation,
        "leave out --location to use the group's own, or choose another group with --resource-group",
    ),
    hint(
        Code::InvalidResourceLocation,
        "leave out --location to use the resource's own, or choose another group with --resource-group",
    ),
    hint(
        Code::InsufficientQuota,
        "lower --capacity, choose another model (--model auto) or location (--location), or ask for more: https://aka.ms/oai/quotaincrease",
    ),
    hint(Code::ServiceModelDeprecated, "take a model that can still be deployed: --model auto"),
    hint(Code::DeploymentModelNotSupported, "take a model that can be deployed here: --model auto"),
    hint(
        Code::InvalidResourceProperties,
        "take another sku (--model-sku GlobalStandard) or a model that can be deployed here: --model auto",
    ),
    hint(
        Code::SpecialFeatureOrQuotaIdRequired,
        "this subscription may not create OpenAI accounts: use another with --subscription ID",
    ),
    hint(
        Code::InsufficientVcpuQuota,
        "use fewer or smaller nodes (--node-count, --node-vm-size), another location, or ask for more vCPU quota: az vm list-usage -l LOCATION -o table",
    ),
    hint(
        Code::K8sVersionNotSupported,
        "leave out --kubernetes-version, or list what is offered: az aks get-versions -l LOCATION -o table",
    ),
    hint(
        Code::ManagedClusterCountExceedsQuotaLimit,
        "delete clusters that are not needed, or choose another location with --location",
    ),
    hint(
        Code::MissingSubscriptionRegistration,
        "register the resource provider and run the command again: az provider register --namespace {provider} --wait",
    ),
    hint(
        Code::FlagMustBeSetForRestore,
        "a soft-deleted account holds the name: run again with --soft-deleted purge (gone for good) or --soft-deleted restore",
    ),
    hint(
        Code::CustomDomainInUse,
        "the subdomain is taken, maybe by a soft-deleted account (az cognitiveservices account list-deleted): choose another name with --account",
    ),
    hint(
        Code::ScopeLocked,
        "remove the lock that the message names (az lock list -g {group} -o table), then run the command again",
    ),
    hint(
        Code::RequestDisallowedByPolicy,
        "an Azure Policy refuses this: the message names it; ask its owner for an exemption or choose what it allows",
    ),
    hint(Code::CannotDeleteResource, "delete first what the message names, then run the command again"),
    hint(
        Code::RoleAssignmentExists,
        "an assignment that you may not see gives the same: list all of the account's (az role assignment list --scope ACCOUNT_ID -o table) or ask its owner",
    ),
    hint(
        Code::RoleAssignmentUpdateNotPermitted,
        "delete the old assignment (az role assignment delete --ids {resource}), then run the command again",
    ),
    later(Code::PrincipalNotFound, "Entra does not know the new identity yet: run the command again in a few minutes"),
    later(
        Code::OperationNotAllowed,
        "another operation on the cluster is in progress: run the command again when it is over",
    ),
    later(
        Code::RequestConflict,
        "another operation on the account is in progress: run the command again in a few minutes",
    ),
    later(
        Code::AccountProvisioningStateInvalid,
        "the account is not ready yet: run the command again in a few minutes",
    ),
    later(
        Code::ConcurrentFederatedIdentityCredentialsWrites,
        "another federated credential of the identity is being written: run the command again in a few minutes",
    ),
    later(Code::Conflict, "another write to it is in progress: run the command again in a few minutes"),
    later(Code::OperationPreempted, "another operation took its place: run the command again when it is over"),
    later(Code::ResourceGroupBeingDeleted, "the group is being deleted: run the command again when it has gone"),
    later(
        Code::SubscriptionRequestsThrottled,
        "Azure throttles this subscription: run the command again in five minutes",
    ),
    later(Code::Throttled, "Azure throttles this subscription: run the command again in five minutes"),
];

/// The hint for a code, if there is one, and whether the same command can help later.
pub fn for_code(code: &Code, resource: &str, message: &str) -> Option<(String, bool)> {
    let hint = HINTS.iter().find(|hint| hint.code == *code)?;
    let mut parts = resource.split('/').skip_while(|part| !part.eq_ignore_ascii_case("resourceGroups")).skip(1);
    let provider = message
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .find(|word| word.starts_with("Microsoft.") && word.len() > "Microsoft.".len())
        .map_or("NAMESPACE", |word| word.trim_end_matches('.'));
    let text = hint
        .text
        .replace("{resource}", resource)
        .replace("{group}", parts.next().unwrap_or("GROUP"))
        .replace("{provider}", provider);
    Some((text, hint.retryable))
}

/// Which exit code a lab's error means.
pub fn exit_of(error: &RecipeError) -> Exit {
    match error {
        RecipeError::NotOurs { .. } => Exit::NotOurs,
        RecipeError::Interrupted => Exit::Interrupted,
        RecipeError::Azure { source, .. } => exit_of_azure(source),
        RecipeError::Fixed { .. } | RecipeError::DoesNotConverge { .. } | RecipeError::Locked { .. } => Exit::LabFailed,
    }
}

/// Which exit code an error of Azure means.
pub fn exit_of_azure(error: &AzureError) -> Exit {
    match error {
        AzureError::SignIn(_) => Exit::NotSignedIn,
        AzureError::Interrupted => Exit::Interrupted,
        AzureError::TimedOut { .. } => Exit::TimedOut,
        AzureError::Service(error) if error.status == http::StatusCode::UNAUTHORIZED => Exit::NotSignedIn,
        AzureError::Service(_) if error.is_absent() => Exit::NotFound,
        _ => Exit::LabFailed,
    }
}

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
        RecipeError::NotOurs { id, hint, .. } => plain("NotOurs", id, Some(hint.clone())),
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
                    "remove what locks it, if that is yours to do, and run the command again: az lock delete --ids {}",
                    locks.iter().map(|lock| shell_word(&lock.id)).collect::<Vec<_>>().join(" ")
                )),
            )
        },
        RecipeError::Interrupted => ErrorReport {
            retryable: true,
            ..ErrorReport::new("Interrupted", "stopped on your request; nothing was rolled back")
                .hint("run the same command again to continue")
        },
    }
}

/// A word for a shell; what no shell could take is shown as it is.
fn shell_word(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

fn request_id(error: &AzureError) -> Option<String> {
    match error {
        AzureError::Service(service) => service.request_id.clone(),
        _ => None,
    }
}

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
        "do what the policy allows, ask its owner for an exemption, or remove its assignment if that is yours to do: {}",
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
            let codes = [cause.code.as_deref().map(Code::from), Some(service.code.clone())];
            let found = codes.iter().flatten().find_map(|code| for_code(code, &resource, service.message()));
            let passing = service.status.is_server_error() || service.status == http::StatusCode::TOO_MANY_REQUESTS;
            let (hint, retryable) = match found {
                Some((hint, retryable)) => (Some(hint), retryable),
                None if passing => (Some("Azure is out of order for now: run the same command again".into()), true),
                None if service.ended_operation => (
                    Some("Azure began this and could not finish it: run the same command again, it goes on from what is there".into()),
                    true,
                ),
                None if matches!(&service.code, Code::Other(code) if code.starts_with("HttpStatus")) => (
                    Some("this is not Azure Resource Manager's answer: look at --arm-endpoint (AZLAB_ARM_ENDPOINT) and your proxy".into()),
                    false,
                ),
                None => (None, false),
            };
            let mut message = service.message().to_owned();
            let mut hint = hint;
            if let Some(challenge) = &service.challenge {
                // Whatever the body calls it: who answers the challenge is let in.
                hint = Some(challenge.answer());
            } else if let Some((who, what_to_do)) = refused_by(&policy::violations(&service.envelope)) {
                // The service's own list of them is not for people.
                message.truncate(message.find(" Policy identifiers: ").unwrap_or(message.len()));
                message.push_str(&who);
                hint = Some(what_to_do);
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
            about("CannotConnect", &obstacle.way_out, false)
        }
        AzureError::Transport { .. } => {
            about("NoAnswer", "look at your network, proxy and VPN, then run the same command again", true)
        }
        AzureError::Answer { .. } => about(
            "UnreadableAnswer",
            "look at --arm-endpoint (AZLAB_ARM_ENDPOINT) and your proxy, then run the same command again; if it stays, run it with --log-file azlab.log and report it with that file",
            true,
        ),
        AzureError::SignIn(error) => report_sign_in(error),
        AzureError::TimedOut { .. } => {
            about("TimedOut", "Azure may still be at work: run the same command again to go on waiting", true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hint_names_something_to_do_and_fills_its_placeholders() {
        let id = "/subscriptions/s/resourceGroups/myGroup/providers/Microsoft.X/y/z";
        for hint in HINTS {
            let (text, _) = for_code(&hint.code, id, "register for Microsoft.ContainerService.").expect("a hint");
            assert!(!text.contains('{'), "{text}");
            assert!(text.len() > 20, "{text}");
        }
        let (text, _) = for_code(&Code::ScopeLocked, id, "").expect("a hint");
        assert!(text.contains("az lock list -g myGroup"), "{text}");
        let message = "The subscription is not registered to use namespace 'Microsoft.ContainerService'.";
        let (text, _) = for_code(&Code::MissingSubscriptionRegistration, id, message).expect("a hint");
        assert!(text.contains("--namespace Microsoft.ContainerService --wait"), "{text}");
    }

    #[test]
    fn codes_are_hinted_once() {
        for (index, hint) in HINTS.iter().enumerate() {
            assert!(!HINTS[..index].iter().any(|other| other.code == hint.code), "{}", hint.code);
        }
    }
}
