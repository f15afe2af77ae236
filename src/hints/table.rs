//! What to do about the service's error codes: a table of data, matched on typed codes.

use crate::azure::code::Code;
use crate::values::arm_id::group_in;

/// What to do about a code of the service, with a command that works, and whether the same command can help later.
///
/// Placeholders: `{resource}` is the ARM id or name; `{provider}` the resource provider and `{tenant}` the tenant that the
/// message names (else the resource's provider); `{subscription}` the option of az for the resource's; `{where}` the option of az for the group of which the message says that it is locked.
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

/// Why the same command cannot help where the region has no room.
pub(super) const ACCEPT_TERMS: &str = "somebody has to agree to Microsoft's Responsible AI terms for this subscription first: create one OpenAI account in the portal (https://portal.azure.com), agree there, and run the command again";
const REGION_FULL: &str = "the region has no capacity now, and the same command comes to the same end: choose another with --location, or another VM size with --node-vm-size";

/// What to do about a subscription that takes no writes.
const DISABLED: &str = "the subscription is disabled: enable it in the portal, or name another with --subscription ID";

/// What to do about a resource provider that the subscription has not registered.
const UNREGISTERED: &str = "register the resource provider and run the command again: az provider register --namespace {provider} --wait{subscription}";

/// The table. Source of the codes: azure-facts.md.
const HINTS: &[Hint] = &[
    hint(
        Code::AuthorizationFailed,
        "ask for Contributor and Role Based Access Control Administrator (or Owner) on the subscription; see who you are: az ad signed-in-user show; a role that you have only just been given or activated (Privileged Identity Management) counts after az logout and az login",
    ),
    hint(
        Code::DenyAssignmentAuthorizationFailed,
        "a deny assignment takes away what your role allows, and no role helps against it: the message names it; ask who owns that scope (a managed application, a deployment stack or a blueprint makes them), or name another subscription with --subscription ID",
    ),
    hint(Code::LinkedAuthorizationFailed, "ask for the same role on the resource that the message names"),
    hint(
        Code::SubscriptionNotFound,
        "list the subscriptions that you can see: az account list -o table; then name one with --subscription ID",
    ),
    hint(
        Code::InvalidSubscriptionId,
        "list the subscriptions that you can see: az account list -o table; then name one with --subscription ID",
    ),
    hint(Code::ReadOnlyDisabledSubscription, DISABLED),
    hint(Code::DisabledSubscription, DISABLED),
    hint(
        Code::InvalidAuthenticationTokenTenant,
        "sign in to the subscription's tenant: az login --tenant {tenant}, or name it with --tenant {tenant}",
    ),
    later(
        Code::ExpiredAuthenticationToken,
        "sign in again: az login; if the error comes again at once, set this machine's clock",
    ),
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
        Code::InvalidResourceGroup,
        "choose a name of letters, digits, '-', '.', '(', ')' and '_' that does not end with a period: --resource-group",
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
    hint(Code::ServiceModelDeprecating, "take a model that can still be deployed: --model auto"),
    hint(Code::ResourceKindRequireAcceptTerms, ACCEPT_TERMS),
    hint(Code::DeploymentModelNotSupported, "take a model that can be deployed here: --model auto"),
    hint(
        Code::InvalidResourceProperties,
        "take another sku (--model-sku GlobalStandard) or a model that can be deployed here: --model auto",
    ),
    hint(
        Code::SubscriptionHeldBack,
        "Azure holds this subscription back, whatever is deployed: ask Azure support to review it, with the request id, or use another with --subscription ID",
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
        Code::QuotaExceeded,
        "a quota of the region is too small: use fewer or smaller nodes (--node-count, --node-vm-size), another location, or ask for more: az vm list-usage -l LOCATION -o table",
    ),
    hint(
        Code::VmSizeNotSupported,
        "choose another VM size with --node-vm-size or another location with --location: az vm list-skus -l LOCATION --resource-type virtualMachines -o table",
    ),
    hint(Code::AksCapacityHeavyUsage, REGION_FULL),
    hint(Code::SkuNotAvailable, REGION_FULL),
    hint(Code::AllocationFailed, REGION_FULL),
    hint(Code::ZonalAllocationFailed, REGION_FULL),
    hint(Code::OverconstrainedAllocationRequest, REGION_FULL),
    hint(Code::OverconstrainedZonalAllocationRequest, REGION_FULL),
    hint(
        Code::K8sVersionNotSupported,
        "leave out --kubernetes-version, or list what is offered: az aks get-versions -l LOCATION -o table",
    ),
    hint(
        Code::ManagedClusterCountExceedsQuotaLimit,
        "delete clusters that are not needed, or choose another location with --location",
    ),
    hint(
        Code::PublicIpCountLimitReached,
        "delete public IP addresses that are not needed (az network public-ip list -o table), choose another location with --location, or ask for more: https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal",
    ),
    hint(
        Code::ResourceGroupQuotaExceeded,
        "delete groups that are not needed (az group list -o table), or name another subscription with --subscription ID: a lab has two groups, and the limit of 980 cannot be raised",
    ),
    hint(Code::MissingSubscriptionRegistration, UNREGISTERED),
    hint(Code::SubscriptionNotRegistered, UNREGISTERED),
    hint(
        Code::NoRegisteredProviderFound,
        "the location does not offer this, or the resource provider is not registered there: choose another location with --location, or register it again: az provider register --namespace {provider} --wait{subscription}",
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
        "remove the lock that the message names (az lock list{where} -o table), then run the command again",
    ),
    hint(
        Code::RequestDisallowedByPolicy,
        "an Azure Policy refuses this: the message names it; ask its owner for an exemption or choose what it allows",
    ),
    hint(
        Code::RequestDisallowedByAzure,
        "Azure keeps this region closed to the subscription, which is common with student and free offers: choose another with --location (with another --resource-group if the group exists already), or ask Azure support to open it",
    ),
    hint(
        Code::CannotDeleteResource,
        "first delete what the message names, or what keeps it, in the portal or with az resource delete --ids ID; then run the command again",
    ),
    hint(
        Code::RoleAssignmentExists,
        "an assignment that you may not see already gives this role: list all of the account's (az role assignment list --scope ACCOUNT_ID -o table) or ask its owner",
    ),
    hint(
        Code::RoleAssignmentLimitExceeded,
        "the subscription has as many role assignments as it may have (4,000): remove some that are not needed, those of principals that are gone first (az role assignment list --all -o table), or name another subscription with --subscription ID",
    ),
    hint(
        Code::RoleAssignmentUpdateNotPermitted,
        "delete the old assignment (az role assignment delete --ids {resource}), then run the command again",
    ),
    later(Code::PrincipalNotFound, "Entra does not know the new identity yet: run the command again in a few minutes"),
    later(
        Code::OperationNotAllowed,
        "where another operation is in progress, run the command again when it is over; else the message says what is not allowed",
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
    later(
        Code::Conflict,
        "where another write is in progress, run the command again in a few minutes; else the message says what is in the way",
    ),
    later(Code::OperationPreempted, "another operation took its place: run the command again when it is over"),
    later(Code::AksOperationPreempted, "another operation took its place: run the command again when it is over"),
    later(
        Code::AksOperationPreemptedByDelete,
        "somebody deletes the cluster: if that was not meant, ask who did; to create it again, run the command again when it is gone",
    ),
    later(Code::EtagMismatch, "somebody else changes it at the same time: run the command again when they are done"),
    later(
        Code::ConflictingConcurrentWriteNotAllowed,
        "somebody else writes it at the same time: run the command again when they are done",
    ),
    later(Code::ResourceGroupBeingDeleted, "the group is being deleted: run the command again when it is gone"),
    later(
        Code::SubscriptionRequestsThrottled,
        "Azure throttles this subscription: run the command again in five minutes",
    ),
    later(Code::Throttled, "Azure throttles this subscription: run the command again in five minutes"),
];

/// The hint for a code, if there is one, and whether the same command can help later.
pub fn for_code(code: &Code, resource: &str, message: &str) -> Option<(String, bool)> {
    let code = family(code);
    let hint = HINTS.iter().find(|hint| hint.code == code)?;
    let provider = message
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .find(|word| word.starts_with("Microsoft.") && word.len() > "Microsoft.".len())
        .or_else(|| resource.rsplit("/providers/").next()?.split('/').next())
        .filter(|word| word.starts_with("Microsoft."))
        .map_or("NAMESPACE", |word| word.trim_end_matches('.'));
    let text = hint
        .text
        .replace("{resource}", resource)
        .replace("{where}", &locked_group(resource, message))
        .replace("{tenant}", tenant(message).unwrap_or("TENANT"))
        .replace("{subscription}", &of_subscription(resource))
        .replace("{provider}", provider);
    let text = match region_in(message) {
        Some(region) => text.replace(" -l LOCATION ", &format!(" -l {region} ")),
        None => text,
    };
    Some((text, hint.retryable))
}

/// The code that stands for what providers say in words of their own: `InUseSubnetCannotBeDeleted`, `SubscriptionSuspended`.
fn family(code: &Code) -> Code {
    let Code::Other(text) = code else { return code.clone() };
    let text = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if text.starts_with("inuse") || says(&["cannotbedeleted"]) {
        return Code::CannotDeleteResource;
    }
    if (says(&["subscription"]) && says(&["disabled", "suspended", "notactive", "inactive"]))
        || says(&["spendinglimit"])
    {
        return Code::DisabledSubscription;
    }
    if text.ends_with("k8sversionnotsupported") {
        return Code::K8sVersionNotSupported;
    }
    if says(&["linkedaccesscheckfailed"]) {
        return Code::LinkedAuthorizationFailed;
    }
    code.clone()
}

/// The region that a message names: `… for region westeurope.`, `… in location 'westeurope'.`
fn region_in(message: &str) -> Option<&str> {
    let rest = ["for region ", "in location ", "Location: "].iter().find_map(|label| message.split_once(label))?.1;
    let word = rest.trim_start_matches(['\'', '"']).split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let is_region = word.len() > 3 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    is_region.then_some(word)
}

/// ` --subscription ID` where a resource tells it: without it az takes its default one.
fn of_subscription(resource: &str) -> String {
    let id = resource.strip_prefix("/subscriptions/").and_then(|rest| rest.split('/').next());
    id.filter(|id| !id.is_empty()).map_or_else(String::new, |id| format!(" --subscription {id}"))
}

/// ` -g GROUP` where a resource group or something in it is locked. A lock of the subscription is in no group's list.
fn locked_group(resource: &str, message: &str) -> String {
    let told = message.split_once("are locked: ").map(|(_, scopes)| scopes);
    let end = |c: char| matches!(c, '\'' | '"' | ',' | ' ');
    let group = group_in(told.unwrap_or(resource));
    let group = group.and_then(|name| name.split(end).next()).filter(|name| !name.is_empty());
    group.map_or_else(String::new, |group| format!(" -g {group}"))
}

/// The tenant that a token must be of: `… It must match the tenant 'https://sts.windows.net/GUID/' …`.
fn tenant(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("must match")?;
    let is_word = |c: char| c.is_ascii_hexdigit() || c == '-';
    rest.split(|c: char| !is_word(c)).find(|word| word.len() == 36 && uuid::Uuid::parse_str(word).is_ok())
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
        let of_subscription =
            "no write because following scope(s) are locked: '/subscriptions/s'. Please remove the lock.";
        let (text, _) = for_code(&Code::ScopeLocked, id, of_subscription).expect("a hint");
        assert!(text.contains("az lock list -o table"), "{text}");
        let of_group =
            "following scope(s) are locked: '/subscriptions/s/resourceGroups/other'. Please remove the lock.";
        let (text, _) = for_code(&Code::ScopeLocked, id, of_group).expect("a hint");
        assert!(text.contains("az lock list -g other -o table"), "{text}");
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
