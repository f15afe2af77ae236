//! Every error code that azure-facts.md names in its sections 1 to 8 is one that the sandbox can answer with, in its
//! service's envelope.

use std::collections::BTreeSet;

use super::*;

const ROLE: &str = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c";
const GUID: &str = "ed3c9f84-ae20-5aea-8602-58ed2eeffef1";

/// Words in the facts that look like codes and are none.
const NO_CODES: [&str; 11] = [
    "Accepted",
    "Creating",
    "InProgress",
    "Location",
    "ProvisioningControlPlane",
    "ProvisioningNetworkResources",
    "ReconcilingAddons",
    "ReconcilingDNS",
    "Registering",
    "Succeeded",
    "Updating",
];

/// How a service says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// `{"error": …}` of Resource Manager itself, with `x-ms-failure-cause: gateway`.
    Gateway,
    /// `{"error": …}` of a provider.
    Provider,
    /// `{"code", "details", "message", "subcode"}` of AKS.
    Flat,
}

/// Refusals as they were met.
#[derive(Default)]
struct MatchedFault(BTreeSet<String>);

impl MatchedFault {
    fn meet(&mut self, got: &Got, status: u16, code: &str, says: Says) {
        assert_eq!(got.outcome(), (status, code), "{}", got.body);
        let error = if says == Says::Flat { &got.body } else { &got.body["error"] };
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.len() > 20, "{code}: {}", got.body);
        let members: Vec<_> = got.body.as_object().unwrap().keys().map(String::as_str).collect();
        match says {
            Says::Flat => {
                assert!(["code", "details", "message", "subcode"].iter().all(|it| members.contains(it)), "{code}")
            }
            _ => assert_eq!(members, ["error"], "{code}"),
        }
        let gateway = got.header("x-ms-failure-cause") == "gateway";
        assert_eq!(gateway, says == Says::Gateway, "{code}: x-ms-failure-cause");
        assert_eq!(status == 429, got.headers.contains_key("retry-after"), "{code}: retry-after");
        assert_eq!(status == 401, got.headers.contains_key("www-authenticate"), "{code}: www-authenticate");
        self.0.insert(code.to_owned());
    }
}

fn assignment(principal: &str) -> Value {
    json!({"properties": {"principalId": principal, "roleDefinitionId": ROLE}})
}

fn assignments(name: &str) -> String {
    format!("/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01")
}

async fn groups(met: &mut MatchedFault) {
    let azure = Client::new();
    let put = async |location: &str| azure.put(GROUP, json!({"location": location})).await;
    met.meet(&put("nowhere").await, 400, "LocationNotAvailableForResourceGroup", Says::Gateway);
    met.meet(&azure.get(GROUP).await, 404, "ResourceGroupNotFound", Says::Gateway);
    azure.group().await;
    met.meet(&put("eastus").await, 409, "InvalidResourceGroupLocation", Says::Gateway);
    let orphan = azure.delete(&child(IDENTITY, "federatedIdentityCredentials/fic")).await;
    met.meet(&orphan, 404, "ParentResourceNotFound", Says::Gateway);
    azure.delete(GROUP).await;
    let late = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    met.meet(&late, 409, "ResourceGroupBeingDeleted", Says::Gateway);
}

async fn clusters(met: &mut MatchedFault) {
    let azure = Client::new();
    azure.group().await;
    met.meet(&azure.get(CLUSTER).await, 404, "ResourceNotFound", Says::Gateway);
    let mut asked = cluster();
    asked["properties"]["agentPoolProfiles"][0]["count"] = json!(900);
    met.meet(&azure.put(CLUSTER, asked.clone()).await, 400, "ErrCode_InsufficientVCPUQuota", Says::Flat);
    asked["properties"]["agentPoolProfiles"][0]["vmSize"] = "Standard_Nothing".into();
    met.meet(&azure.put(CLUSTER, asked).await, 400, "BadRequest", Says::Flat);
    let mut asked = cluster();
    asked["properties"]["kubernetesVersion"] = "1.2.3".into();
    met.meet(&azure.put(CLUSTER, asked).await, 400, "K8sVersionNotSupported", Says::Flat);
    azure.sandbox.control().set_quota("westeurope", "ManagedClusters", 0).unwrap();
    met.meet(&azure.put(CLUSTER, cluster()).await, 400, "ManagedClusterCountExceedsQuotaLimit", Says::Flat);
    azure.sandbox.control().set_quota("westeurope", "ManagedClusters", 1).unwrap();
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    met.meet(&azure.put(CLUSTER, cluster()).await, 409, "OperationNotAllowed", Says::Flat);
    azure.wait(400).await;
    let mut throttled = azure.get(CLUSTER).await;
    while throttled.status == 200 {
        throttled = azure.get(CLUSTER).await;
        assert!(azure.sandbox.request_log().len() < 2000, "no limit is met");
    }
    met.meet(&throttled, 429, "Throttled", Says::Flat);
}

