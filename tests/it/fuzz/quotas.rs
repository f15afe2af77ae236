//! Whatever the service can refuse for want of quota, preflight foresees: no class passes doctor and fails in provision.

use azlab::outcome::Exit;
use azlab_sandbox::scenario::Scenario;
use proptest::prelude::*;
use proptest::sample::select;

use super::{hold, runtime};
use crate::provision::fixture::Azure;

const REGIONS: [&str; 2] = ["westeurope", "swedencentral"];

/// Quotas that a lab takes from, and limits about as large as what a few labs take.
const QUOTAS: [(&str, i64); 11] = [
    ("ManagedClusters", 4),
    ("IPv4StandardSkuPublicIpAddresses", 14),
    ("cores", 24),
    ("standardDSv5Family", 24),
    ("OpenAI.S0.AccountCount", 4),
    ("OpenAI.Standard.gpt-35-turbo", 45),
    ("OpenAI.Standard.gpt4.1-mini", 45),
    ("OpenAI.GlobalStandard.gpt4.1-mini", 45),
    ("OpenAI.DataZoneStandard.gpt4.1-mini", 45),
    ("OpenAI.GlobalStandard.gpt-5-mini", 45),
    ("OpenAI.DataZoneStandard.gpt-5-mini", 45),
];

const OFFERS: [&str; 6] = [
    "EnterpriseAgreement_2014-09-01",
    "EnterpriseAgreement_2014-09-01",
    "EnterpriseAgreement_2014-09-01",
    "PayAsYouGo_2014-09-01",
    "AzureForStudents_2018-01-01",
    "FreeTrial_2014-09-01",
];

/// What there is already, beside the class.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    /// Another lab in westeurope.
    Lab,
    /// The account that another lab has left, soft-deleted.
    SoftDeleted,
    /// The first lab of the class.
    First,
    /// Labs of the class, as they were asked for before: smaller, and some of what they had is gone.
    Earlier([Earlier; 4]),
}

/// What there is of a lab of the class.
#[derive(Clone, Copy, Debug)]
struct Earlier {
    /// Whether there is anything.
    exists: bool,
    /// Its nodes.
    nodes: u32,
    /// How many of its deployments, at most.
    deployments: usize,
    /// The capacity of each, at most.
    capacity: u32,
    /// Whether somebody has deleted the cluster, and whether the account.
    gone: (bool, bool),
}

