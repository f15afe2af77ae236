//! Subscriptions beside the first one.

use super::*;
use crate::scenario::Scenario;
use crate::state::subscriptions::{OtherSubscription, SubscriptionState};

const SECOND: &str = "11111111-1111-4111-8111-111111111111";

fn client(change: impl FnOnce(&mut OtherSubscription)) -> Client {
    let azure = Client::new();
    let mut other = OtherSubscription::new(SECOND, "second");
    change(&mut other);
    azure.sandbox.control().change_settings(|settings| settings.subscriptions.push(other)).unwrap();
    azure
}

/// The URL of a path in the second subscription.
fn there(path: &str) -> String {
    format!("https://management.azure.com/subscriptions/{SECOND}{path}")
}

const ALL: &str = "https://management.azure.com/subscriptions?api-version=2021-04-01";

#[tokio::test(start_paused = true)]
async fn each_subscription_has_its_own_groups_quotas_and_registrations() {
    let azure = client(|other| {
        other.quota.insert("westeurope/managedclusters".into(), 1);
        other.offer = Some("PayAsYouGo_2014-09-01".into());
    });
    let listed = azure.get(ALL).await;
    let names: Vec<&str> =
        listed.body["value"].as_array().unwrap().iter().filter_map(|one| one["displayName"].as_str()).collect();
    assert_eq!(names, ["azlab sandbox", "second"]);
    let one = azure.get(&there("?api-version=2021-04-01")).await;
    assert_eq!(one.body["subscriptionPolicies"]["quotaId"], "PayAsYouGo_2014-09-01");
    azure.group().await;
    assert_eq!(azure.get(&there(GROUP)).await.outcome(), (404, "ResourceGroupNotFound"));
    let made = azure.put(&there(GROUP), json!({"location": "westeurope", "tags": {"azlab-lab": "y"}})).await;
    assert_eq!(made.body["id"], format!("/subscriptions/{SECOND}/resourceGroups/lab"));
    for (subscription, lab) in [(SUBSCRIPTION_ID, "x"), (SECOND, "y")] {
        let all = "resourcegroups?api-version=2021-04-01";
        let groups = azure.get(&format!("https://management.azure.com/subscriptions/{subscription}/{all}")).await;
        let groups = groups.body["value"].as_array().unwrap().clone();
        assert_eq!((groups.len(), &groups[0]["tags"]["azlab-lab"]), (1, &json!(lab)));
    }
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    let made = azure.put(&there(CLUSTER), cluster()).await;
    assert_eq!(made.status, 201, "the first subscription's cluster does not count here: {}", made.body);
    let poll = made.header("azure-asyncoperation").to_owned();
    assert!(poll.contains(SECOND), "{poll}");
    assert_eq!(azure.get(&poll).await.status, 200);
    let refused = azure.put(&there(&CLUSTER.replace("/aks?", "/aks2?")), cluster()).await;
    assert_eq!(refused.outcome(), (400, "ManagedClusterCountExceedsQuotaLimit"));
    let usages = "/providers/Microsoft.ContainerService/locations/westeurope/usages?api-version=2025-08-01";
    for url in [usages.to_owned(), there(usages)] {
        assert_eq!(azure.get(&url).await.body["value"][0]["currentValue"], 1, "{url}");
    }
    azure.send(Method::POST, &there("/providers/Microsoft.Compute/unregister?api-version=2021-04-01"), None).await;
    let state = async |url: &str| azure.get(url).await.body["registrationState"].clone();
    let provider = "/providers/Microsoft.Compute?api-version=2021-04-01";
    assert_eq!(state(&there(provider)).await, "NotRegistered");
    assert_eq!(state(provider).await, "Registered");
}

#[tokio::test(start_paused = true)]
async fn names_of_accounts_are_one_for_all_subscriptions() {
    let azure = client(|_| {});
    azure.group().await;
    azure.account().await;
    azure.put(&there(GROUP), json!({"location": "westeurope"})).await;
    let refused = azure.put(&there(&ACCOUNT.replace("/openai1?", "/openai2?")), account()).await;
    assert_eq!(refused.outcome(), (409, "CustomDomainInUse"));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_may_refuse_while_the_first_goes_on() {
    type Change = fn(&mut OtherSubscription);
    let cases: [(Change, (u16, &str), bool); 3] = [
        (|other| (other.roles, other.data_role) = (Vec::new(), false), (403, "AuthorizationFailed"), false),
        (|other| other.state = SubscriptionState::Disabled, (409, "ReadOnlyDisabledSubscription"), true),
        (|other| other.tenant = Some(SECOND.into()), (401, "InvalidAuthenticationTokenTenant"), false),
    ];
    for (change, outcome, is_listed) in cases {
        let azure = client(change);
        assert_eq!(azure.put(&there(GROUP), json!({"location": "westeurope"})).await.outcome(), outcome);
        let listed = azure.get(ALL).await;
        assert_eq!(listed.body["value"].as_array().unwrap().len(), if is_listed { 2 } else { 1 }, "{outcome:?}");
        azure.group().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_subscription_has_its_own_buckets() {
    let azure = client(|_| {});
    let other = there(GROUP);
    let (one, two, three) = tokio::join!(azure.get(GROUP), azure.get(GROUP), azure.get(&other));
    let left = [one, two, three].map(|got| got.header("x-ms-ratelimit-remaining-subscription-reads").to_owned());
    assert_eq!(left, ["249", "248", "249"]);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_adds_subscriptions_and_begins_with_resources_in_them() {
    let text = |id: &str| {
        format!(
            "about = \"two\"\n[[settings.subscriptions]]\nid = \"{id}\"\nname = \"second\"\n\
             quota = {{ \"West Europe/ManagedClusters\" = 7 }}\nunregister = [\"Microsoft.Compute\"]\n\
             [[resources]]\ntype = \"Microsoft.Resources/resourceGroups\"\nname = \"old\"\nlocation = \"westeurope\"\n\
             subscription = \"{SECOND}\"\n"
        )
    };
    let azure = Client::new();
    azure.sandbox.play(&Scenario::parse("two", &text(SECOND)).unwrap()).unwrap();
    assert_eq!(azure.get(&there("/resourceGroups/old?api-version=2021-04-01")).await.status, 200);
    let usages = "/providers/Microsoft.ContainerService/locations/westeurope/usages?api-version=2025-08-01";
    assert_eq!(azure.get(&there(usages)).await.body["value"][0]["limit"], 7);
    let provider = azure.get(&there("/providers/Microsoft.Compute?api-version=2021-04-01")).await;
    assert_eq!(provider.body["registrationState"], "NotRegistered");
    let refused = Scenario::parse("two", &text("banana")).unwrap_err().to_string();
    assert!(refused.contains("line 3: `id` is a guid, and not 'banana'"), "{refused}");
    let refused = Scenario::parse("two", &text(SUBSCRIPTION_ID)).unwrap_err().to_string();
    assert!(refused.contains("has the subscription"), "{refused}");
}
