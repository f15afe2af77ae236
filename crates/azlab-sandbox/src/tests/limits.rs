use super::*;

#[tokio::test(start_paused = true)]
async fn polls_beyond_the_published_limit_are_throttled_and_say_for_how_long() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.durations.read = 0.0).unwrap();
    azure.group().await;
    let poll = azure.put(CLUSTER, cluster()).await.header("azure-asyncoperation").to_owned();
    let mut passed = 0;
    let refused = loop {
        let got = azure.get(&poll).await;
        if got.status != 200 {
            break got;
        }
        passed += 1;
    };
    assert_eq!((passed, refused.outcome()), (200, (429, "Throttled")));
    azure.wait(refused.header("retry-after").parse().unwrap()).await;
    assert_eq!(azure.get(&poll).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn resource_managers_buckets_are_each_callers_own() {
    use crate::services::signin::Principal;
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.durations.read = 0.0).unwrap();
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    let ask = async |bearer: &str| {
        let request = http::Request::get(&url).header("authorization", bearer).body(Bytes::new()).unwrap();
        got(azure.sandbox.handle(request).await)
    };
    let mine = azure.bearer();
    let first = ask(&mine).await;
    assert_eq!(first.header("x-ms-ratelimit-remaining-subscription-reads"), "249");
    let mut passed = 1;
    let refused = loop {
        let got = ask(&mine).await;
        if got.status != 200 {
            break got;
        }
        passed += 1;
    };
    assert_eq!((passed, refused.outcome()), (250, (429, "SubscriptionRequestsThrottled")));
    let known = azure.sandbox.directory().application(DEFAULT_CLIENT_ID).unwrap().principal;
    let other = Principal { object_id: uuid::Uuid::from_u128(7), ..known };
    let now = azure.sandbox.clock().now();
    let token =
        azure.sandbox.signer().issue(&other, "https://management.azure.com", now, time::Duration::HOUR).unwrap();
    assert_ne!(ask(&format!("Bearer {}", token.as_str())).await.status, 429, "somebody else's bucket is full");
}
