use super::*;

fn credential(name: &str) -> String {
    child(IDENTITY, &format!("federatedIdentityCredentials/{name}"))
}

fn body(subject: &str, audiences: Value) -> Value {
    json!({"properties": {"issuer": "https://issuer.example/1/", "subject": subject, "audiences": audiences}})
}

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[tokio::test(start_paused = true)]
async fn an_identity_keeps_its_principal_and_a_new_one_gets_another() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(made.status, 201);
    azure.wait(5).await;
    assert!(made.header("location").starts_with("/subscriptions/"), "the Location is relative");
    let again = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["properties"], made.body["properties"]);
    azure.wait(5).await;
    assert_eq!(azure.delete(IDENTITY).await.status, 200);
    azure.wait(5).await;
    assert_eq!(azure.delete(IDENTITY).await.status, 204);
    azure.wait(5).await;
    let other = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_ne!(other.body["properties"]["principalId"], made.body["properties"]["principalId"]);
}

#[tokio::test(start_paused = true)]
async fn credentials_of_one_identity_are_written_one_at_a_time() {
    let azure = Client::new();
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.wait(4).await;
    let (first, second) = (credential("one"), credential("two"));
    let (a, b) = tokio::join!(
        azure.put(&first, body("s1", json!([AUDIENCE]))),
        azure.put(&second, body("s2", json!([AUDIENCE])))
    );
    assert_eq!(a.status, 201);
    assert_eq!(b.outcome(), (409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"));
    azure.wait(5).await;
    assert_eq!(azure.put(&second, body("s2", json!([AUDIENCE]))).await.status, 201);
    azure.wait(5).await;
    assert_eq!(azure.put(&second, body("s3", json!([AUDIENCE]))).await.status, 200);
}

/// The names in a list, and how many pages it has.
async fn paged(azure: &Client, first: &str) -> (Vec<String>, usize) {
    let (mut names, mut pages, mut next) = (Vec::new(), 0, Some(first.to_owned()));
    while let Some(url) = next {
        let page = azure.get(&url).await;
        assert_eq!(page.status, 200, "{url}: {}", page.body);
        names.extend(page.body["value"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()));
        next = page.body["nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    (names, pages)
}

#[tokio::test(start_paused = true)]
async fn credentials_and_deployments_come_in_pages() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    for name in ["one", "two", "three"] {
        azure.wait(5).await;
        assert_eq!(azure.put(&credential(name), body(name, json!([AUDIENCE]))).await.status, 201);
        let path = child(ACCOUNT, &format!("deployments/{name}"));
        assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await.status, 201);
    }
    let all = || ["one", "three", "two"].map(str::to_owned).to_vec();
    let credentials = child(IDENTITY, "federatedIdentityCredentials");
    assert_eq!(paged(&azure, &credentials).await, (all(), 1));
    assert_eq!(paged(&azure, &format!("{credentials}&$top=2")).await, (all(), 2));
    azure.sandbox.control().change_settings(|settings| settings.page_size = 1).unwrap();
    for list in [credentials, child(ACCOUNT, "deployments")] {
        assert_eq!(paged(&azure, &list).await, (all(), 3), "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_patch_of_an_identity_changes_what_it_names_and_keeps_the_rest() {
    let azure = Client::new();
    azure.group().await;
    let made =
        azure.put(IDENTITY, json!({"location": "westeurope", "properties": {"isolationScope": "Regional"}})).await;
    assert_eq!(made.body["properties"]["isolationScope"], "Regional", "{}", made.body);
    azure.wait(10).await;
    let tagged = azure.send(Method::PATCH, IDENTITY, Some(json!({"TAGS": {"a": "b"}}))).await;
    assert_eq!((&tagged.body["tags"], &tagged.body["properties"]), (&json!({"a": "b"}), &made.body["properties"]));
    azure.wait(10).await;
    let free = json!({"Properties": {"IsolationScope": "none"}});
    let changed = azure.send(Method::PATCH, IDENTITY, Some(free)).await;
    assert_eq!(changed.body["properties"]["isolationScope"], "None", "{}", changed.body);
    assert_eq!(changed.body["properties"]["principalId"], made.body["properties"]["principalId"]);
    assert_eq!(azure.get(IDENTITY).await.body, changed.body);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_refused_without_one_audience_twice_the_same_or_beyond_twenty() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    let early = azure.delete(&credential("one")).await;
    assert_eq!(early.outcome(), (404, "ParentResourceNotFound"));
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(azure.get(&credential("one")).await.outcome(), (404, "NotFound"));
    for audiences in [json!([]), json!([AUDIENCE, "other"])] {
        assert_eq!(azure.put(&credential("one"), body("s", audiences)).await.status, 400);
    }
    assert_eq!(azure.put(&credential("a!"), body("s", json!([AUDIENCE]))).await.status, 400);
    for n in 0..20 {
        let made = azure.put(&credential(&format!("fic{n}")), body(&format!("s{n}"), json!([AUDIENCE]))).await;
        assert_eq!(made.status, 201);
    }
    let twin = azure.put(&credential("twin"), body("s0", json!([AUDIENCE]))).await;
    assert_eq!(twin.status, 409);
    let more = azure.put(&credential("more"), body("s20", json!([AUDIENCE]))).await;
    assert_eq!(more.status, 400);
    assert_eq!(azure.delete(&credential("fic0")).await.status, 200);
    assert_eq!(azure.put(&credential("more"), body("s20", json!([AUDIENCE]))).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_second_write_of_one_identity_is_throttled_as_recorded() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    let refused = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(refused.outcome(), (429, "429"));
    let wait = refused.header("retry-after").parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    azure.wait(wait).await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_identity_and_its_credentials_share_one_limit_for_each_kind_of_write() {
    let azure = Client::new();
    azure.group().await;
    let other = IDENTITY.replace("/ident?", "/other?");
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.put(&other, json!({"location": "westeurope"})).await;
    azure.wait(4).await;
    assert_eq!(azure.put(&credential("one"), body("s1", json!([AUDIENCE]))).await.status, 201);
    azure.wait(1).await;
    let second = azure.put(&credential("two"), body("s2", json!([AUDIENCE]))).await;
    assert_eq!(second.outcome(), (429, "429"), "answered by now, and too soon all the same");
    let tags = azure.send(Method::PATCH, IDENTITY, Some(json!({"tags": {"a": "b"}}))).await;
    assert_eq!(tags.outcome(), (429, "429"));
    assert_eq!(azure.delete(&credential("one")).await.status, 200, "deletions have their own");
    azure.wait(1).await;
    assert_eq!(azure.delete(IDENTITY).await.outcome(), (429, "429"));
    assert_eq!(azure.delete(&other).await.status, 200, "another identity's is full");
}

#[tokio::test(start_paused = true)]
async fn identities_are_read_as_often_as_published_and_a_minutes_worth_at_once() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.durations.read = 0.0).unwrap();
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let list = "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2023-01-31";
    for (path, at_once, seconds) in [(IDENTITY, 30, 2), (list, 15, 4)] {
        azure.wait(60).await;
        for _ in 0..at_once {
            assert_eq!(azure.get(path).await.status, 200, "{path}");
        }
        let refused = azure.get(path).await;
        assert_eq!(refused.outcome(), (429, "429"), "{path}");
        assert_eq!(refused.header("retry-after"), seconds.to_string(), "{path}");
        azure.wait(seconds).await;
        assert_eq!(azure.get(path).await.status, 200, "{path}");
        assert_eq!(azure.get(path).await.status, 429, "{path}");
    }
    azure.wait(60).await;
    for _ in 0..25 {
        assert_eq!(azure.get(&child(IDENTITY, "federatedIdentityCredentials")).await.status, 200);
    }
}
