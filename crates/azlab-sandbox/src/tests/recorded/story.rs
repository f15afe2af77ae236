//! A recording told again to a sandbox of its own: the same requests in the same order, with time between them.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::exceptions::{BEFORE, OTHERWISE};
use super::exchange::{Exchange, Recording};
use crate::ids::SUBSCRIPTION_ID;
use crate::tests::{Client, Got};

/// The recorders' stand-in for every subscription.
const RECORDED_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// Seconds between two requests: more than the four that writes of one identity need (azure-facts.md, section 3).
const STEP: u64 = 5;
/// Until a refusal that passes by itself has passed: a new principal is known after 42 s.
const PATIENCE: u64 = 60;
/// Longer than anything that is polled takes.
const LONG: u64 = 2000;

/// A sandbox that lives through a recording, and what it calls the things that the recording names.
pub(super) struct Story<'a> {
    azure: Client,
    file: &'a str,
    /// What the sandbox gave where Azure gave something else: URLs to poll, ids of principals.
    given: BTreeMap<String, String>,
}

impl<'a> Story<'a> {
    /// With what there was when the recording began.
    pub async fn begin(recording: &'a Recording) -> Self {
        let story = Self { azure: Client::new(), file: &recording.file, given: BTreeMap::new() };
        for (_, group, location) in BEFORE.iter().filter(|(file, ..)| *file == recording.file) {
            let path = format!("/resourceGroups/{group}?api-version=2021-04-01");
            assert_eq!(
                story.azure.put(&path, json!({"location": location, "tags": {"product": "azurecli"}})).await.status,
                201,
                "{group}"
            );
        }
        if recording
            .exchanges
            .iter()
            .any(|one| one.path().to_lowercase().ends_with("cognitiveservices/deletedaccounts"))
        {
            story.delete_another().await;
        }
        // A recording that begins with an update begins after the creation that it does not have.
        let first_put = |path: &str| {
            recording.exchanges.iter().find(|one| one.method() == Method::PUT && one.path().eq_ignore_ascii_case(path))
        };
        for (at, exchange) in recording.exchanges.iter().enumerate() {
            let path = exchange.path();
            let is_first = !recording.exchanges[..at].iter().any(|one| one.path().eq_ignore_ascii_case(&path));
            let existed =
                is_first && exchange.status() == 200 && matches!(exchange.method(), Method::GET | Method::PUT);
            if let Some(put) = first_put(&path).filter(|_| existed && is_made_alone(&path)) {
                let made = story.send(put).await;
                assert_eq!(made.status, 201, "{}: {} {}", story.file, put.url, made.body);
                story.azure.wait(LONG).await;
            }
        }
        story
    }

    /// The recorder's subscription had other soft-deleted accounts, and they had been asked for more than the one in the story.
    async fn delete_another(&self) {
        let rule = json!({"id": "/subscriptions/s/subnets/default", "ignoreMissingVnetServiceEndpoint": false});
        let key = json!({"keyName": "k", "keyVersion": "1", "keyVaultUri": "https://v.vault.azure.net/"});
        let another = json!({
            "location": "westeurope",
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "tags": {"a": "b"},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "customSubDomainName": "another",
                "networkAcls": {"defaultAction": "Deny", "virtualNetworkRules": [rule], "ipRules": []},
                "encryption": {"keySource": "Microsoft.KeyVault", "keyVaultProperties": key},
                "userOwnedStorage": [{"resourceId": "/subscriptions/s/storageAccounts/a"}],
            },
        });
        self.azure.put("/resourceGroups/other?api-version=2021-04-01", json!({"location": "westeurope"})).await;
        let path =
            "/resourceGroups/other/providers/Microsoft.CognitiveServices/accounts/another?api-version=2024-10-01";
        assert_eq!(self.azure.put(path, another).await.status, 201);
        self.azure.wait(LONG).await;
        assert_eq!(self.azure.delete(path).await.status, 200);
    }

    /// What the sandbox answers to the exchange's request, when its time has come; `earlier` came before it.
    pub async fn go_on(&mut self, earlier: &[Exchange], exchange: &Exchange) -> Got {
        let before = earlier.last().filter(|one| one.url == exchange.url && one.method() == exchange.method());
        let passed = before.is_some_and(|one| one.status().is_client_error() && exchange.status().is_success());
        self.azure
            .wait(match exchange.sees_the_end() {
                true => LONG,
                false if passed => PATIENCE,
                false if exchange.is_poll() => 1,
                false => STEP,
            })
            .await;
        let got = self.send(exchange).await;
        self.learn(exchange, &got);
        got
    }

    async fn send(&self, exchange: &Exchange) -> Got {
        // A poll of what the sandbox has not begun finds nothing, and is told so.
        let url = self.given.get(&exchange.url).cloned().unwrap_or_else(|| self.renamed(&exchange.url));
        let body = match &exchange.request_body {
            Value::Object(_) => Some(serde_json::from_str(&self.renamed(&exchange.request_body.to_string())).unwrap()),
            _ => None,
        };
        self.azure.send(exchange.method(), &url, body).await
    }

    /// A recorded text with the sandbox's names in it.
    fn renamed(&self, text: &str) -> String {
        let otherwise = OTHERWISE.iter().filter(|one| one.file == self.file);
        let text = otherwise.fold(text.to_owned(), |text, one| text.replace(one.recorded, one.asked));
        let text = text.replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION_ID).replace(":443/", "/");
        self.given.iter().fold(text, |text, (recorded, given)| text.replace(recorded, given))
    }

    /// The recorded answer's texts with the sandbox's names in them, for fields that must be equal.
    pub fn expected(&self, recorded: &Value) -> String {
        self.renamed(recorded.as_str().unwrap_or_default())
    }

    /// Whether the sandbox says what was recorded, in its own names.
    pub fn same(&self, recorded: &Value, ours: &Value) -> bool {
        let renamed = self.renamed(&recorded.to_string());
        serde_json::from_str::<Value>(&renamed).is_ok_and(|renamed| renamed == *ours)
    }

    fn learn(&mut self, exchange: &Exchange, got: &Got) {
        for name in ["azure-asyncoperation", "location"] {
            // A 201's Location names what was made.
            let names_a_thing = name == "location" && exchange.status() == 201;
            if let (Some(recorded), false) = (exchange.header(name), names_a_thing)
                && !got.header(name).is_empty()
            {
                self.given.insert(recorded.to_owned(), got.header(name).to_owned());
            }
        }
        for path in ["/properties/principalId", "/properties/clientId", "/identity/principalId"] {
            if let (Some(recorded), Some(given)) =
                (exchange.response_body.pointer(path).and_then(Value::as_str), got.body.pointer(path))
            {
                self.given.insert(recorded.to_owned(), given.as_str().unwrap_or_default().to_owned());
            }
        }
    }
}

/// Whether the thing at a path is begun by its own PUT and takes its own time: groups, clusters, accounts. Of the others the
/// recordings have the creation.
fn is_made_alone(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').skip(3).collect();
    matches!(parts.len(), 2 | 6) && !parts.contains(&"locations")
}
