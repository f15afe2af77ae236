//! What somebody else writes to the cluster between azlab's look at it and azlab's write is there afterwards.

use azlab::outcome::Action;
use azlab::values::ResourceKind;
use azlab_sandbox::FaultKind;
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Azure, CLUSTER};

/// How long azlab's write is on its way; the other one has ended by then.
const ON_ITS_WAY_S: f64 = 60.0;

/// `azlab provision --node-count 4` on a lab of two nodes, while somebody else sends `method` with a body made of what is there.
async fn overtaken_by(method: Method, theirs: impl FnOnce(Value) -> Value) -> Azure {
    let azure = Azure::with(|settings| {
        settings.durations.cluster_create = 40.0;
        settings.durations.cluster_update = 5.0;
    });
    azure.provision("--node-count 2").await.ready();
    azure.fault(Method::PUT, "/managedClusters/myAKSCluster", 1, FaultKind::Delay(ON_ITS_WAY_S));
    let somebody = async {
        azure.pass(ON_ITS_WAY_S / 3.0).await;
        let body = theirs(azure.get(CLUSTER).await);
        let done = azure.send(method.clone(), CLUSTER, Some(body)).await;
        assert!(done.status.is_success(), "{} {}", done.status, done.body);
    };
    let (ran, ()) = tokio::join!(azure.provision("--node-count 4"), somebody);
    let ran = ran.ready();
    assert_eq!(ran.changed(), [(ResourceKind::Cluster, Action::Updated)]);
    let puts = ran.log.iter().filter(|one| one.method == Method::PUT && one.path.contains("/managedClusters/"));
    let statuses: Vec<u16> = puts.filter_map(|one| Some(one.status?.as_u16())).collect();
    let expected: &[u16] = if method == Method::PUT { &[412, 200, 200] } else { &[412, 200] };
    assert_eq!(statuses, expected, "refused, looked again, and written on top of theirs");
    assert_eq!(azure.get(CLUSTER).await["properties"]["agentPoolProfiles"][0]["count"], 4);
    azure
}

#[tokio::test(start_paused = true)]
async fn tags_that_somebody_patches_before_azlabs_write_arrives_stay() {
    let azure = overtaken_by(Method::PATCH, |cluster| {
        let mut tags = cluster["tags"].clone();
        tags["theirs"] = json!("new");
        json!({"tags": tags})
    })
    .await;
    assert_eq!(azure.get(CLUSTER).await["tags"]["theirs"], "new");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_puts_before_azlabs_write_arrives_stays() {
    let azure = overtaken_by(Method::PUT, |mut cluster| {
        cluster["properties"]["autoUpgradeProfile"]["upgradeChannel"] = json!("patch");
        cluster["properties"]["agentPoolProfiles"][0]["nodeLabels"] = json!({"team": "blue"});
        cluster
    })
    .await;
    let properties = azure.get(CLUSTER).await["properties"].clone();
    assert_eq!(properties["autoUpgradeProfile"]["upgradeChannel"], "patch");
    assert_eq!(properties["agentPoolProfiles"][0]["nodeLabels"], json!({"team": "blue"}));
}
