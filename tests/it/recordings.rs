//! Every recorded exchange with Azure goes through the client: what was granted into the SDK's types, what was refused
//! into typed codes. Nothing that was recorded is left out without a word.

use std::collections::{BTreeMap, BTreeSet};

use azlab::azure::accounts::{Account, Deployment};
use azlab::azure::arm::Reply;
use azlab::azure::body::parse;
use azlab::azure::client::Azure;
use azlab::azure::clusters::ManagedCluster;
use azlab::azure::code::Code;
use azlab::azure::error::Error;
use azlab::azure::groups::ResourceGroup;
use azlab::azure::identities::{FederatedIdentityCredential, Identity};
use azlab::azure::roles::{RoleAssignment, RoleAssignmentCreateParameters};
use azlab::recipe::cluster::issuer;
use azlab::recipe::deployment::Deployed;
use azlab::recipe::soft_deleted_account::SoftDeletedAccount;
use azlab::recipe::{account, identity};
use azure_mgmt_cognitiveservices::package_2024_10::models as cognitive;
use azure_mgmt_containerservice::package_preview_2023_01::models as containers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::macros::datetime;

use super::exchange::{Answers, Exchange, SUBSCRIPTION, client, recording, recordings, replay};
use super::recorded_operations::operations;

/// Kinds of exchanges that the SDK of today has no type for, how many answers with a body there are, and why.
const WITHOUT_A_TYPE: &[(&str, usize, &str)] =
    &[("projects", 5, "Foundry projects came with 2025-06-01, the newest published crate speaks 2024-10-01")];

/// What was done with an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Handled {
    /// Read into the SDK's type.
    Read,
    /// Refused, with a typed code.
    Refused,
    /// Granted without a body: a DELETE's.
    Empty,
    /// A poll of an operation; operations.rs drives it.
    Poll,
    /// See [`WITHOUT_A_TYPE`].
    WithoutType,
}

/// What the client makes of a recorded answer.
enum Seen {
    /// The SDK's type, written as JSON again.
    Model(Value),
    /// The resource does not exist.
    Absent,
    /// The client has no call for it.
    NoCall,
}

fn model<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<Seen, Error> {
    written(&parse::<T>("the recorded body", body)?)
}

fn written<T: Serialize>(model: &T) -> Result<Seen, Error> {
    Ok(Seen::Model(serde_json::to_value(model).expect("models can be written")))
}

fn found<T: Serialize>(model: Option<T>) -> Result<Seen, Error> {
    model.map_or(Ok(Seen::Absent), |model| written(&model))
}

fn listed<T: Serialize>(models: Vec<T>) -> Result<Seen, Error> {
    written(&json!({ "value": models }))
}

/// The recorded request in the SDK's type.
fn asked<T: DeserializeOwned>(exchange: &Exchange) -> T {
    parse("the recorded request", exchange.request_body.to_string().as_bytes()).expect("the SDK's type")
}

/// A path's segments below the subscription, in lower case, without the words `providers`.
fn place(path: &str) -> Vec<&str> {
    path.trim_start_matches("/subscriptions/")
        .split('/')
        .skip(1)
        .filter(|segment| !segment.is_empty() && *segment != "providers")
        .collect()
}

fn is_poll(path: &str) -> bool {
    let place = place(path);
    place.len() >= 2 && matches!(place[place.len() - 2], "operations" | "operationresults")
}

