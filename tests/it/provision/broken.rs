//! The ways in which labs are found broken on the day, each done by another tool's hand, with what repairs it.

use azlab::outcome::plan::PlannedAction;
use azlab::values::ResourceKind;
use http::Method;
use serde_json::json;

use super::fixture::{Azure, CLUSTER, GROUP, IDENTITY, account, child, federated_credential, trust};

/// A way to break a lab.
pub struct Breakage {
    /// What happened.
    pub what: &'static str,
    /// What is to be done, in the order of a result; everything else is kept.
    pub repair: &'static [(ResourceKind, PlannedAction)],
}

use PlannedAction::{Change, Create, Purge};
use ResourceKind::{
    Cluster, FederatedCredential, Identity, ModelDeployment, OpenaiAccount, ResourceGroup, RoleAssignment,
};

/// All of them.
pub const BREAKAGES: [Breakage; 14] = [
    Breakage { what: "nothing", repair: &[] },
    Breakage { what: "federated credential deleted", repair: &[(FederatedCredential, Create)] },
    Breakage { what: "wrong subject", repair: &[(FederatedCredential, Change)] },
    Breakage { what: "wrong audience", repair: &[(FederatedCredential, Change)] },
    Breakage { what: "role assignment deleted", repair: &[(RoleAssignment, Create)] },
    Breakage { what: "deployment deleted", repair: &[(ModelDeployment, Create)] },
    Breakage { what: "identity re-created", repair: &[(FederatedCredential, Create), (RoleAssignment, Create)] },
    Breakage {
        what: "identity deleted",
        repair: &[(Identity, Create), (FederatedCredential, Create), (RoleAssignment, Create)],
    },
    Breakage { what: "workload identity switched off", repair: &[(Cluster, Change)] },
    Breakage { what: "cluster stopped", repair: &[(Cluster, Change)] },
    Breakage { what: "cluster stopped without workload identity", repair: &[(Cluster, Change)] },
    Breakage { what: "cluster being deleted", repair: &[(Cluster, Create), (FederatedCredential, Change)] },
    Breakage {
        what: "account deleted",
        repair: &[(OpenaiAccount, Purge), (OpenaiAccount, Create), (ModelDeployment, Create), (RoleAssignment, Create)],
    },
    Breakage { what: "tags lost", repair: &[(ResourceGroup, Change)] },
];

impl Azure {
    /// Breaks the lab `default`.
    pub async fn breaks(&self, what: &str) {
        let name = self.provision("--dry-run").await.outputs().openai_account.clone().unwrap();
        let account = account(&name);
        let fic = federated_credential("myFederatedCredential");
        self.pass(30.0).await;
        match what {
            "nothing" => {}
            "federated credential deleted" => self.delete(&fic).await,
            "wrong subject" => {
                let have = self.get(&fic).await["properties"]["issuer"].clone();
                self.put(&fic, trust(&have, "system:serviceaccount:default:other")).await;
            }
            "wrong audience" => {
                let mut have = self.get(&fic).await;
                have["properties"]["audiences"] = json!(["api://other"]);
                self.put(&fic, json!({"properties": have["properties"]})).await;
            }
            "role assignment deleted" => {
                let roles =
                    account.replace("?api-version=2024-10-01", "/providers/Microsoft.Authorization/roleAssignments");
                let all = self.get(&format!("{roles}?api-version=2022-04-01&$filter=atScope()")).await;
                let scope = account.split('?').next().unwrap().to_lowercase();
                let is_here = |one: &&serde_json::Value| {
                    one["properties"]["scope"].as_str().unwrap().to_lowercase().ends_with(&scope)
                };
                let ours = all["value"].as_array().unwrap().iter().find(is_here).unwrap();
                let name = ours["name"].as_str().unwrap();
                self.delete(&format!("{roles}/{name}?api-version=2022-04-01")).await;
            }
            "deployment deleted" => self.delete(&child(&account, "deployments", "gpt-35-turbo")).await,
            "identity re-created" => {
                self.delete(IDENTITY).await;
                self.pass(10.0).await;
                self.put(IDENTITY, json!({"location": "westeurope"})).await;
            }
            "identity deleted" => self.delete(IDENTITY).await,
            "workload identity switched off" => self.switches_workload_identity_off().await,
            "cluster stopped" => self.stops_the_cluster().await,
            "cluster stopped without workload identity" => {
                self.switches_workload_identity_off().await;
                self.stops_the_cluster().await;
            }
            "cluster being deleted" => self.delete(CLUSTER).await,
            "account deleted" => self.delete(&account).await,
            "tags lost" => {
                let tags = json!({"azlab-workshop": "intelligent-apps-aks"});
                self.put(GROUP, json!({"location": "westeurope", "tags": tags})).await;
            }
            other => panic!("{other}"),
        }
        self.pass(30.0).await;
    }

    async fn switches_workload_identity_off(&self) {
        let mut cluster = self.get(CLUSTER).await;
        cluster["properties"]["securityProfile"]["workloadIdentity"]["enabled"] = json!(false);
        self.put(CLUSTER, cluster).await;
        self.pass(600.0).await;
    }

    /// As `az aks stop` does.
    pub async fn stops_the_cluster(&self) {
        let stopped = self.send(Method::POST, &CLUSTER.replace('?', "/stop?"), None).await;
        assert_eq!(stopped.status, 202, "{}", stopped.body);
        self.pass(600.0).await;
    }

    /// The requests so far that may change something.
    pub fn changing_requests(&self) -> usize {
        let log = self.sandbox.request_log();
        log.iter().filter(|one| one.method != Method::GET && one.method != Method::HEAD).count()
    }
}
