//! Every code of the service that somebody may meet has a hint: what to do next. One test each, from the answer on the
//! wire to the error that people see.
use std::collections::BTreeSet;
use std::path::Path;

use azlab::azure::code::Code;
use azlab::hints::for_code;
use azlab::outcome::Exit;
use azlab::recipe::waits::wait_for;
use azlab_sandbox::FaultKind;
use http::{Method, StatusCode};
use serde_json::json;

use crate::provision::fixture::{Azure, refusal};

const GROUP: &str = "/resourceGroups/myResourceGroup";
const CLUSTER: &str = "/managedClusters/";
const ACCOUNT: &str = "/accounts/";
const DEPLOYMENT: &str = "/deployments/";
const ROLE: &str = "/roleAssignments/";

/// The service answers one request of `command` with this code, for as long as it is asked.
async fn hint(command: &str, method: Method, path: &str, status: u16, code: &str) -> (Exit, String, bool) {
    let azure = Azure::new();
    if command != "provision" {
        azure.provision("").await.ready();
    }
    azure.fault(method, path, usize::MAX, refusal(status, code));
    let ran = azure.run(command).await;
    let error = ran.labs().iter().filter_map(|lab| lab.error.as_ref()).chain(&ran.finished.result.error).next();
    let error = error.unwrap_or_else(|| panic!("{code} passed: {:#?}", ran.finished.result));
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains("says the test"), "the service's own words are kept: {error:?}");
    assert!(error.request_id.is_some(), "{error:?}");
    assert!(error.resource.is_some(), "{error:?}");
    (ran.exit(), error.hint.clone().unwrap_or_default(), error.retryable)
}

macro_rules! hints {
    ($($name:ident: $command:literal, $method:ident $path:expr, $status:literal $code:literal => $exit:ident, $says:literal;)+) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            let (exit, hint, _) = hint($command, Method::$method, $path, $status, $code).await;
            assert!(hint.contains($says), "{}: {hint}", $code);
            assert_eq!(exit, Exit::$exit);
        })+
    };
}