/// Makes the client's call that fits the exchange.
async fn call(azure: &Azure, exchange: &Exchange) -> Result<Seen, Error> {
    let path = exchange.path();
    let put = exchange.method == "PUT";
    let is = |method: &str| exchange.method == method;
    match place(&path)[..] {
        ["resourcegroups", g] if is("GET") => found(azure.group(g).await?),
        ["resourcegroups", g] if put => model::<ResourceGroup>(&azure.put_group(g, asked(exchange)).await?.body),
        ["resourcegroups", g, "microsoft.containerservice", "managedclusters", c] if is("GET") => {
            found(azure.cluster(g, c).await?)
        }
        ["resourcegroups", g, "microsoft.containerservice", "managedclusters", c] if put => {
            model::<ManagedCluster>(&azure.put_cluster(g, c, asked(exchange)).await?.body)
        }
        ["resourcegroups", g, "microsoft.managedidentity", "userassignedidentities", i] if is("GET") => {
            found(azure.identity(g, i).await?)
        }
        ["resourcegroups", g, "microsoft.managedidentity", "userassignedidentities", i] if put => {
            model::<Identity>(&azure.put_identity(g, i, asked(exchange)).await?.body)
        }
        ["resourcegroups", g, "microsoft.managedidentity", _, i, "federatedidentitycredentials"] => {
            listed(azure.federated_credentials(g, i).await?)
        }
        ["resourcegroups", g, "microsoft.managedidentity", _, i, "federatedidentitycredentials", n] if put => {
            let reply = azure.put_federated_credential(g, i, n, asked(exchange)).await?;
            model::<FederatedIdentityCredential>(&reply.body)
        }
        ["resourcegroups", g, "microsoft.cognitiveservices", "accounts", a] if is("GET") => {
            found(azure.account(g, a).await?)
        }
        ["resourcegroups", g, "microsoft.cognitiveservices", "accounts", a] if put => {
            model::<Account>(&azure.put_account(g, a, asked(exchange)).await?.body)
        }
        ["resourcegroups", g, "microsoft.cognitiveservices", "accounts", a, "deployments", d] if is("GET") => {
            found(azure.deployment(g, a, d).await?)
        }
        ["resourcegroups", g, "microsoft.cognitiveservices", "accounts", a, "deployments", d] if put => {
            model::<Deployment>(&azure.put_deployment(g, a, d, asked(exchange)).await?.body)
        }
        ["resourcegroups", g, "microsoft.authorization", "roleassignments", n] if put => {
            let scope = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{g}");
            let reply = azure.put_role_assignment(&scope, n, asked::<RoleAssignmentCreateParameters>(exchange)).await?;
            model::<RoleAssignment>(&reply.body)
        }
        ["microsoft.cognitiveservices", "deletedaccounts"] => listed(azure.deleted_accounts().await?),
        ["microsoft.cognitiveservices", "locations", l, "resourcegroups", g, "deletedaccounts", n] if is("GET") => {
            found(azure.deleted_account(l, g, n).await?)
        }
        ["microsoft.cognitiveservices", "locations", l, "models"] => listed(azure.models(l).await?),
        ["microsoft.cognitiveservices", "locations", l, "usages"] => listed(azure.usages(l).await?),
        _ => Ok(Seen::NoCall),
    }
}

/// Reads what the client has no call for into the SDK's type of that operation; `None` where the SDK has none.
fn read(exchange: &Exchange, reply: &Reply) -> Result<Option<Seen>, Error> {
    let path = exchange.path();
    let place = place(&path);
    let kind = |back: usize| place.len().checked_sub(back).map(|at| place[at]).unwrap_or_default();
    let seen = match (kind(1), kind(2)) {
        ("listkeys", _) => model::<cognitive::ApiKeys>(&reply.body)?,
        ("listclusteradmincredential" | "listclusterusercredential", _) => {
            model::<containers::CredentialResults>(&reply.body)?
        }
        (_, "agentpools") => model::<containers::AgentPool>(&reply.body)?,
        (_, "maintenanceconfigurations") => model::<containers::MaintenanceConfiguration>(&reply.body)?,
        (_, "federatedidentitycredentials") => model::<FederatedIdentityCredential>(&reply.body)?,
        (_, "roleassignments") => model::<RoleAssignment>(&reply.body)?,
        (_, kind) if WITHOUT_A_TYPE.iter().any(|(name, ..)| *name == kind) => return Ok(None),
        _ => panic!("nothing here reads {} {}", exchange.method, exchange.url),
    };
    Ok(Some(seen))
}

/// The last word of the type of what is at a path: `deployments`.
fn kind_of(path: &str) -> &str {
    let place = place(path);
    match place[place.len() - 1] {
        list @ ("models" | "usages" | "deletedaccounts" | "federatedidentitycredentials") => list,
        _ => path.rsplit('/').nth(1).unwrap_or_default(),
    }
}

