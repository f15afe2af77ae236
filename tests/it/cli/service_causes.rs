//! Causes that the service names where nobody looks for them: in a sentence, under another status, of another resource.
use serde_json::Value;

use super::{World, is};

fn hint(error: &Value) -> &str {
    error["hint"].as_str().unwrap_or_default()
}

/// A refusal of each PUT to `path`.
fn refusal(path: &str, status: u16, code: &str, message: &str) -> String {
    format!(
        "about = 'refused'\n[[faults]]\nmethod = 'PUT'\npath = '{path}'\nstatus = {status}\ncode = '{code}'\nmessage = '''{message}'''\n"
    )
}

/// The end of each operation that a PUT to `path` begins.
fn end(path: &str, code: &str, message: &str) -> String {
    format!(
        "about = 'failed'\n[[faults]]\nmethod = 'PUT'\npath = '{path}'\noperation = {{ ends = 'Failed', code = '{code}', message = '''{message}''' }}\n"
    )
}

const CLUSTER: &str = "managedClusters/*";
const ACCOUNT: &str = "Microsoft.CognitiveServices/accounts/*";
const DEPLOYMENT: &str = "deployments/*";
const CORES: &str = "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Location: westeurope, \
                     Current Limit: 10, Current Usage: 8, Additional Required: 4";

/// What `provision` ends with in this scenario.
#[track_caller]
fn refused(scenario: &str, exit: i32) -> Value {
    let world = World::new();
    world.scenario(scenario);
    world.provision(&["-o", "json", "--progress", "none"]).exit(exit).json()
}

#[test]
fn a_cause_that_a_sentence_names_is_told_as_that_cause() {
    let nested = format!(
        "retry failed: Category: ClientError; SubCode: QuotaExceeded; Code=\"OperationNotAllowed\" Message=\"{CORES}\""
    );
    for (message, says) in [
        (
            nested.as_str(),
            "the quota Total Regional Cores in westeurope is too small (10 allowed, 8 in use, 4 more needed)",
        ),
        (
            "Original Error: Code=\"PublicIPCountLimitReached\" Message=\"No more addresses\"",
            "az network public-ip list",
        ),
        (
            "Code=\"MissingSubscriptionRegistration\" Message=\"not for 'Microsoft.Network'\"",
            "--namespace Microsoft.Network",
        ),
        ("SubCode: OverconstrainedAllocation", "has no capacity now"),
    ] {
        for scenario in [
            end(CLUSTER, "CreateVMSSAgentPoolFailed", message),
            refusal(CLUSTER, 400, "CreateVMSSAgentPoolFailed", message),
        ] {
            let error = refused(&scenario, 5)["labs"][0]["error"].clone();
            assert_eq!(error["code"], "CreateVMSSAgentPoolFailed");
            assert!(hint(&error).contains(says), "{error}");
            assert_eq!(error["retryable"], false, "{error}");
        }
    }
}

#[test]
fn a_quota_or_a_full_region_is_written_once_whatever_status_it_comes_with() {
    for (path, status, code) in [
        (CLUSTER, 503, "AKSCapacityHeavyUsage"),
        (CLUSTER, 429, "AKSCapacityHeavyUsage"),
        (CLUSTER, 500, "QuotaExceeded"),
        (CLUSTER, 429, "QuotaExceeded"),
        ("deployments/*", 429, "InsufficientQuota"),
    ] {
        let world = World::new();
        world.scenario(&refusal(path, status, code, CORES));
        let ended = world.provision(&["-o", "json", "--progress", "json"]).exit(5);
        let events: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kind = if path == CLUSTER { "cluster" } else { "model_deployment" };
        let writes = events.iter().filter(|one| is(one, "resource_writing") && one["resource"] == kind).count();
        assert_eq!(writes, 1, "{status} {code}");
        // Another try may be late on a busy machine, and is sent again; this refusal is not.
        let again = |one: &Value| is(one, "retrying") && one["reason"].as_str().is_some_and(|why| why.contains(code));
        assert!(!events.iter().any(again), "{status} {code}");
        assert_eq!(ended.json()["labs"][0]["error"]["retryable"], false, "{status} {code}");
    }
}

