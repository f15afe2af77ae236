//! Ten thousand labs in one state file.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use azlab_sandbox::Sandbox;
use serde_json::Value;

use super::client::{Client, quick, runtime};
use super::lab::{self, ACCOUNTS, CLUSTERS, GROUPS, Names};
use super::{Bound, Row};

pub fn measure(count: usize) -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut rows = Vec::new();
    let mut note =
        |what: &str, measured: f64, bound: Bound, note: &str| rows.push(Row::new(what, measured, bound, note));
    runtime().block_on(async {
        let client = Client::new(Sandbox::open(directory.path(), 1.0).expect("a sandbox"));
        client.sandbox.control().set_settings(&quick()).expect("settings");
        let began = Instant::now();
        for number in 0..count {
            lab::make(&client, number).await;
        }
        let writes = 7.0 * count as f64;
        note("labs", count as f64, Bound::None, "with node groups, 8 resources each");
        note(
            "PUTs a second while making them",
            writes / seconds(began),
            Bound::AtLeast(500.0),
            "in process, into the file",
        );
    });
    let size = std::fs::metadata(directory.path().join("sandbox.db")).map_or(0, |file| file.len());
    note("the state file, MB", size as f64 / 1e6, Bound::None, "");
    let began = Instant::now();
    let sandbox = Sandbox::open(directory.path(), 1.0).expect("a sandbox");
    note("open it, s", seconds(began), Bound::AtMost(1.0), "");
    runtime().block_on(async {
        let client = Client::new(sandbox);
        let names = Names::of(count / 2);
        let lists = [
            ("groups, the first page", format!("/resourcegroups?{GROUPS}")),
            (
                "groups with a tag, the first page",
                format!("/resourcegroups?{GROUPS}&$filter=tagName%20eq%20'azlab-workshop'"),
            ),
            (
                "groups with a tag and its value",
                format!(
                    "/resourcegroups?{GROUPS}&$filter=tagName%20eq%20'azlab-lab'%20and%20tagValue%20eq%20'{}'",
                    names.lab
                ),
            ),
            ("resources, the first page", format!("/resources?{GROUPS}")),
            ("resources of a group", format!("{}/resources?{GROUPS}", names.group)),
            ("clusters, the first page", format!("/providers/Microsoft.ContainerService/managedClusters?{CLUSTERS}")),
            ("accounts, the first page", format!("/providers/Microsoft.CognitiveServices/accounts?{ACCOUNTS}")),
            ("deleted accounts", format!("/providers/Microsoft.CognitiveServices/deletedAccounts?{ACCOUNTS}")),
            (
                "usages of models",
                format!("/providers/Microsoft.CognitiveServices/locations/westeurope/usages?{ACCOUNTS}"),
            ),
            (
                "usages of compute",
                "/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2024-07-01".to_owned(),
            ),
            ("GET of a group", format!("{}?{GROUPS}", names.group)),
        ];
        for (what, path) in lists {
            let began = Instant::now();
            let got = client.get(&path).await;
            let entries = got["value"].as_array().map_or(1, Vec::len);
            note(&format!("{what}, s"), seconds(began), Bound::AtMost(1.0), &format!("{entries} entries"));
        }
        for (what, path) in [("groups", "/resourcegroups"), ("resources", "/resources")] {
            let began = Instant::now();
            let (entries, worst) = pages(&client, &format!("{path}?{GROUPS}")).await;
            note(&format!("all {what}, s"), seconds(began), Bound::None, &format!("{entries} entries"));
            note(&format!("all {what}, the slowest page, s"), worst, Bound::AtMost(1.0), "");
        }
        let body = lab::group(&names.lab);
        let began = Instant::now();
        client.put(&format!("{}?{GROUPS}", names.group), &body).await;
        note("PUT of a group, s", seconds(began), Bound::AtMost(1.0), "");
        let began = Instant::now();
        lab::make(&client, count).await;
        note("one more lab, s", seconds(began), Bound::AtMost(1.0), "7 PUTs");
    });
    let lab = Names::of(count / 2).lab;
    for (what, arguments, bound) in [
        ("azlab status of one lab, s", vec!["status", "--sandbox", "-l", &lab, "-o", "json"], Bound::AtMost(1.0)),
        ("azlab sandbox show, s", vec!["sandbox", "show"], Bound::None),
        ("azlab status of all labs, s", vec!["status", "--sandbox", "-o", "json"], Bound::None),
    ] {
        let (took, printed) = azlab(directory.path(), &arguments);
        note(what, took, bound, &format!("prints {:.1} MB", printed as f64 / 1e6));
    }
    rows
}

/// Follows the links from page to page; the number of entries, and the seconds of the slowest page.
async fn pages(client: &Client, path: &str) -> (usize, f64) {
    let (mut path, mut entries, mut worst) = (path.to_owned(), 0, 0.0_f64);
    loop {
        let began = Instant::now();
        let page: Value = client.get(&path).await;
        worst = worst.max(seconds(began));
        entries += page["value"].as_array().map_or(0, Vec::len);
        let Some(next) = page["nextLink"].as_str() else { return (entries, worst) };
        let (_, below) = next.split_once(azlab_sandbox::SUBSCRIPTION_ID).expect("a link below the subscription");
        path = below.to_owned();
    }
}

/// Seconds that the binary takes, and bytes that it prints.
fn azlab(directory: &Path, arguments: &[&str]) -> (f64, usize) {
    let began = Instant::now();
    let mut command = Command::new(super::http::binary());
    // As fast as the machine allows: the service's own pauses are not what is measured.
    command.args(arguments).args(["--sandbox-speed", "100000"]).env("AZLAB_SANDBOX_DIR", directory);
    let ended = command.output().expect("azlab, built");
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    (seconds(began), ended.stdout.len())
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}