hints! {
    authorization_failed: "provision", PUT GROUP, 403 "AuthorizationFailed" => LabFailed, "Role Based Access Control Administrator";
    linked_authorization_failed: "provision", PUT CLUSTER, 403 "LinkedAuthorizationFailed" => LabFailed, "same role";
    subscription_not_found: "provision", GET GROUP, 404 "SubscriptionNotFound" => LabFailed, "az account list";
    read_only_disabled_subscription: "provision", PUT GROUP, 409 "ReadOnlyDisabledSubscription" => LabFailed, "--subscription";
    invalid_authentication_token_tenant: "provision", GET GROUP, 401 "InvalidAuthenticationTokenTenant" => NotSignedIn, "az login --tenant";
    expired_authentication_token: "provision", GET GROUP, 401 "ExpiredAuthenticationToken" => NotSignedIn, "az login";
    invalid_authentication_token: "provision", GET GROUP, 401 "InvalidAuthenticationToken" => NotSignedIn, "az login";
    an_unknown_code_of_a_token: "provision", GET GROUP, 401 "InvalidAuthenticationTokenAudience" => NotSignedIn, "az login";
    authentication_failed: "provision", GET GROUP, 401 "AuthenticationFailed" => NotSignedIn, "az login";
    location_not_available_for_resource_group: "provision", PUT GROUP, 400 "LocationNotAvailableForResourceGroup" => LabFailed, "az account list-locations";
    location_not_available_for_resource_type: "provision", PUT CLUSTER, 400 "LocationNotAvailableForResourceType" => LabFailed, "--location";
    invalid_resource_group_location: "provision", PUT GROUP, 409 "InvalidResourceGroupLocation" => LabFailed, "leave out --location";
    invalid_resource_location: "provision", PUT ACCOUNT, 409 "InvalidResourceLocation" => LabFailed, "leave out --location";
    insufficient_quota: "provision", PUT DEPLOYMENT, 400 "InsufficientQuota" => LabFailed, "lower --capacity";
    service_model_deprecating: "provision", PUT DEPLOYMENT, 400 "ServiceModelDeprecating" => LabFailed, "--model auto";
    resource_kind_require_accept_terms: "provision", PUT ACCOUNT, 409 "ResourceKindRequireAcceptTerms" => LabFailed, "portal.azure.com";
    service_model_deprecated: "provision", PUT DEPLOYMENT, 400 "ServiceModelDeprecated" => LabFailed, "--model auto";
    deployment_model_not_supported: "provision", PUT DEPLOYMENT, 400 "DeploymentModelNotSupported" => LabFailed, "--model auto";
    invalid_resource_properties: "provision", PUT DEPLOYMENT, 400 "InvalidResourceProperties" => LabFailed, "--model-sku";
    special_feature_or_quota_id_required: "provision", PUT ACCOUNT, 400 "SpecialFeatureOrQuotaIdRequired" => LabFailed, "--subscription";
    insufficient_vcpu_quota: "provision", PUT CLUSTER, 400 "ErrCode_InsufficientVCPUQuota" => LabFailed, "--node-vm-size";
    kubernetes_version_not_supported: "provision", PUT CLUSTER, 400 "K8sVersionNotSupported" => LabFailed, "az aks get-versions";
    managed_cluster_count_exceeds_quota_limit: "provision", PUT CLUSTER, 400 "ManagedClusterCountExceedsQuotaLimit" => LabFailed, "--location";
    public_ip_count_limit_reached: "provision", PUT CLUSTER, 400 "PublicIPCountLimitReached" => LabFailed, "az network public-ip list";
    resource_group_quota_exceeded: "provision", PUT GROUP, 409 "ResourceGroupQuotaExceeded" => LabFailed, "--subscription";
    missing_subscription_registration: "provision", PUT CLUSTER, 409 "MissingSubscriptionRegistration" => LabFailed, "az provider register";
    flag_must_be_set_for_restore: "provision", PUT ACCOUNT, 409 "FlagMustBeSetForRestore" => LabFailed, "--soft-deleted";
    custom_domain_in_use: "provision --account mine -l other", PUT ACCOUNT, 409 "CustomDomainInUse" => LabFailed, "--account";
    scope_locked: "teardown --yes", DELETE GROUP, 409 "ScopeLocked" => LabFailed, "az lock";
    request_disallowed_by_policy: "provision", PUT CLUSTER, 403 "RequestDisallowedByPolicy" => LabFailed, "exemption";
    request_disallowed_by_azure: "provision", PUT CLUSTER, 403 "RequestDisallowedByAzure" => LabFailed, "--location";
    cannot_delete_resource: "teardown --yes", DELETE GROUP, 409 "CannotDeleteResource" => LabFailed, "first delete";
    role_assignment_update_not_permitted: "provision", PUT ROLE, 409 "RoleAssignmentUpdateNotPermitted" => LabFailed, "az role assignment delete";
    role_assignment_exists: "provision", PUT ROLE, 409 "RoleAssignmentExists" => LabFailed, "az role assignment list";
    principal_not_found: "provision", PUT ROLE, 400 "PrincipalNotFound" => LabFailed, "in a few minutes";
    operation_not_allowed: "provision", PUT CLUSTER, 409 "OperationNotAllowed" => LabFailed, "when it is over";
    request_conflict: "provision", PUT DEPLOYMENT, 409 "RequestConflict" => LabFailed, "in a few minutes";
    account_provisioning_state_invalid: "provision", PUT DEPLOYMENT, 400 "AccountProvisioningStateInvalid" => LabFailed, "in a few minutes";
    resource_group_being_deleted: "provision", PUT CLUSTER, 409 "ResourceGroupBeingDeleted" => LabFailed, "when it is gone";
    subscription_requests_throttled: "provision", GET GROUP, 429 "SubscriptionRequestsThrottled" => LabFailed, "in five minutes";
    throttled: "provision", PUT CLUSTER, 429 "Throttled" => LabFailed, "in five minutes";
    concurrent_federated_identity_credentials_writes: "provision", PUT "/federatedIdentityCredentials/", 409 "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity" => LabFailed, "run the command again";
}

