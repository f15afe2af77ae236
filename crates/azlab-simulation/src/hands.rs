//! What somebody else does in the same subscription: az, the portal, the workshop's own script, a colleague.

use azlab::lab::spec::LabSpec;
use azlab_sandbox::{SUBSCRIPTION_ID, Sandbox};
use bytes::Bytes;
use fastrand::Rng;
use http::Method;
use serde_json::{Value, json};

use super::plan::{DEPLOYMENT, pick};

const GROUPS: &str = "?api-version=2021-04-01";
const CLUSTERS: &str = "?api-version=2025-08-01";
const IDENTITIES: &str = "?api-version=2023-01-31";
const ACCOUNTS: &str = "?api-version=2024-10-01";
const ROLES: &str = "?api-version=2022-04-01";
const LOCKS: &str = "?api-version=2016-09-01";

/// The name of a lab's group.
pub fn group_of(lab: &str) -> String {
    LabSpec::workshop(lab, SUBSCRIPTION_ID).group
}

/// The subject that every lab trusts.
pub const SUBJECT: &str = "system:serviceaccount:default:ai-service-account";

/// The role Reader, which people give each other by hand.
pub const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// A version of gpt-35-turbo that is not the default one.
pub const OLDER: &str = "0613";

/// A way to break a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    CredentialDeleted,
    WrongSubject,
    WrongAudience,
    RoleDeleted,
    DeploymentDeleted,
    IdentityDeleted,
    IdentityMadeAnew,
    WorkloadIdentityOff,
    ClusterStopped,
    ClusterBeingDeleted,
    AccountDeleted,
    TagsLost,
    Locked,
    Unlocked,
    /// An autoscaler is turned on, which changes the count of the nodes from then on.
    Autoscaled,
    /// The deployment gets an older version of its model, which the service then moves to the default one.
    OlderVersion,
}

impl Break {
    /// Whether it leaves the lab as it is.
    pub fn is_about_locks(self) -> bool {
        matches!(self, Self::Locked | Self::Unlocked)
    }

    /// One that a repair puts right.
    pub fn any(rng: &mut Rng) -> Self {
        pick(
            rng,
            &[
                Self::CredentialDeleted,
                Self::WrongSubject,
                Self::WrongAudience,
                Self::RoleDeleted,
                Self::DeploymentDeleted,
                Self::IdentityDeleted,
                Self::IdentityMadeAnew,
                Self::WorkloadIdentityOff,
                Self::ClusterStopped,
                Self::ClusterBeingDeleted,
                Self::AccountDeleted,
                Self::TagsLost,
            ],
        )
    }
}

/// Somebody with every right and no azlab, at work on one lab.
#[derive(Clone)]
pub struct Hands {
    sandbox: Sandbox,
    /// The subscription that they are at work in.
    subscription: String,
    /// The lab's group.
    group: String,
    /// The name that azlab gives to the lab's account.
    account: String,
}

fn group(name: &str) -> String {
    format!("/resourceGroups/{name}")
}

fn identity(of: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", group(of))
}

fn account(of: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.CognitiveServices/accounts/{name}", group(of))
}

impl Hands {
    /// At work on `lab`.
    pub fn on(sandbox: &Sandbox, lab: &str) -> Self {
        let spec = LabSpec::workshop(lab, SUBSCRIPTION_ID);
        Self::in_group(sandbox, SUBSCRIPTION_ID, &spec.group, &spec.account_name(0))
    }

    /// At work in a group, whose account azlab calls so.
    pub fn in_group(sandbox: &Sandbox, subscription: &str, group: &str, account: &str) -> Self {
        Self {
            sandbox: sandbox.clone(),
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            account: account.to_owned(),
        }
    }

    /// The name that azlab gives to the lab's account.
    pub fn account_name(&self) -> &str {
        &self.account
    }

    fn cluster(&self) -> String {
        format!("{}/providers/Microsoft.ContainerService/managedClusters/myAKSCluster", group(&self.group))
    }

    fn credential(&self, name: &str) -> String {
        format!("{}/federatedIdentityCredentials/{name}", identity(&self.group, "myIdentity"))
    }