#[test]
fn a_quota_is_told_of_what_was_refused_and_of_nothing_else() {
    for (path, code, says, says_not) in [
        (ACCOUNT, "InsufficientQuota", "list-deleted", "--capacity"),
        (ACCOUNT, "QuotaExceeded", "list-deleted", "--node-count"),
        ("userAssignedIdentities/*", "QuotaExceeded", "the message says which", "--node-count"),
        ("deployments/*", "QuotaExceeded", "--capacity", "--node-count"),
        (CLUSTER, "ResourceQuotaExceeded", "--node-count", "--capacity"),
        ("roleAssignments/*", "RoleAssignmentLimitExceeded", "az role assignment list --all", "does not know"),
    ] {
        let error = refused(&refusal(path, 400, code, "It is used up."), 5)["labs"][0]["error"].clone();
        assert!(hint(&error).contains(says) && !hint(&error).contains(says_not), "{path}: {error}");
    }
}

#[test]
fn refusals_that_no_repetition_cures_are_told_with_what_does() {
    let policy = "Code=\"RequestDisallowedByPolicy\" Message=\"Disallowed. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"PA\",\"id\":\"/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/pa\"},\"policyDefinition\":{\"name\":\"PD\",\"id\":\"/x\"}}]'.\"";
    let group = "/subscriptions/*/resourceGroups/*";
    for (scenario, exit, says) in [
        (end(CLUSTER, "ReconcileVMSSAgentPoolFailed", policy), 5, "az policy assignment delete --name pa"),
        (refusal(CLUSTER, 403, "DenyAssignmentAuthorizationFailed", "no"), 5, "no role helps against it"),
        (
            refusal(CLUSTER, 400, "BadRequest", "The VM size of X is not allowed in your subscription."),
            5,
            "--node-vm-size",
        ),
        (refusal(CLUSTER, 403, "DisabledSubscription", "no"), 5, "enable it in the portal"),
        (refusal(CLUSTER, 400, "NoRegisteredProviderFound", "no"), 5, "--namespace Microsoft.ContainerService"),
        (refusal(group, 511, "", "<html><title>Hotel</title></html>"), 5, "sign in to it first"),
        (
            refusal(group, 401, "InvalidAuthenticationToken", "The token is not yet valid."),
            3,
            "set this machine's clock",
        ),
    ] {
        let scenario = scenario.replace("code = ''\n", "");
        let error = refused(&scenario, exit)["labs"][0]["error"].clone();
        assert!(hint(&error).contains(says), "{error}");
        assert_eq!(error["retryable"], false, "{error}");
    }
}

/// As Azure asks people for it since autumn 2025, to clients that know no claims challenge (az's page on its errors).
#[test]
fn a_policy_that_wants_a_second_factor_is_answered_by_signing_in_with_one() {
    let policy = "Resource 'x' was disallowed by policy. Reasons: MFA is required. See error details for policy resource IDs. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"PA\",\"id\":\"/providers/Microsoft.Management/managementGroups/t/providers/Microsoft.Authorization/policyAssignments/pa\"},\"policyDefinition\":{\"name\":\"PD\",\"id\":\"/x\"}}]'.";
    let named = "Resource 'x' was disallowed by policy. [Preview]: Users must authenticate with multi-factor authentication to create or update resources.";
    for (code, message) in [
        ("RequestDisallowedByPolicy", policy),
        ("RequestDisallowedByPolicy", named),
        ("RequestDisallowedByAzure", "See https://aka.ms/mfaforazure."),
    ] {
        let error = refused(&refusal(CLUSTER, 403, code, message), 5)["labs"][0]["error"].clone();
        assert!(hint(&error).contains("az login") && hint(&error).contains("second factor"), "{error}");
        assert!(!hint(&error).contains("exemption") && !hint(&error).contains("policy assignment delete"), "{error}");
        assert_eq!((&error["code"], &error["retryable"]), (&code.into(), &false.into()), "{error}");
    }
}

