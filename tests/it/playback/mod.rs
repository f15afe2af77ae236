//! The recipe's steps, run against the recorded answers to a create.

mod server;

use std::sync::Arc;
use std::time::Duration;

use azlab::azure::client::Azure;
use azlab::events::{Event, EventKind};
use azlab::lab::ids;
use azlab::lab::model::Choice;
use azlab::lab::spec::LabSpec;
use azlab::outcome::{Action, Outputs};
use azlab::recipe::account::{self, Account};
use azlab::recipe::cluster::Cluster;
use azlab::recipe::context::{Context, ParentLocks};
use azlab::recipe::deployment::{Deployed, Deployment};
use azlab::recipe::ensure::ensure;
use azlab::recipe::federated_credential::FederatedCredential;
use azlab::recipe::group::Group;
use azlab::recipe::identity::{self, Identity};
use azlab::recipe::provision::{Plan, provision};
use azlab::recipe::resource::Resource;
use azlab::recipe::role_assignment::RoleAssignment;
use azlab::values::ResourceKind;
use serde_json::json;
use tokio::sync::SetOnce;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::exchange::{SUBSCRIPTION, client};
use server::{LOCATION, PRINCIPAL, Playback};

const ISSUER: &str =
    "https://westus2.oic.prod-aks.azure.com/72f988bf-86f1-41af-91ab-2d7cd011db47/3603e430-2f2b-47c3-bea1-43c5236c5fd8/";
const ENDPOINT: &str = "https://asotestcogsvcaccbxfden.cognitiveservices.azure.com/";

/// A lab to be made on the playback.
struct Stage {
    server: Arc<Playback>,
    azure: Azure,
    ctx: Context,
    heard: UnboundedReceiver<Event>,
    lab: LabSpec,
    account: String,
}

impl Stage {
    fn set() -> Option<Self> {
        let lab = LabSpec::workshop("default", SUBSCRIPTION);
        let account = lab.account_name(0);
        let server = Playback::of(&lab, &account)?;
        let (azure, events, heard) = client(server.clone());
        let ctx = Context::new(azure.clone(), &events, ParentLocks::default(), &lab, azlab::hints::report);
        Some(Self { server, azure, ctx, heard, lab, account })
    }

    fn account_id(&self) -> String {
        ids::account(SUBSCRIPTION, &self.lab.group, &self.account)
    }

    /// Ensures `resource`, which is created, and once more, which changes nothing.
    async fn created<R: Resource>(&self, resource: &R) -> R::State {
        ensure(&self.ctx, resource).await.unwrap();
        let writes = self.azure.arm().counts().writes;
        let again = ensure(&self.ctx, resource).await.unwrap();
        let done: Vec<_> = self.ctx.ledger.changes().iter().map(|change| (change.resource, change.action)).collect();
        assert_eq!(done, [(R::KIND, Action::Created), (R::KIND, Action::Unchanged)]);
        assert_eq!(self.azure.arm().counts().writes, writes, "what is there is left alone");
        again
    }

    fn events(&mut self) -> Vec<EventKind> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).map(|event| event.kind).collect()
    }

    /// The service's own words about resources of `kind`.
    fn statuses(&mut self, kind: ResourceKind) -> Vec<String> {
        let status = |event| match event {
            EventKind::ResourceStatus { resource, status, .. } if resource == kind => Some(status),
            _ => None,
        };
        self.events().into_iter().filter_map(status).collect()
    }
}

