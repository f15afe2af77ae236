use super::*;
use crate::scenario::Scenario;

impl Client {
    /// One with the scenario of this text in force.
    fn playing(text: &str) -> Self {
        let azure = Self::new();
        azure.play(text);
        azure
    }

    fn play(&self, text: &str) {
        let scenario = Scenario::parse("mine.toml", &format!("about = 'a'\n{text}")).expect(text);
        self.sandbox.play(&scenario).expect(text);
    }

    /// The statuses of so many reads of the group.
    async fn statuses(&self, count: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        for _ in 0..count {
            statuses.push(self.get(GROUP).await.status.as_u16());
        }
        statuses
    }
}

#[tokio::test(start_paused = true)]
async fn faults_strike_the_requests_that_are_meant_as_often_as_is_said() {
    let azure = Client::new();
    azure.group().await;
    azure.play("[[faults]]\nmethod = 'get'\npath = 'resourceGroups/L*'\nskip = 1\ntimes = 2\nstatus = 503\n");
    assert_eq!(azure.statuses(5).await, [200, 503, 503, 200, 200]);
    azure.play("[[faults]]\npath = 'resourceGroups/lab'\nevery = 3\nstatus = 500\ncode = 'Oops'\n");
    assert_eq!(azure.statuses(7).await, [200, 200, 500, 200, 200, 500, 200]);
    azure.play("[[faults]]\npath = '/resourceGroups/lab'\nstatus = 500\n");
    assert_eq!(azure.statuses(2).await, [200, 200], "the pattern begins at the root");
    let random = "[[faults]]\nprobability = 0.3\nseed = 5\nstatus = 500\n";
    azure.play(random);
    let first = azure.statuses(100).await;
    let struck = first.iter().filter(|status| **status == 500).count();
    assert!((15..45).contains(&struck), "{struck}");
    azure.play(random);
    assert_eq!(azure.statuses(100).await, first, "the same seed, the same draws");
    azure.play("[[faults]]\ntimes = 1\nstatus = 500\n\n[[faults]]\ntimes = 1\nstatus = 503\n");
    assert_eq!(azure.statuses(3).await, [500, 503, 200], "the first that strikes is the one");
}

#[tokio::test(start_paused = true)]
async fn delays_and_headers_and_envelopes_are_as_the_scenario_says() {
    let azure = Client::playing(
        "[[faults]]\nmethod = 'PUT'\npath = 'managedClusters/*'\ndelay = 30.0\nstatus = 429\ncode = 'Throttled'\nmessage = 'Later.'\n\
         headers = { Retry-After = '9' }\n",
    );
    azure.group().await;
    let before = azure.sandbox.clock().now();
    let got = azure.put(CLUSTER, cluster()).await;
    assert_eq!((got.status.as_u16(), got.header("retry-after")), (429, "9"));
    assert_eq!(got.body, json!({"code": "Throttled", "details": null, "message": "Later.", "subcode": ""}));
    assert_eq!(azure.sandbox.clock().since(before).as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn drawn_latencies_belong_to_the_resource_and_not_to_the_order_of_requests() {
    let took = async |names: &[&str]| {
        let azure = Client::playing("[latencies]\nseed = 3\n");
        azure.group().await;
        let mut all = Vec::new();
        for name in names {
            azure.put(&CLUSTER.replace("/aks", &format!("/{name}")), cluster()).await;
            let inventory = azure.sandbox.inventory().unwrap();
            let found = inventory.operations.into_iter().find(|it| it.resource.ends_with(name)).unwrap();
            all.push((name.to_string(), (found.done - found.started).whole_milliseconds()));
        }
        all.sort();
        all
    };
    let forth = took(&["one", "two"]).await;
    assert_eq!(forth, took(&["two", "one"]).await);
    assert_ne!(forth[0].1, forth[1].1);
    assert!(forth.iter().all(|(_, millis)| (187_000..1_518_000).contains(millis)), "{forth:?}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_catalogue_is_what_is_listed_and_what_can_be_deployed() {
    let azure = Client::playing(
        "[[models]]\nname = 'gpt-35-turbo'\nregions = ['westeurope']\nremove = true\n\n\
         [[models]]\nname = 'gpt-9'\nversion = '1'\nlike = 'gpt-4o'\n\n[[models]]\nname = 'gpt-9'\nsku = 'Standard'\ncloses = '2026-04-21'\n",
    );
    azure.group().await;
    azure.account().await;
    let listed =
        azure.get("/providers/Microsoft.CognitiveServices/locations/westeurope/models?api-version=2024-10-01").await;
    let names: Vec<&str> =
        listed.body["value"].as_array().unwrap().iter().map(|it| it["model"]["name"].as_str().unwrap()).collect();
    assert!(!names.contains(&"gpt-35-turbo") && names.contains(&"gpt-9"), "{names:?}");
    let path = child(ACCOUNT, "deployments/d1");
    let gone = azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await;
    assert_eq!(gone.outcome(), (400, "DeploymentModelNotSupported"));
    assert_eq!(azure.put(&path, deployment("gpt-9", "1", json!(1))).await.status, 201);
    azure.wait(24 * 3600).await;
    let closed = azure.put(&child(ACCOUNT, "deployments/d2"), deployment("gpt-9", "1", json!(1))).await;
    assert_eq!(closed.outcome(), (400, "ServiceModelDeprecated"));
}

#[tokio::test(start_paused = true)]
async fn empty_pages_come_before_every_page_and_lead_to_it() {
    let azure = Client::playing("[settings]\npage_size = 2\nempty_pages = 2\n");
    for name in ["a", "b", "c"] {
        azure.put(&format!("/resourceGroups/{name}?api-version=2021-04-01"), json!({"location": "westeurope"})).await;
    }
    let (mut url, mut pages) = ("/resourcegroups?api-version=2021-04-01".to_owned(), Vec::new());
    loop {
        let page = azure.get(&url).await.body;
        pages.push(page["value"].as_array().unwrap().len());
        match page["nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(pages, [0, 0, 2, 0, 0, 1]);
    let wrong = azure.get("/resourcegroups?api-version=2021-04-01&$skiptoken=AAAA").await;
    assert_eq!(wrong.outcome(), (400, "InvalidSkipToken"));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_registered_only_just_now_is_not_in_the_way_of_the_next_scenario() {
    let azure = Client::playing("unregister = ['Microsoft.ManagedIdentity']\n");
    let register = "/providers/Microsoft.ManagedIdentity/register?api-version=2021-04-01";
    assert_eq!(azure.send(Method::POST, register, None).await.status, 200);
    azure.wait(600).await;
    // Made a day ago, when the registration was not there yet.
    azure.play(
        "[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'westeurope'\n\
         [[resources]]\ntype = 'Microsoft.ManagedIdentity/userAssignedIdentities'\nname = 'ident'\ngroup = 'lab'\n\
         location = 'westeurope'\n",
    );
    assert_eq!(azure.get(IDENTITY).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_has_gone_by_now_is_not_in_the_way_of_what_a_scenario_begins_with() {
    let group = "[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'westeurope'\n";
    let azure = Client::playing(&format!("{group}age = '3d'\n"));
    assert_eq!(azure.delete(GROUP).await.status, 202);
    azure.wait(3600).await;
    assert_eq!(azure.get(GROUP).await.status, 404);
    // Made a day ago, when the old one was still there.
    azure.play(group);
    assert_eq!(azure.get(GROUP).await.body["properties"]["provisioningState"], "Succeeded");
}