    /// Sends a request; `path` is below the subscription.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let who = self.sandbox.directory().default_application();
        let (now, hour) = (self.sandbox.clock().now(), time::Duration::HOUR);
        let token = self.sandbox.signer().issue(&who.principal, "https://management.azure.com", now, hour);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://management.azure.com/subscriptions/{}{path}", self.subscription))
            .header("authorization", format!("Bearer {}", token.expect("a token").as_str()))
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
            .expect("a request");
        let (parts, body) = self.sandbox.handle(request).await.into_parts();
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The body, or null if it is not there.
    async fn get(&self, path: &str, version: &str) -> Value {
        match self.send(Method::GET, &format!("{path}{version}"), None).await {
            (200, body) => body,
            _ => Value::Null,
        }
    }

    async fn put(&self, path: &str, version: &str, body: Value) -> Value {
        let (status, answer) = self.send(Method::PUT, &format!("{path}{version}"), Some(body)).await;
        assert!((200..300).contains(&status), "the hands' PUT {path}: {status} {answer}");
        answer
    }

    async fn delete(&self, path: &str, version: &str) {
        let (status, answer) = self.send(Method::DELETE, &format!("{path}{version}"), None).await;
        assert!((200..300).contains(&status), "the hands' DELETE {path}: {status} {answer}");
    }

    async fn pass(&self, seconds: f64) {
        self.sandbox.clock().sleep(std::time::Duration::from_secs_f64(seconds)).await;
    }

    /// Waits until a group's deletion and whatever else is under way is over.
    pub async fn settle(&self) {
        while let Some(last) =
            self.sandbox.inventory().ok().and_then(|all| all.operations.iter().map(|one| one.done).max())
        {
            self.pass((last - self.sandbox.clock().now()).as_seconds_f64().max(0.0) + 0.1).await;
        }
    }