#[tokio::test(start_paused = true)]
async fn a_refused_model_is_told_with_those_that_can_be_deployed_there_now() {
    let (_, hint, _) = hint("provision", Method::PUT, DEPLOYMENT, 400, "ServiceModelDeprecated").await;
    assert!(hint.contains("can be deployed in westeurope now: --model "), "{hint}");
    // Some of those offers are indeed taken.
    let azure = Azure::new();
    let offered = hint.split("--model ").last().unwrap().split(' ').next().unwrap().to_owned();
    azure.provision(&format!("--model {offered}")).await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_region_that_azure_closes_to_a_subscription_is_no_policy_to_be_exempted_from() {
    let policy = json!({"policyAssignmentId": "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/p",
        "policyAssignmentName": "p", "policyDefinitionDisplayName": "Regions"});
    let body = |code: &str| {
        json!({"error": {"code": code, "message": "Resource 'c' was disallowed.",
            "additionalInfo": [{"type": "PolicyViolation", "info": policy}]}})
    };
    for (code, is_azures_own) in [("RequestDisallowedByPolicy", false), ("RequestDisallowedByAzure", true)] {
        let azure = Azure::new();
        let fault = FaultKind::Respond {
            status: StatusCode::FORBIDDEN,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body(code).to_string().into(),
        };
        azure.fault(Method::PUT, CLUSTER, usize::MAX, fault);
        let ran = azure.provision("").await;
        let hint = ran.error().hint.clone().unwrap_or_default();
        assert_eq!(ran.error().code, code);
        assert_eq!(hint.contains("az policy assignment delete"), !is_azures_own, "{hint}");
        assert_eq!(hint.contains("choose another with --location"), is_azures_own, "{hint}");
        assert_eq!(hint.contains("ask Azure support"), is_azures_own, "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_kubernetes_version_is_told_with_those_that_are_offered() {
    let (_, hint, _) = hint("provision", Method::PUT, CLUSTER, 400, "K8sVersionNotSupported").await;
    assert!(hint.contains("offered in westeurope now: 1."), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn a_subdomain_that_is_taken_is_told_with_the_soft_deleted_account_that_holds_it() {
    let azure = Azure::new();
    azure.put("/resourceGroups/old?api-version=2021-04-01", serde_json::json!({"location": "westeurope"})).await;
    let old = "/resourceGroups/old/providers/Microsoft.CognitiveServices/accounts/theirs?api-version=2024-10-01";
    azure.put(old, crate::provision::fixture::openai("mine")).await;
    azure.pass(30.0).await;
    azure.delete(old).await;
    azure.pass(30.0).await;
    let ran = azure.provision("--account mine --soft-deleted avoid --skip-preflight").await;
    let hint = ran.error().hint.clone().unwrap_or_default();
    assert!(hint.contains("az cognitiveservices account purge -n theirs -g old -l westeurope"), "{hint}");
}

#[test]
fn the_codes_of_azure_facts_are_hinted_waited_out_or_known_to_need_no_hint() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/azure-facts.md");
    let Ok(text) = std::fs::read_to_string(&facts) else {
        eprintln!("skipped: {} is not there", facts.display());
        return;
    };
    // Absences and words that are no refusals, and what only a defect of azlab could cause.
    let known: BTreeSet<&str> = [
        "ResourceGroupNotFound",
        "ResourceNotFound",
        "NotFound",
        "ParentResourceNotFound",
        "RoleAssignmentNotFound",
        "RoleDefinitionDoesNotExist",
        "InvalidTemplate",
        "DeploymentFailed",
        "BadRequest",
        "MissingApiVersionParameter",
        "InvalidApiVersionParameter",
        "NoRegisteredProviderFound",
        "InvalidResourceType",
    ]
    .into();
    let mut missing = Vec::new();
    for code in text.split('`').skip(1).step_by(2) {
        let is_code = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.chars().filter(char::is_ascii_uppercase).count() >= 2
            && code.len() > 8;
        let says_refusal = [
            "Invalid",
            "NotFound",
            "Not",
            "Quota",
            "Conflict",
            "Exists",
            "InUse",
            "Throttled",
            "Denied",
            "Disallowed",
            "Locked",
            "Failed",
            "Deprecated",
            "Required",
            "Expired",
            "Set",
            "Deleted",
            "Missing",
            "Concurrent",
            "Cannot",
            "BeingDeleted",
        ];
        if !is_code || !says_refusal.iter().any(|word| code.contains(word)) || known.contains(code) {
            continue;
        }
        let typed = Code::from(code);
        if for_code(&typed, "r", "").is_none() && wait_for(&typed).is_none() {
            missing.push(code);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(text.contains("ServiceModelDeprecated"), "the codes are read from the right place");
}

/// The hint of a lab whose cluster's write is answered so.
async fn hint_of(status: u16, message: &str, headers: &[(&str, &str)]) -> String {
    let azure = Azure::new();
    let kind = FaultKind::Refuse {
        status: StatusCode::from_u16(status).expect("a status"),
        code: "InternalServerError".into(),
        message: message.into(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        handled: false,
    };
    azure.fault(Method::PUT, CLUSTER, usize::MAX, kind);
    azure.provision("").await.error().hint.clone().expect("a hint")
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_whose_disk_is_full_is_no_temporary_failure_of_azures() {
    let hint = hint_of(500, "The sandbox could not use its database: database or disk is full.", &[]).await;
    assert!(hint.contains("disk") && hint.contains("--sandbox-dir") && !hint.contains("Azure"), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_days_is_told_as_nobodys_who_is_azure() {
    let hint = hint_of(429, "Later.", &[("retry-after", "99999999999999999999")]).await;
    assert!(hint.contains("not Azure's way") && !hint.contains("minutes"), "{hint}");
    let hint = hint_of(429, "Later.", &[("retry-after", "5400")]).await;
    assert!(hint.contains("90 minutes"), "{hint}");
}
