//! What belongs to a cluster: agent pools and maintenance configurations.

use super::*;

const POOL: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/two?api-version=2025-08-01";
const WINDOW: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/maintenanceConfigurations/default?api-version=2025-08-01";

fn pool(count: i64, mode: &str) -> Value {
    json!({"properties": {"count": count, "vmSize": "Standard_DS2_v2", "mode": mode}})
}

/// States of the cluster and of its pools, by name.
async fn states(azure: &Client) -> Vec<(String, String)> {
    let properties = azure.get(CLUSTER).await.body["properties"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pools = properties["agentPoolProfiles"].as_array().unwrap().iter();
    let pools = pools.map(|pool| (text(&pool["name"]), text(&pool["provisioningState"])));
    std::iter::once(("cluster".to_owned(), text(&properties["provisioningState"]))).chain(pools).collect()
}

fn expected(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_added_changed_and_deleted_while_the_others_stay_as_they_are() {
    let azure = with_cluster().await;
    let made = azure.put(POOL, pool(1, "User")).await;
    assert_eq!((made.status.as_u16(), &made.body["properties"]["provisioningState"]), (201, &json!("Creating")));
    let creating = [("cluster", "Updating"), ("nodepool1", "Succeeded"), ("two", "Creating")];
    assert_eq!(states(&azure).await, expected(&creating));
    assert_eq!(azure.put(POOL, pool(2, "User")).await.outcome(), (409, "OperationNotAllowed"));
    azure.wait(200).await;
    let poll = azure.get(made.header("azure-asyncoperation")).await;
    assert_eq!(poll.body["status"], "Succeeded");
    let changed = azure.put(POOL, pool(2, "User")).await;
    assert_eq!((changed.status.as_u16(), &changed.body["properties"]["count"]), (200, &json!(2)));
    azure.wait(60).await;
    assert_eq!(azure.delete(POOL).await.status, 202);
    let deleting = [("cluster", "Updating"), ("nodepool1", "Succeeded"), ("two", "Deleting")];
    assert_eq!(states(&azure).await, expected(&deleting));
    azure.wait(30).await;
    assert_eq!(states(&azure).await, expected(&[("cluster", "Succeeded"), ("nodepool1", "Succeeded")]));
    assert_eq!(azure.delete(POOL).await.status, 204);
    // What comes next finds the pool gone, too.
    assert_eq!(azure.put(CLUSTER, json!({"location": "westeurope"})).await.status, 200);
    azure.wait(200).await;
    assert_eq!(states(&azure).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_cannot_be_is_refused_and_takes_no_quota() {
    let azure = with_cluster().await;
    let sized = |size: &str| json!({"properties": {"count": 1, "vmSize": size, "mode": "User"}});
    let last = child(CLUSTER, "agentPools/nodepool1");
    for (path, body, code) in [
        (POOL.replace("/two?", "/Two_?"), pool(1, "User"), "InvalidParameter"),
        (POOL.to_owned(), sized("Standard_Nothing"), "BadRequest"),
        (POOL.to_owned(), pool(999, "User"), "ErrCode_InsufficientVCPUQuota"),
        (last.clone(), sized("Standard_D4s_v5"), "PropertyChangeNotAllowed"),
        (last.clone(), pool(0, "User"), "BadRequest"),
    ] {
        let refused = azure.put(&path, body).await;
        assert_eq!(refused.outcome(), (400, code), "{path}: {}", refused.body);
        assert!(refused.body["error"].is_null(), "AKS's errors are flat");
    }
    assert_eq!(azure.delete(&last).await.outcome(), (400, "BadRequest"), "the last system pool");
    let usages = "/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2024-07-01";
    let cores = async || azure.get(usages).await.body["value"][0]["currentValue"].as_i64().unwrap();
    let before = cores().await;
    assert_eq!(azure.put(POOL, pool(3, "User")).await.status, 201);
    assert_eq!(cores().await, before + 6);
    azure.wait(200).await;
    azure.delete(POOL).await;
    assert_eq!(cores().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_pool_says_what_is_done_to_it() {
    let azure = with_cluster().await;
    assert_eq!(azure.put(POOL, pool(2, "User")).await.status, 201);
    azure.wait(400).await;
    let power = |code: &str| {
        let mut asked = pool(2, "User");
        asked["properties"]["powerState"] = json!({"code": code});
        asked
    };
    for (asked, state, code, cluster) in [
        (power("Stopped"), "Stopping", "Stopped", "Updating"),
        (pool(2, "User"), "Updating", "Stopped", "Updating"),
        (power("Running"), "Starting", "Running", "Updating"),
        (pool(3, "User"), "Scaling", "Running", "Updating"),
    ] {
        let got = azure.put(POOL, asked).await;
        let properties = &got.body["properties"];
        assert_eq!(
            (got.status.as_u16(), &properties["provisioningState"], &properties["powerState"]["code"]),
            (200, &json!(state), &json!(code))
        );
        assert_eq!(states(&azure).await, expected(&[("cluster", cluster), ("nodepool1", "Succeeded"), ("two", state)]));
        azure.wait(400).await;
        assert_eq!(azure.get(POOL).await.body["properties"]["provisioningState"], "Succeeded");
    }
    // A PUT of the cluster does several things at once.
    let mut all = azure.get(CLUSTER).await.body;
    all["properties"]["agentPoolProfiles"][0]["count"] = 3.into();
    let mut third = all["properties"]["agentPoolProfiles"][1].clone();
    third["name"] = "three".into();
    all["properties"]["agentPoolProfiles"].as_array_mut().unwrap().push(third);
    let got = azure.put(CLUSTER, all.clone()).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let changing = [("cluster", "Updating"), ("nodepool1", "Scaling"), ("two", "Updating"), ("three", "Creating")];
    assert_eq!(states(&azure).await, expected(&changing));
    assert!(!got.body.to_string().contains("poolsChanging"));
    azure.wait(400).await;
    let ready = [("cluster", "Succeeded"), ("nodepool1", "Succeeded"), ("two", "Succeeded"), ("three", "Succeeded")];
    assert_eq!(states(&azure).await, expected(&ready));
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_kept_completed_and_goes_with_its_cluster() {
    let azure = with_cluster().await;
    let weekly = json!({"weekly": {"intervalWeeks": 1, "dayOfWeek": "saturday"}});
    let asked = |hours: i64| {
        let window = json!({"schedule": weekly, "durationHours": hours, "startTime": "00:00"});
        json!({"properties": {"maintenanceWindow": window}})
    };
    let missing = azure.get(WINDOW).await;
    assert_eq!(missing.outcome(), (404, "NotFound"));
    let made = azure.put(WINDOW, asked(8)).await;
    assert_eq!(
        (made.status.as_u16(), &made.body["properties"]["maintenanceWindow"]["utcOffset"]),
        (200, &json!("+00:00"))
    );
    assert_eq!(made.body["properties"]["maintenanceWindow"]["startDate"], "2026-04-20");
    assert_eq!(made.body["properties"]["maintenanceWindow"]["schedule"]["weekly"]["dayOfWeek"], "Saturday");
    azure.wait(3 * 86_400).await;
    let again = azure.put(WINDOW, asked(12)).await;
    assert_eq!(again.body["properties"]["maintenanceWindow"]["startDate"], "2026-04-20", "it holds since then");
    for (path, hours) in [(WINDOW.to_owned(), 3), (WINDOW.replace("default", "sundays"), 8)] {
        assert_eq!(azure.put(&path, asked(hours)).await.outcome(), (400, "InvalidParameter"), "{path}");
    }
    azure.delete(CLUSTER).await;
    azure.wait(400).await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    let all = azure.get(&WINDOW.replace("/default?", "?")).await;
    assert_eq!(all.body["value"], json!([]));
}