fn choice() -> Choice {
    Choice { model: "gpt-35-turbo".into(), version: "0125".into(), sku: "Standard".into(), capacity: 10 }
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_and_known_as_ours() {
    let Some(stage) = Stage::set() else { return };
    let made = stage.created(&Group::new(&stage.lab, LOCATION, false)).await;
    assert_eq!(made.name.as_deref(), Some("myResourceGroup"));
    let written = stage.server.written("/resourcegroups/");
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["tags"]["azlab-lab"], "default");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_tells_its_issuer_before_the_first_poll_and_is_ready_after_the_last() {
    let Some(mut stage) = Stage::set() else { return };
    let issuer = SetOnce::new();
    let cluster = Cluster::new(&stage.lab, LOCATION, &issuer);
    let polls = stage.server.polls_left();
    let told = async {
        issuer.wait().await;
        stage.server.polls_left()
    };
    let (made, polls_left_when_told) = tokio::join!(stage.created(&cluster), told);
    assert_eq!(polls_left_when_told, polls);
    assert_eq!(stage.server.polls_left(), polls - 15, "15 recorded polls");
    assert_eq!(issuer.get().map(String::as_str), Some(ISSUER));
    assert_eq!(made.properties.unwrap().provisioning_state.as_deref(), Some("Succeeded"));
    assert_eq!(stage.statuses(ResourceKind::Cluster), ["InProgress"]);
}

#[tokio::test(start_paused = true)]
async fn an_identity_is_created_at_once_although_its_location_header_names_the_identity() {
    let Some(stage) = Stage::set() else { return };
    let made = stage.created(&Identity::new(&stage.lab, LOCATION)).await;
    assert_eq!(identity::principal_id(&made), Some(PRINCIPAL));
    assert_eq!(identity::client_id(&made), Some("6e6268a6-8da7-4035-8fa8-84d3279966ee"));
    let methods: Vec<_> = stage.server.asked().into_iter().map(|asked| asked.method.to_string()).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET"], "nothing is polled");
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_is_created_for_the_issuer_that_the_cluster_told() {
    let Some(stage) = Stage::set() else { return };
    let made = stage.created(&FederatedCredential::new(&stage.lab, &stage.lab.federated_credentials[0], ISSUER)).await;
    let properties = made.properties.unwrap();
    assert_eq!((properties.issuer.as_str(), properties.audiences), (ISSUER, vec!["api://AzureADTokenExchange".into()]));
    assert_eq!(properties.subject, "system:serviceaccount:default:ai-service-account");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_created_past_the_soft_deleted_accounts_of_others() {
    let Some(mut stage) = Stage::set() else { return };
    let made = stage.created(&Account::new(&stage.lab, &stage.account, LOCATION, false)).await;
    assert_eq!(account::endpoint(&made), Some(ENDPOINT));
    assert_eq!(stage.statuses(ResourceKind::OpenaiAccount), ["Updating"]);
    assert_eq!(stage.azure.arm().counts().deletes, 0, "what others deleted is not purged");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_created_with_the_model_that_was_chosen() {
    let Some(stage) = Stage::set() else { return };
    let spec = &stage.lab.deployments[0];
    let step = Deployment::new(&stage.lab.group, &stage.account, &stage.account_id(), spec, choice());
    let made = stage.created(&step).await;
    let Choice { model, version, sku, capacity } = choice();
    assert_eq!(Deployed::read(&made), Deployed { model, version, sku, capacity });
}

#[tokio::test(start_paused = true)]
async fn a_principal_that_is_not_known_yet_is_waited_for_as_often_as_it_was_recorded() {
    let Some(mut stage) = Stage::set() else { return };
    let step = RoleAssignment::new(SUBSCRIPTION, &stage.account_id(), PRINCIPAL);
    let began = stage.ctx.clock().now();
    let made = stage.created(&step).await;
    let properties = made.properties.unwrap();
    assert_eq!(properties.principal_id, PRINCIPAL);
    assert!(properties.role_definition_id.ends_with(ids::OPENAI_USER_ROLE));
    let written = stage.server.written("/roleassignments/");
    assert_eq!(written.len(), 6);
    assert!(written.iter().all(|one| one["properties"]["principalType"] == json!("ServicePrincipal")));
    let waited = |event: EventKind| match event {
        EventKind::ResourceWaiting { reason, retry_in_s, .. } => {
            Some((reason.contains("PrincipalNotFound"), retry_in_s))
        }
        _ => None,
    };
    let waits: Vec<_> = stage.events().into_iter().filter_map(waited).collect();
    assert_eq!(waits, [3.0, 6.0, 12.0, 15.0, 15.0].map(|pause| (true, pause)));
    assert!(stage.ctx.clock().since(began) >= Duration::from_secs(51), "3 + 6 + 12 + 15 + 15");
}

#[tokio::test(start_paused = true)]
async fn the_whole_recipe_makes_a_lab_of_the_recorded_answers() {
    let Some(stage) = Stage::set() else { return };
    let plan = Plan {
        lab: stage.lab.clone(),
        location: LOCATION.into(),
        account: stage.account.clone(),
        choices: vec![choice()],
        is_new: true,
        adopt: false,
    };
    let outputs = Box::pin(provision(&stage.ctx, &plan, None)).await.unwrap().outputs;
    let expected = Outputs {
        cluster: Some("myAKSCluster".into()),
        oidc_issuer: Some(ISSUER.into()),
        identity_client_id: Some("6e6268a6-8da7-4035-8fa8-84d3279966ee".into()),
        identity_principal_id: Some(PRINCIPAL.into()),
        openai_account: Some(stage.account.clone()),
        openai_endpoint: Some(ENDPOINT.into()),
        openai_deployment: Some("gpt-35-turbo".into()),
    };
    assert_eq!(outputs, expected);
    let done: Vec<_> = stage.ctx.ledger.changes().iter().map(|change| (change.resource, change.action)).collect();
    assert_eq!(done, ResourceKind::ALL.map(|kind| (kind, Action::Created)));
    assert_eq!(stage.server.polls_left(), 0);
    // One each, and the five that were refused.
    assert_eq!(stage.azure.arm().counts().writes, 7 + 5);
    let asked = stage.server.asked();
    let credential = asked.iter().position(|one| one.method == "PUT" && one.path().contains("federated")).unwrap();
    let ready = asked.iter().rposition(|one| one.path().contains("microsoft.containerservice/locations")).unwrap();
    assert!(credential < ready, "the federated credential does not wait for the cluster");
    assert_eq!(stage.server.written("federated")[0]["properties"]["issuer"], ISSUER);

    assert_eq!(Box::pin(provision(&stage.ctx, &plan, None)).await.unwrap().outputs, expected);
    assert_eq!(stage.azure.arm().counts().writes, 7 + 5, "a second run writes nothing");
}
