use proptest::prelude::*;

use super::*;

/// A runtime whose time is paused, for tests that are not async themselves.
pub(super) fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

async fn raw(azure: &Client, method: Method, uri: &str, body: Vec<u8>) -> Option<http::Response<Bytes>> {
    let builder = http::Request::builder().method(method).uri(uri).header("authorization", azure.bearer());
    let request = builder.header("content-type", "application/json").body(Bytes::from(body)).ok()?;
    Some(azure.sandbox.handle(request).await)
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_not_what_is_taken_are_refused_as_arm_does() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    azure.account().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let paths = [
        GROUP.to_owned(),
        CLUSTER.to_owned(),
        IDENTITY.to_owned(),
        ACCOUNT.to_owned(),
        child(ACCOUNT, "deployments/d1"),
        child(IDENTITY, "federatedIdentityCredentials/fic"),
    ];
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"location\":5}",
        b"{\"properties\":[]}",
        b"{\"location\":null,\"tags\":7}",
    ];
    for path in paths {
        for body in bodies {
            let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
            let response = raw(&azure, Method::PUT, &url, body.to_vec()).await.unwrap();
            assert_eq!(response.status(), 400, "{path} {body:?} {:?}", response.body());
            let parsed: Value = serde_json::from_slice(response.body()).unwrap();
            assert!(parsed["error"]["code"].is_string() || parsed["code"].is_string(), "{parsed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_beyond_four_megabytes_is_413() {
    let azure = Client::new();
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{GROUP}");
    let response = raw(&azure, Method::PUT, &url, vec![b' '; 4 * 1024 * 1024 + 1]).await.unwrap();
    assert_eq!(response.status(), 413);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_path_query_or_body_makes_it_fail(
        tail in "[-a-zA-Z0-9%/._~$&'()*+,;=:@ é\\\\]{0,60}",
        query in "[-a-zA-Z0-9%/._~$&'()=]{0,40}",
        body in proptest::collection::vec(any::<u8>(), 0..60),
        verb in 0..6_usize,
    ) {
        let methods = [Method::GET, Method::PUT, Method::DELETE, Method::POST, Method::PATCH, Method::HEAD];
        let azure = Client::new();
        paused().block_on(async {
            azure.group().await;
            for start in ["", "resourceGroups/lab/", "providers/Microsoft.CognitiveServices/", "resourceGroups/lab/providers/Microsoft.ContainerService/"] {
                let uri = format!("https://m.example/subscriptions/{SUBSCRIPTION_ID}/{start}{tail}?api-version=2022-04-01&{query}");
                if let Some(response) = raw(&azure, methods[verb].clone(), &uri, body.clone()).await {
                    assert_ne!(response.status(), 500, "{uri}");
                }
            }
        });
    }
}