    /// Group, cluster, identity, credential, account, deployment, role assignment: what a lab has, with `tags` on the group.
    pub async fn lab(&self, tags: Value, account_called: &str, credential_called: &str) {
        self.put(&group(&self.group), GROUPS, json!({"location": "westeurope", "tags": tags})).await;
        let asked = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "nodepool1", "count": 2, "vmSize": "Standard_D2s_v5", "mode": "System"}],
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}}}});
        let made = self.put(&self.cluster(), CLUSTERS, asked).await;
        let issuer = made["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
        let made = self.put(&identity(&self.group, "myIdentity"), IDENTITIES, json!({"location": "westeurope"})).await;
        let principal = made["properties"]["principalId"].as_str().unwrap_or_default().to_owned();
        self.openai(&self.group, account_called, &tags).await;
        self.settle().await;
        self.pass(5.0).await;
        self.trust(credential_called, &issuer, SUBJECT).await;
        let deployment = json!({"sku": {"name": "Standard", "capacity": 1},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0125"}}});
        let account = account(&self.group, account_called);
        self.put(&format!("{account}/deployments/{DEPLOYMENT}"), ACCOUNTS, deployment).await;
        self.pass(130.0).await;
        let scope = format!("/subscriptions/{SUBSCRIPTION_ID}{account}");
        // As azlab names it for a lab of its own; a random guid for one that az made.
        let name = match credential_called {
            "myFederatedCredential" => {
                azlab::lab::ids::role_assignment_name(&scope, &principal, azlab::lab::ids::OPENAI_USER_ROLE)
            }
            _ => "7f1de6a0-1111-4222-8333-944444444444".to_owned(),
        };
        self.role(&account, &name, &principal).await;
        self.pass(10.0).await;
    }

    async fn openai(&self, of: &str, name: &str, tags: &Value) {
        self.openai_at(of, name, name, tags).await;
    }

    async fn openai_at(&self, of: &str, name: &str, subdomain: &str, tags: &Value) {
        let body = json!({"location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "tags": tags,
            "properties": {"customSubDomainName": subdomain}});
        self.put(&account(of, name), ACCOUNTS, body).await;
    }

    async fn trust(&self, name: &str, issuer: &Value, subject: &str) {
        let body =
            json!({"properties": {"issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}});
        self.put(&self.credential(name), IDENTITIES, body).await;
    }

    async fn role(&self, account: &str, name: &str, principal: &str) {
        let role = azlab::lab::ids::role_definition(SUBSCRIPTION_ID, azlab::lab::ids::OPENAI_USER_ROLE);
        let body = json!({"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}});
        self.put(&format!("{account}/providers/Microsoft.Authorization/roleAssignments/{name}"), ROLES, body).await;
    }

    /// The lab's group is deleted, and its account not purged.
    pub async fn leaves_a_deleted_account(&self, tags: Value) {
        self.put(&group(&self.group), GROUPS, json!({"location": "westeurope", "tags": tags})).await;
        self.openai(&self.group, &self.account, &tags).await;
        self.settle().await;
        self.delete(&group(&self.group), GROUPS).await;
        self.settle().await;
    }

    /// Somebody else's group has the lab's name, with things in it that have the lab's names too.
    pub async fn takes_our_name(&self) {
        self.put(&group(&self.group), GROUPS, json!({"location": "westeurope", "tags": {"course": "42"}})).await;
        self.put(
            &identity(&self.group, "myIdentity"),
            IDENTITIES,
            json!({"location": "westeurope", "tags": {"of": "others"}}),
        )
        .await;
        self.openai(&self.group, "theiropenai", &json!({"of": "others"})).await;
        self.settle().await;
    }

    /// Somebody else's account has the subdomain that azlab would take first.
    pub async fn takes_our_subdomain(&self) {
        self.put(&group("takers"), GROUPS, json!({"location": "westeurope", "tags": {"course": "42"}})).await;
        self.openai_at("takers", "takersopenai", &self.account, &json!({"of": "others"})).await;
        self.settle().await;
    }

    /// A group, an account and a soft-deleted account of somebody else's, and a lab of ours by another name.
    pub async fn neighbours(&self) {
        self.neighbours_called("").await;
    }

    /// The same, with a subdomain's ending: no two subscriptions have one.
    async fn neighbours_called(&self, ending: &str) {
        let [one, other, annas] = ["theiropenai1", "theiropenai2", "annasopenai"].map(|name| format!("{name}{ending}"));
        self.put(&group("theirs"), GROUPS, json!({"location": "westeurope", "tags": {"course": "42"}})).await;
        self.put(&identity("theirs", "theirIdentity"), IDENTITIES, json!({"location": "westeurope"})).await;
        self.openai("theirs", &one, &json!({"of": "others"})).await;
        self.openai("theirs", &other, &json!({"of": "others"})).await;
        let tags = json!({"azlab-workshop": "intelligent-apps-aks", "azlab-lab": "anna"});
        self.put(&group("myResourceGroup-anna"), GROUPS, json!({"location": "westeurope", "tags": tags})).await;
        self.openai("myResourceGroup-anna", &annas, &tags).await;
        self.settle().await;
        self.delete(&account("theirs", &other), ACCOUNTS).await;
        self.delete(&account("myResourceGroup-anna", &annas), ACCOUNTS).await;
    }

    /// The same in any subscription, and a role of somebody's on the group and on the subscription.
    pub async fn neighbours_of_a_class(&self, principal: &str) {
        self.neighbours_called(&self.subscription[..4]).await;
        self.grants("7f1de6a0-3333-4222-8222-944444444444", READER, principal).await;
        let path = "/providers/Microsoft.Authorization/roleAssignments/7f1de6a0-3333-4222-8222-944444444445";
        self.put(path, ROLES, self.assignment(READER, principal)).await;
    }

    /// Gives somebody a role on the group, by hand; the assignment's id. `None` if it is there already.
    pub async fn grants(&self, name: &str, role: &str, principal: &str) -> Option<String> {
        let path = format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", group(&self.group));
        let body = self.assignment(role, principal);
        let (status, answer) = self.send(Method::PUT, &format!("{path}{ROLES}"), Some(body)).await;
        (status == 201).then(|| answer["id"].as_str().unwrap_or_default().to_owned())
    }

    fn assignment(&self, role: &str, principal: &str) -> Value {
        let role = azlab::lab::ids::role_definition(&self.subscription, role);
        json!({"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "User"}})
    }

    /// Breaks the lab, and tells whether it did: what is not there, or does not show yet, cannot be broken.
    pub async fn breaks(&self, what: Break) -> bool {
        self.settle().await;
        self.pass(5.0).await;
        if self.get(&group(&self.group), GROUPS).await.is_null() || self.get(&self.cluster(), CLUSTERS).await.is_null()
        {
            return false;
        }
        let all = self.sandbox.inventory().expect("the inventory").resources;
        let of_the_lab = |id: &str| id.contains(&format!("/resourceGroups/{}/", self.group));
        let found =
            all.iter().find(|one| one.resource_type.ends_with("cognitiveservices/accounts") && of_the_lab(&one.id));
        let name =
            found.and_then(|one| one.id.rsplit('/').next().map(str::to_owned)).unwrap_or_else(|| self.account.clone());
        let account = account(&self.group, &name);
        let fic = self.credential("myFederatedCredential");
        match what {
            Break::CredentialDeleted => self.delete(&fic, IDENTITIES).await,
            Break::WrongSubject => {
                let issuer =
                    self.get(&self.cluster(), CLUSTERS).await["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
                self.trust("myFederatedCredential", &issuer, "system:serviceaccount:default:other").await;
            }
            Break::WrongAudience => {
                let mut body = json!({"properties": self.get(&fic, IDENTITIES).await["properties"]});
                if body["properties"].is_object() {
                    body["properties"]["audiences"] = json!(["api://other"]);
                    self.put(&fic, IDENTITIES, body).await;
                }
            }
            Break::RoleDeleted => {
                let roles = format!("{account}/providers/Microsoft.Authorization/roleAssignments");
                let all = self.get(&roles, &format!("{ROLES}&$filter=atScope()")).await;
                for one in all["value"].as_array().into_iter().flatten() {
                    let id = one["id"].as_str().unwrap_or_default();
                    if let Some((_, below)) =
                        id.split_once(&self.subscription).filter(|(_, below)| below.contains("accounts"))
                    {
                        self.delete(below, ROLES).await;
                    }
                }
            }
            Break::DeploymentDeleted => self.delete(&format!("{account}/deployments/{DEPLOYMENT}"), ACCOUNTS).await,
            Break::IdentityDeleted => self.delete(&identity(&self.group, "myIdentity"), IDENTITIES).await,
            Break::IdentityMadeAnew => {
                self.delete(&identity(&self.group, "myIdentity"), IDENTITIES).await;
                self.pass(10.0).await;
                self.put(&identity(&self.group, "myIdentity"), IDENTITIES, json!({"location": "westeurope"})).await;
            }
            Break::WorkloadIdentityOff => {
                let mut body = self.get(&self.cluster(), CLUSTERS).await;
                body["properties"]["securityProfile"]["workloadIdentity"]["enabled"] = json!(false);
                self.put(&self.cluster(), CLUSTERS, body).await;
            }
            Break::ClusterStopped => {
                let (status, answer) =
                    self.send(Method::POST, &format!("{}/stop{CLUSTERS}", self.cluster()), None).await;
                assert!((200..300).contains(&status), "the hands' stop: {status} {answer}");
            }
            Break::ClusterBeingDeleted => {
                self.delete(&self.cluster(), CLUSTERS).await;
                return true;
            }
            Break::AccountDeleted => self.delete(&account, ACCOUNTS).await,
            Break::TagsLost => {
                let tags = json!({"azlab-workshop": "intelligent-apps-aks", "course": "42"});
                self.put(&group(&self.group), GROUPS, json!({"location": "westeurope", "tags": tags})).await;
            }
            Break::Autoscaled => {
                let mut body = self.get(&self.cluster(), CLUSTERS).await;
                let pool = &mut body["properties"]["agentPoolProfiles"][0];
                for (name, value) in
                    [("enableAutoScaling", json!(true)), ("minCount", json!(1)), ("maxCount", json!(5))]
                {
                    pool[name] = value;
                }
                self.put(&self.cluster(), CLUSTERS, body).await;
            }
            Break::OlderVersion => {
                let place = format!("{account}/deployments/{DEPLOYMENT}");
                let deployment = self.get(&place, ACCOUNTS).await;
                if deployment["properties"]["model"]["name"] == "gpt-35-turbo" {
                    let model = json!({"format": "OpenAI", "name": "gpt-35-turbo", "version": OLDER});
                    let body = json!({"sku": deployment["sku"], "properties": {"model": model}});
                    self.put(&place, ACCOUNTS, body).await;
                }
            }
            Break::Locked => {
                let lock = format!("{}/providers/Microsoft.Authorization/locks/keep", group(&self.group));
                self.put(&lock, LOCKS, json!({"properties": {"level": "CanNotDelete"}})).await;
            }
            Break::Unlocked => {
                let lock = format!("{}/providers/Microsoft.Authorization/locks/keep", group(&self.group));
                self.delete(&lock, LOCKS).await;
            }
        }
        self.settle().await;
        true
    }
}