async fn identities(met: &mut MatchedFault) {
    let azure = Client::new();
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    met.meet(&azure.put(IDENTITY, json!({"location": "westeurope"})).await, 429, "429", Says::Provider);
    azure.wait(4).await;
    let credential = |name: &str| child(IDENTITY, &format!("federatedIdentityCredentials/{name}"));
    met.meet(&azure.get(&credential("one")).await, 404, "NotFound", Says::Provider);
    let asked = json!({"properties": {"issuer": "https://i.example/", "subject": "s", "audiences": ["a"]}});
    let (one, two) = (credential("one"), credential("two"));
    let (made, refused) = tokio::join!(azure.put(&one, asked.clone()), azure.put(&two, asked.clone()));
    assert_eq!(made.status, 201);
    let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    met.meet(&refused, 409, code, Says::Provider);
    azure.wait(5).await;
    let twin = azure.put(&credential("two"), asked).await;
    let message = "Issuer and subject combination already exists for this Managed Identity.";
    assert_eq!((twin.status.as_u16(), &twin.body["error"]["message"]), (409, &json!(message)));
}

async fn accounts(met: &mut MatchedFault) {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().change_settings(|settings| settings.openai_allowed = false).unwrap();
    met.meet(&azure.put(ACCOUNT, account()).await, 400, "SpecialFeatureOrQuotaIdRequired", Says::Provider);
    azure.sandbox.control().change_settings(|settings| settings.openai_allowed = true).unwrap();
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 201);
    let path = child(ACCOUNT, "deployments/d1");
    let deploy = |model: &str, version: &str, capacity: i64| deployment(model, version, json!(capacity));
    let early = azure.put(&path, deploy("gpt-35-turbo", "0125", 1)).await;
    met.meet(&early, 409, "AccountProvisioningStateInvalid", Says::Provider);
    azure.wait(30).await;
    met.meet(&azure.get(&path).await, 404, "NotFound", Says::Provider);
    for (asked, code) in [
        (deploy("gpt-35-turbo", "0125", 9999), "InsufficientQuota"),
        (deploy("gpt-35-turbo", "0613", 1), "ServiceModelDeprecated"),
        (deploy("gpt-0", "1", 1), "DeploymentModelNotSupported"),
        (deploy("gpt-5-mini", "2025-08-07", 1), "InvalidResourceProperties"),
    ] {
        met.meet(&azure.put(&path, asked).await, 400, code, Says::Provider);
    }
    let second = child(ACCOUNT, "deployments/d2");
    let (made, refused) = tokio::join!(
        azure.put(&path, deploy("gpt-35-turbo", "0125", 1)),
        azure.put(&second, deploy("gpt-35-turbo", "0125", 1))
    );
    assert_eq!(made.status, 201);
    met.meet(&refused, 409, "RequestConflict", Says::Provider);
    let other = ACCOUNT.replace("openai1", "openai2");
    met.meet(&azure.put(&other, account()).await, 409, "CustomDomainInUse", Says::Provider);
    azure.delete(ACCOUNT).await;
    met.meet(&azure.put(ACCOUNT, account()).await, 409, "FlagMustBeSetForRestore", Says::Provider);
    let mut foundry = account();
    foundry["kind"] = "AIServices".into();
    foundry["properties"] = json!({"customSubDomainName": "foundry", "allowProjectManagement": true});
    assert_eq!(azure.put(&other, foundry).await.status, 201);
    azure.wait(30).await;
    assert_eq!(
        azure
            .put(&child(&other.replace("2024-10-01", "2025-06-01"), "projects/p"), json!({"location": "westeurope"}))
            .await
            .status,
        201
    );
    met.meet(&azure.delete(&other).await, 409, "CannotDeleteResource", Says::Gateway);
}

async fn roles(met: &mut MatchedFault) {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let principal = made.body["properties"]["principalId"].as_str().unwrap().to_owned();
    met.meet(&azure.put(&assignments(GUID), assignment(&principal)).await, 400, "PrincipalNotFound", Says::Provider);
    azure.wait(60).await;
    met.meet(&azure.get(&assignments(GUID)).await, 404, "RoleAssignmentNotFound", Says::Provider);
    let mut unknown = assignment(&principal);
    unknown["properties"]["roleDefinitionId"] = ROLE.replace("b24988ac", "00000000").into();
    met.meet(&azure.put(&assignments(GUID), unknown).await, 404, "RoleDefinitionDoesNotExist", Says::Provider);
    assert_eq!(azure.put(&assignments(GUID), assignment(&principal)).await.status, 201);
    let other = GUID.replace("ed3c", "ed3d");
    let twin = azure.put(&assignments(&other), assignment(&principal)).await;
    met.meet(&twin, 409, "RoleAssignmentExists", Says::Provider);
    let mut moved = assignment(crate::ids::SIGNED_IN_OBJECT_ID);
    moved["properties"]["principalType"] = "User".into();
    let moved = azure.put(&assignments(GUID), moved).await;
    met.meet(&moved, 400, "RoleAssignmentUpdateNotPermitted", Says::Provider);
}