/// Runs one exchange through the client, and says what came of it.
async fn handle(exchange: &Exchange) -> Handled {
    let label = format!("{} {} ({})", exchange.method, exchange.url, exchange.seq);
    let path = exchange.path();
    if is_poll(&path) {
        return Handled::Poll;
    }
    let answered = replay(exchange).await;
    let answers = Answers::new([exchange.response()]);
    let (azure, ..) = client(answers.clone());
    let seen = call(&azure, exchange).await;
    if !matches!(seen, Ok(Seen::NoCall)) {
        let asked = answers.asked();
        assert_eq!(asked.len(), 1, "{label}: one request");
        assert_eq!((asked[0].method.as_str(), asked[0].path()), (exchange.method.as_str(), path.clone()), "{label}");
    }
    let reply = match answered {
        Err(error) => {
            check_refusal(exchange, &error, &label);
            match seen {
                Ok(Seen::Absent) => assert_eq!(exchange.status(), 404, "{label}"),
                Ok(Seen::NoCall) => {}
                Ok(Seen::Model(model)) => panic!("{label}: refused, and yet {model}"),
                Err(seen) => assert_eq!(seen.code(), error.code(), "{label}: the SDK kept the error"),
            }
            return Handled::Refused;
        }
        Ok(reply) => reply,
    };
    assert_eq!(reply.status, exchange.status(), "{label}");
    if reply.body.is_empty() {
        assert_eq!(exchange.method, "DELETE", "{label}: only a DELETE is granted without a word");
        return Handled::Empty;
    }
    let seen = match seen.unwrap_or_else(|error| panic!("{label}: {error}")) {
        Seen::NoCall => read(exchange, &reply).unwrap_or_else(|error| panic!("{label}: {error}")),
        seen => Some(seen),
    };
    match seen {
        Some(Seen::Model(_)) => Handled::Read,
        Some(_) => panic!("{label}: granted, and yet not seen"),
        None => Handled::WithoutType,
    }
}

fn check_refusal(exchange: &Exchange, error: &Error, label: &str) {
    let error = error.service().unwrap_or_else(|| panic!("{label}: {error}"));
    // AKS's own errors are flat (azure-facts.md, "What changes the design" 4).
    let recorded = exchange.response_body.get("error").unwrap_or(&exchange.response_body);
    assert_eq!(error.status, exchange.status(), "{label}");
    assert_eq!(error.code.as_str(), recorded["code"].as_str().expect("a code"), "{label}");
    assert!(!matches!(error.code, Code::Other(_)), "{label}: {} has no type", error.code);
    assert_eq!(Some(error.message()), recorded["message"].as_str(), "{label}");
    assert_eq!(error.envelope.target.as_deref(), recorded["target"].as_str(), "{label}");
    let details: Vec<_> =
        recorded["details"].as_array().into_iter().flatten().map(|one| one["code"].as_str()).collect();
    assert_eq!(error.envelope.details.iter().map(|one| one.code.as_deref()).collect::<Vec<_>>(), details, "{label}");
    assert_eq!((error.method.clone(), error.resource.to_ascii_lowercase()), (exchange.method(), exchange.path()));
}

#[tokio::test(start_paused = true)]
async fn every_recorded_exchange_is_read_for_what_it_was() {
    let Some(recordings) = recordings() else { return };
    let mut without_type = BTreeMap::<_, usize>::new();
    for recording in recordings {
        let exchanges = recording.exchanges();
        let driven: BTreeSet<u32> =
            operations(&exchanges).into_iter().flat_map(|one| one.polls).map(|poll| poll.seq).collect();
        let mut tally = BTreeMap::<Handled, usize>::new();
        for exchange in &exchanges {
            let handled = handle(exchange).await;
            *tally.entry(handled).or_default() += 1;
            if handled == Handled::Poll {
                assert!(driven.contains(&exchange.seq), "{}: {} polls nothing", recording.name, exchange.url);
            }
            if handled == Handled::WithoutType {
                *without_type.entry(kind_of(&exchange.path()).to_owned()).or_default() += 1;
            }
        }
        assert_eq!(tally.values().sum::<usize>(), recording.lines.len(), "{}: {tally:?}", recording.name);
        assert_eq!(tally.get(&Handled::Poll).copied().unwrap_or_default(), driven.len(), "{}", recording.name);
    }
    let expected = WITHOUT_A_TYPE.iter().map(|(kind, count, _)| ((*kind).to_owned(), *count)).collect();
    assert_eq!(without_type, expected, "exempt kinds");
}