fn earlier() -> impl Strategy<Value = Earlier> {
    let gone = (prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    (prop::bool::weighted(0.7), 1_u32..4, 0_usize..3, 1_u32..20, gone)
        .prop_map(|(exists, nodes, deployments, capacity, gone)| Earlier { exists, nodes, deployments, capacity, gone })
}

/// The class as it was asked for before.
fn before(labs: &[Lab], earlier: &[Earlier]) -> Vec<Lab> {
    let one = |(lab, earlier): (&Lab, &Earlier)| Lab {
        nodes: earlier.nodes,
        models: lab
            .models
            .iter()
            .take(earlier.deployments)
            .map(|(model, capacity)| (*model, Some(capacity.unwrap_or(10).min(earlier.capacity))))
            .collect(),
        ..lab.clone()
    };
    labs.iter().zip(earlier).map(one).collect()
}

/// Makes the labs of the class that there are, where there is quota for all, and deletes what somebody has deleted of them.
async fn make_earlier(azure: &Azure, labs: &[Lab], earlier: &[Earlier]) {
    const ROOMY: &str =
        "about = 'roomy'\n[settings]\nthrottling = false\ndurations = { cluster_create = 40.0 }\n[settings.quota]\n";
    let limits: String = QUOTAS.iter().map(|(name, _)| format!("'*/{name}' = 1000\n")).collect();
    azure.sandbox.play(&Scenario::parse("roomy", &format!("{ROOMY}{limits}")).expect("a scenario")).expect("played");
    let file = file(&before(labs, earlier));
    for (number, one) in labs.iter().zip(earlier).enumerate().filter(|(_, (_, one))| one.exists) {
        let made = azure.run_with(&file, &format!("provision -l l{number}")).await;
        let (_, Earlier { gone: deletes, .. }) = one;
        if made.exit() != Exit::Done {
            continue;
        }
        let marker = format!("/resourceGroups/myResourceGroup-l{number}/providers/").to_lowercase();
        let inventory = azure.sandbox.inventory().expect("the inventory");
        for item in inventory.resources {
            let (id, depth) = (item.id.to_lowercase(), item.id.split('/').count());
            let of_kind = |kind: &str| depth == 9 && id.contains(&marker) && id.contains(kind);
            let (_, path) = item.id.split_once(azlab_sandbox::SUBSCRIPTION_ID).unwrap_or_default();
            if deletes.0 && of_kind("/managedclusters/") {
                azure.delete(&format!("{path}?api-version=2025-08-01")).await;
            }
            if deletes.1 && of_kind("/microsoft.cognitiveservices/accounts/") {
                azure.delete(&format!("{path}?api-version=2024-10-01")).await;
            }
        }
    }
    azure.pass(600.0).await;
}

/// A deployment of a lab: the model, its sku, and the capacity.
type Model = (Option<(&'static str, Option<&'static str>)>, Option<u32>);

fn model() -> impl Strategy<Value = Model> {
    let named = select(vec![
        None,
        Some(("gpt-4.1-mini", None)),
        Some(("gpt-4.1-mini", Some("GlobalStandard"))),
        Some(("gpt-5-mini", Some("GlobalStandard"))),
        Some(("gpt-5-mini", Some("DataZoneStandard"))),
        Some(("auto", None)),
    ]);
    (named, prop::option::of(1_u32..20))
}

#[derive(Clone, Debug)]
struct Lab {
    location: &'static str,
    nodes: u32,
    models: Vec<Model>,
}

fn lab() -> impl Strategy<Value = Lab> {
    let models = prop::collection::vec(model(), 0..3);
    (select(REGIONS.to_vec()), 1_u32..4, models).prop_map(|(location, nodes, models)| Lab { location, nodes, models })
}

/// The class as an azlab.toml.
fn file(labs: &[Lab]) -> String {
    let mut text = "version = 1\n".to_owned();
    for (number, lab) in labs.iter().enumerate() {
        text += &format!(
            "[[labs]]\nname = 'l{number}'\nlocation = '{}'\ncluster = {{ node_count = {} }}\n",
            lab.location, lab.nodes
        );
        let deployments: Vec<String> = lab
            .models
            .iter()
            .enumerate()
            .map(|(at, (model, capacity))| {
                let mut one = format!("name = 'd{at}'");
                if let Some((name, sku)) = model {
                    one += &format!(", model = '{name}'");
                    one += &sku.map_or_else(String::new, |sku| format!(", model_sku = '{sku}'"));
                }
                one += &capacity.map_or_else(String::new, |capacity| format!(", capacity = {capacity}"));
                format!("{{ {one} }}")
            })
            .collect();
        text += &format!("deployments = [{}]\n", deployments.join(", "));
    }
    text
}

/// What the scenario says: limits by quota, the offer, what is pooled, and how full of groups the subscription is.
fn scenario(limits: &[(&str, bool, i64)], offer: &str, pooled: bool, groups: Option<u32>) -> String {
    let mut text = format!("about = 'quotas'\n[settings]\nthrottling = false\noffer = '{offer}'\n");
    text += "durations = { cluster_create = 40.0 }\n";
    if pooled {
        text += "pooled_models = ['gpt-5-mini']\n";
    }
    text += "[settings.quota]\n";
    for (name, everywhere, limit) in limits {
        let is_pooled = pooled && name.ends_with("gpt-5-mini");
        let place = if *everywhere || is_pooled { "*" } else { "westeurope" };
        text += &format!("'{place}/{name}' = {limit}\n");
    }
    if let Some(count) = groups {
        text += &format!(
            "[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'other-{{n}}'\nlocation = 'westeurope'\ncount = {count}\n"
        );
    }
    text
}

/// The property of labs that exist in part, or whose cluster or deployments are to grow: that alone, so that it has as many cases.
#[test]
fn no_class_that_exists_in_part_passes_doctor_and_fails_for_want_of_quota() {
    let earlier = [earlier(), earlier(), earlier(), earlier()].prop_map(Before::Earlier);
    hold_with(24, earlier);
}

#[test]
fn no_class_passes_doctor_and_fails_for_want_of_quota() {
    hold_with(32, select(vec![Before::Nothing, Before::Lab, Before::SoftDeleted, Before::First]));
}

/// Holds the property over random classes and quotas, beside what there is `before`.
fn hold_with(quick: u32, before: impl Strategy<Value = Before>) {
    // A few at a time: of many that are short, one alone would never be what a class fails for.
    let limits = prop::sample::subsequence(QUOTAS.to_vec(), 0..=2).prop_flat_map(|short| {
        short.into_iter().map(|(name, most)| (Just(name), any::<bool>(), 0..=most)).collect::<Vec<_>>()
    });
    let groups = prop::option::weighted(0.1, 970_u32..=980);
    let class = prop::collection::vec(lab(), 1..5);
    hold(quick, (class, limits, select(OFFERS.to_vec()), any::<bool>(), groups, before), |case| {
        let (labs, limits, offer, pooled, groups, before) = case;
        let (file, text) = (file(&labs), scenario(&limits, offer, pooled, groups));
        let all = if labs.len() > 1 { " --all" } else { "" };
        runtime().block_on(async {
            let azure = Azure::new();
            match before {
                Before::Nothing => {}
                Before::Lab => drop(azure.run("provision --lab old").await.ready()),
                Before::SoftDeleted => {
                    azure.run("provision --lab old").await.ready();
                    azure.run("teardown --yes --no-purge --lab old").await;
                }
                Before::First => drop(azure.run_with(&file, "provision -l l0").await.ready()),
                Before::Earlier(earlier) => make_earlier(&azure, &labs, &earlier).await,
            }
            let scenario = Scenario::parse("quotas", &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            azure.sandbox.play(&scenario).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let doctor = Box::pin(azure.run_with(&file, &format!("doctor{all}"))).await;
            let provision = Box::pin(azure.run_with(&file, &format!("provision{all}"))).await;
            let errors: Vec<_> = provision.labs().iter().filter_map(|lab| lab.error.as_ref()).collect();
            prop_assert!(matches!(doctor.exit(), Exit::Done | Exit::Preflight), "{:?}", doctor.finished.result);
            prop_assert_eq!(doctor.exit(), provision.exit(), "{}\n{}\n{:#?}", file, text, errors);
            if provision.exit() == Exit::Preflight {
                prop_assert!(provision.writes().is_empty(), "{}\n{}", file, text);
            }
            Ok(())
        })
    });
}