async fn general(met: &mut MatchedFault) {
    let azure = Client::new();
    azure.group().await;
    met.meet(&azure.get("/resourceGroups/lab").await, 400, "MissingApiVersionParameter", Says::Gateway);
    let versioned = |version: &str| format!("/resourceGroups/lab?api-version={version}");
    met.meet(&azure.get(&versioned("soon")).await, 400, "InvalidApiVersionParameter", Says::Gateway);
    let withdrawn = CLUSTER.replace("2025-08-01", "2023-01-02-preview");
    met.meet(&azure.get(&withdrawn).await, 400, "NoRegisteredProviderFound", Says::Gateway);
    let unknown = IDENTITY.replace("userAssigned", "teamAssigned");
    met.meet(&azure.get(&unknown).await, 404, "InvalidResourceType", Says::Gateway);
    azure.sandbox.control().unregister_provider("Microsoft.ContainerService").unwrap();
    met.meet(&azure.put(CLUSTER, cluster()).await, 409, "MissingSubscriptionRegistration", Says::Gateway);
    let lock = "/resourceGroups/lab/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01";
    azure.put(lock, json!({"properties": {"level": "CanNotDelete"}})).await;
    met.meet(&azure.delete(GROUP).await, 409, "ScopeLocked", Says::Gateway);
    let policy = "/providers/Microsoft.Authorization/policyAssignments/p?api-version=2023-04-01";
    let definition = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";
    let parameters = json!({"listOfAllowedLocations": {"value": ["eastus"]}});
    let made =
        azure.put(policy, json!({"properties": {"policyDefinitionId": definition, "parameters": parameters}})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let refused = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    met.meet(&refused, 403, "RequestDisallowedByPolicy", Says::Gateway);
    azure.sandbox.control().change_settings(|settings| settings.roles[0].role = "Reader".into()).unwrap();
    met.meet(&azure.delete(GROUP).await, 403, "AuthorizationFailed", Says::Gateway);
    azure.sandbox.control().change_settings(|settings| settings.durations.read = 0.0).unwrap();
    let mut throttled = azure.get(GROUP).await;
    while throttled.status == 200 {
        throttled = azure.get(GROUP).await;
        assert!(azure.sandbox.request_log().len() < 2000, "no limit is met");
    }
    met.meet(&throttled, 429, "SubscriptionRequestsThrottled", Says::Gateway);
}

async fn tokens(met: &mut MatchedFault) {
    let azure = Client::new();
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    let ask = async |token: &str| {
        let request = http::Request::get(&url).header("authorization", token).body(Bytes::new()).unwrap();
        got(azure.sandbox.handle(request).await)
    };
    let token = azure.bearer();
    azure.wait(3601).await;
    met.meet(&ask(&token).await, 401, "ExpiredAuthenticationToken", Says::Gateway);
    let application = azure.sandbox.directory().application(DEFAULT_CLIENT_ID).unwrap();
    let mut stranger = application.principal;
    stranger.tenant = uuid::Uuid::nil();
    let (now, hour) = (azure.sandbox.clock().now(), time::Duration::HOUR);
    // Signed here for another tenant, and signed elsewhere: as a token of the real Entra is.
    for signer in [azure.sandbox.signer(), Client::new().sandbox.signer()] {
        let token = signer.issue(&stranger, "https://management.azure.com", now, hour).unwrap();
        let refused = ask(&format!("Bearer {}", token.as_str())).await;
        met.meet(&refused, 401, "InvalidAuthenticationTokenTenant", Says::Gateway);
        assert!(refused.header("www-authenticate").contains(crate::ids::TENANT_ID), "where to sign in instead");
    }
}

/// The words of sections 1 to 8 of azure-facts.md that look like error codes.
fn named_in_the_facts() -> Option<BTreeSet<String>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/azure-facts.md");
    let Ok(facts) = std::fs::read_to_string(&path) else {
        println!("skipped: no facts at {}", path.display());
        return None;
    };
    let sections = &facts[facts.find("## 1. ").unwrap()..facts.find("## 9. ").unwrap()];
    let words = sections.split('`').skip(1).step_by(2);
    let is_code = |word: &&str| {
        let letters = word.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        letters && word.len() > 5 && word.starts_with(|c: char| c.is_ascii_uppercase())
    };
    Some(words.filter(is_code).map(str::to_owned).collect())
}

#[tokio::test(start_paused = true)]
async fn every_code_of_the_facts_is_answered_in_its_service_s_envelope() {
    let mut met = MatchedFault::default();
    groups(&mut met).await;
    clusters(&mut met).await;
    identities(&mut met).await;
    accounts(&mut met).await;
    roles(&mut met).await;
    general(&mut met).await;
    tokens(&mut met).await;
    let Some(named) = named_in_the_facts() else { return };
    assert!(named.len() > 40, "{named:?}");
    let missing: Vec<_> =
        named.iter().filter(|code| !met.0.contains(*code) && !NO_CODES.contains(&code.as_str())).collect();
    assert!(missing.is_empty(), "never answered: {missing:?}");
}
