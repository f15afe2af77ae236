use super::*;

#[tokio::test(start_paused = true)]
async fn polls_beyond_the_published_limit_are_throttled_and_say_for_how_long() {
    let azure = Client::new();
    azure.sandbox.change_settings(|settings| settings.durations.read = 0.0).unwrap();
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