#[test]
fn codes_that_nobody_has_heard_of_are_told_by_what_their_words_say() {
    let vcpus = "Preflight validation check failed. Message: Insufficient regional vcpu quota left for location westeurope. left regional vcpu quota 1, requested quota 4.";
    let drain = "Drain node n failed when evicting pod p failed with Too Many Requests error. This is often caused by a restrictive Pod Disruption Budget (PDB) policy. See http://aka.ms/aks/debugdrainfailures.";
    for (scenario, says, says_not, retryable) in [
        (
            refusal(CLUSTER, 400, "BadRequest", vcpus),
            "the quota vCPU in westeurope is too small (4 more needed)",
            "does not know",
            false,
        ),
        (
            refusal(CLUSTER, 400, "StandardLoadBalancerCountLimitReached", "No more."),
            "the quota StandardLoadBalancerCountLimitReached",
            "--node-count",
            false,
        ),
        (
            refusal(CLUSTER, 409, "AnotherOperationInProgress", "Another operation on this resource is in progress."),
            "run the command again when it is over",
            "does not know",
            true,
        ),
        (
            end(CLUSTER, "UpgradeFailed", drain),
            "kubectl get pdb -A",
            "run the same command again, which continues",
            false,
        ),
        (refusal(CLUSTER, 400, "RegionCapacityUnavailable", "Later."), "has no capacity now", "does not know", false),
        (
            refusal("userAssignedIdentities/*", 400, "TooManyIdentities", "No."),
            "delete what is not needed",
            "does not know",
            false,
        ),
        (
            refusal(CLUSTER, 400, "AgentPoolK8sVersionNotSupported", "No."),
            "az aks get-versions",
            "does not know",
            false,
        ),
        (refusal(CLUSTER, 409, "SubscriptionSuspended", "No."), "enable it in the portal", "does not know", false),
        (
            refusal(CLUSTER, 409, "InUseRouteTableCannotBeDeleted", "No."),
            "first delete what the message names",
            "does not know",
            false,
        ),
    ] {
        let error = refused(&scenario, 5)["labs"][0]["error"].clone();
        assert!(hint(&error).contains(says) && !hint(&error).contains(says_not), "{error}");
        assert_eq!(error["retryable"], retryable, "{error}");
    }
}

#[test]
fn a_full_region_that_says_when_to_come_again_is_full_all_the_same() {
    for status in [429, 503] {
        let scenario = refusal(CLUSTER, status, "AKSCapacityHeavyUsage", "It is unavailable in this region.");
        let world = World::new();
        world.scenario(&format!("{scenario}headers = {{ 'retry-after' = '30' }}\n"));
        let ended = world.provision(&["-o", "json", "--progress", "json"]).exit(5);
        let events = ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let again =
            |one: &Value| is(one, "retrying") && one["reason"].as_str().is_some_and(|why| why.contains("AKSCapacity"));
        assert!(!events.into_iter().any(|one| again(&one)), "{status}");
        assert!(hint(&ended.json()["labs"][0]["error"]).contains("region"), "{status}");
    }
}

#[test]
fn a_service_that_is_in_trouble_for_an_hour_says_when_to_come_again() {
    for after in ["3600", "Thu, 01 Jan 2099 00:00:00 GMT"] {
        let scenario = refusal("/subscriptions/*/resourceGroups/*", 503, "ServiceUnavailable", "Later.");
        let error =
            refused(&format!("{scenario}headers = {{ 'retry-after' = '{after}' }}\n"), 5)["labs"][0]["error"].clone();
        let says = if after == "3600" { "before 60 minutes" } else { "not Azure's way" };
        assert!(hint(&error).contains(says) && error["retryable"] == true, "{error}");
    }
}

#[test]
fn a_throttle_of_an_hour_is_told_with_its_hour() {
    let scenario =
        refusal("/subscriptions/*/resourceGroups/*", 429, "SubscriptionRequestsThrottled", "Too many requests.");
    let error = refused(&format!("{scenario}headers = {{ 'retry-after' = '3600' }}\n"), 5)["labs"][0]["error"].clone();
    assert!(hint(&error).contains("before 60 minutes") && error["retryable"] == true, "{error}");
}