#[tokio::test(start_paused = true)]
async fn what_a_lab_tells_its_user_is_found_in_the_recorded_bodies() {
    let Some(clusters) = recording("managed_cluster_workload_identity_create.jsonl") else { return };
    let created: ManagedCluster = parsed(&clusters[1]);
    assert_eq!(
        issuer(&created),
        Some(
            "https://westus2.oic.prod-aks.azure.com/72f988bf-86f1-41af-91ab-2d7cd011db47/3603e430-2f2b-47c3-bea1-43c5236c5fd8/"
        ),
    );
    let identities = recording("managed_identity_crud.jsonl").expect("a recording");
    let made: Identity = parsed(&identities[2]);
    assert_eq!(identity::principal_id(&made), Some("fb25ca0a-e028-430c-8099-5b17b40521fe"));
    assert_eq!(identity::client_id(&made), Some("6e6268a6-8da7-4035-8fa8-84d3279966ee"));
    let accounts = recording("openai_account_and_deployment_crud.jsonl").expect("a recording");
    let made: Account = parsed(&accounts[2]);
    assert_eq!(account::endpoint(&made), Some("https://asotestcogsvcaccbxfden.cognitiveservices.azure.com/"));
    let deployed = |model: &str, capacity| Deployed {
        model: model.into(),
        version: "2024-11-20".into(),
        sku: "Standard".into(),
        capacity,
    };
    assert_eq!(Deployed::read(&parsed(&accounts[14])), deployed("gpt-4o", 1));
    assert_eq!(Deployed::read(&parsed(&accounts[17])), deployed("gpt-4o", 2));
}

#[tokio::test(start_paused = true)]
async fn every_recorded_soft_deleted_account_can_be_found_and_purged() {
    let Some(exchanges) = recording("account_soft_delete_purge_restore.jsonl") else { return };
    let list = &exchanges[11];
    let (azure, ..) = client(Answers::new([list.response()]));
    let deleted = azure.deleted_accounts().await.unwrap();
    let ids: Vec<_> = list.response_body["value"].as_array().unwrap().iter().map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), 114);
    let deleted_accounts: Vec<_> =
        deleted.iter().map(|one| SoftDeletedAccount::read(one).expect("a soft-deleted account")).collect();
    assert_eq!(
        deleted_accounts.iter().map(|deleted_account| Some(deleted_account.id.as_str())).collect::<Vec<_>>(),
        ids
    );
    for deleted_account in &deleted_accounts {
        assert!(deleted_account.holds(&deleted_account.name, &deleted_account.group, &deleted_account.location));
        // What a purge asks for is the very id that was told.
        let answers = Answers::new([exchanges[9].response()]);
        let (azure, ..) = client(answers.clone());
        azure.purge_account(&deleted_account.location, &deleted_account.group, &deleted_account.name).await.unwrap();
        assert_eq!(answers.asked()[0].path(), deleted_account.id.to_ascii_lowercase());
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_recorded_catalogue_and_its_quota_are_read() {
    let Some(exchanges) = recording("model_catalogue_and_usages.jsonl") else { return };
    let (azure, ..) = client(Answers::new([exchanges[1].response(), exchanges[0].response()]));
    let models = azure.models("eastus2").await.unwrap();
    let usages = azure.usages("eastus2").await.unwrap();
    assert_eq!((models.len(), usages.len()), (436, 202));
    let skus: Vec<_> = models.iter().flat_map(|model| &model.model.as_ref().unwrap().skus).collect();
    assert_eq!(skus.len(), 748);
    assert!(
        skus.iter().all(|sku| sku.usage_name.is_some() && sku.deprecation_date.is_some() && sku.capacity.is_some())
    );
    let turbo = models.iter().filter_map(|model| model.model.as_ref()).find(|model| {
        let base = &model.deployment_model;
        base.name.as_deref() == Some("gpt-35-turbo") && base.version.as_deref() == Some("0125")
    });
    let standard = turbo.unwrap().skus.iter().find(|sku| sku.name.as_deref() == Some("Standard")).unwrap();
    let quota = usages.iter().find(|usage| usage.name.as_ref().unwrap().value == standard.usage_name).unwrap();
    assert_eq!(standard.usage_name.as_deref(), Some("OpenAI.Standard.gpt-35-turbo"));
    assert_eq!(standard.deprecation_date, Some(datetime!(2025-11-14 0:00 UTC)), "closed to new deployments");
    assert_eq!((quota.limit, quota.current_value), (Some(300.0), Some(0.0)));
}

fn parsed<T: DeserializeOwned>(exchange: &Exchange) -> T {
    parse("the recorded body", exchange.response_body.to_string().as_bytes()).expect("the SDK's type")
}