#[test]
fn a_model_that_is_about_to_retire_terms_that_nobody_accepted_and_a_family_without_quota_have_their_own_way_out() {
    let family =
        "Insufficient vcpu quota requested 4, remaining 0 for family standardDSv3Family for region westeurope.";
    let terms = "This subscription cannot create OpenAI until you agree to Responsible AI terms for this resource.";
    for (scenario, code, says) in [
        (
            refusal(DEPLOYMENT, 400, "ServiceModelDeprecating", "It is in deprecating state."),
            "ServiceModelDeprecating",
            "--model",
        ),
        (
            refusal(ACCOUNT, 409, "ResourceKindRequireAcceptTerms", terms),
            "ResourceKindRequireAcceptTerms",
            "portal.azure.com",
        ),
        (refusal(ACCOUNT, 400, "BadRequest", terms), "BadRequest", "portal.azure.com"),
        (
            refusal(CLUSTER, 400, "ErrCode_InsufficientVCPUQuota", family),
            "ErrCode_InsufficientVCPUQuota",
            "-l westeurope -o",
        ),
        (
            refusal(CLUSTER, 400, "InsufficientVCPUQuota", family),
            "InsufficientVCPUQuota",
            "the quota standardDSv3Family in westeurope is too small (4 more needed)",
        ),
        (refusal(CLUSTER, 409, "SkuNotAvailable", "The size is not available."), "SkuNotAvailable", "(--node-vm-size)"),
    ] {
        let error = refused(&scenario, 5)["labs"][0]["error"].clone();
        assert_eq!(error["code"], code);
        assert!(hint(&error).contains(says) && !hint(&error).contains("does not know this code"), "{code}: {error}");
        assert_eq!(error["retryable"], false, "{code}");
    }
}

#[test]
fn nodes_whose_network_is_closed_are_told_so_with_the_hosts_before_another_try() {
    let of_script = |code: u8| {
        format!(
            "VM has reported a failure when processing extension 'vmssCSE'. Error message: \"Enable failed: failed to execute command: \
             command terminated with exit status={code} [stdout] nc: connect to mcr.microsoft.com port 443 (tcp) timed out: rate limit exceeded\""
        )
    };
    for (code, message, says) in [
        ("OutboundConnFailVMExtensionError", "Unable to establish outbound connection.".to_owned(), "blocks outbound connections"),
        ("K8SAPIServerConnFailVMExtensionError", "No connection.".to_owned(), "to its API server"),
        ("K8SAPIServerDNSLookupFailVMExtensionError", "No such name.".to_owned(), "168.63.129.16"),
        (
            "VMExtensionProvisioningError",
            "CSE failed with 'VMExtensionError_K8SAPIServerDNSLookupFail'. Agents are unable to resolve Kubernetes API server name.".to_owned(),
            "168.63.129.16",
        ),
        ("VMExtensionProvisioningError", of_script(50), "blocks outbound connections"),
        ("Conflict", of_script(52), "168.63.129.16"),
        ("CreateVMSSAgentPoolFailed", "SubCode: CniDownloadTimeoutVMExtensionError".to_owned(), "could not download in time"),
    ] {
        for scenario in [end(CLUSTER, code, &message), refusal(CLUSTER, 409, code, &message)] {
            let error = refused(&scenario, 5)["labs"][0]["error"].clone();
            for part in [says, "firewall", "DNS", "NSG", "route table", "mcr.microsoft.com", "management.azure.com", "aks-required-ports"] {
                assert!(hint(&error).contains(part), "{code}: {part}: {error}");
            }
            assert!(hint(&error).contains("--ids /subscriptions/") && hint(&error).contains("only then run the same command"), "{error}");
            assert_eq!((&error["code"], &error["retryable"]), (&code.into(), &false.into()), "{error}");
        }
    }
}
