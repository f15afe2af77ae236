use azlab::outcome::Exit;
use azlab_sandbox::Settings;

use super::quick;
use crate::provision::fixture::Azure;

fn file(labs: usize, rest: &str) -> String {
    format!(
        "version = 1\nlabs = [{{ name = 'seat-{{n:03}}', count = {labs} }}]\n{rest}[openai]\nshared = true\nper_lab = 2\n"
    )
}

const ONE: &str = "[[placement]]\nlocations = ['swedencentral']\n";
const TWO: &str = "[[placement]]\nlocations = ['swedencentral', 'westeurope']\n";

/// Quotas of everything but accounts that a hundred labs fit into.
fn roomy(settings: &mut Settings) {
    settings.durations.cluster_create = 8.0;
    for (usage, limit) in [("cores", 2000), ("standarddsv5family", 2000), ("managedclusters", 500)] {
        settings.quota.insert(format!("*/{usage}"), limit);
    }
    for usage in ["publicipaddresses", "standardskupublicipaddresses"] {
        settings.quota.insert(format!("*/{usage}"), 2000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_labs_in_one_region_fit_although_it_takes_thirty_accounts() {
    for rest in [ONE, "location = 'swedencentral'\n"] {
        let azure = Azure::with(roomy);
        let ran = azure.run_with(&file(100, rest), "provision --all --dry-run").await;
        assert_eq!(ran.exit(), Exit::Done, "{:#?}", ran.finished.result.error);
        let shared = ran.finished.result.shared.as_ref().expect("what is shared");
        assert_eq!((shared.len(), shared[0].labs), (1, 100));
        let plan = shared[0].plan.as_ref().unwrap();
        let capacity = plan.last().unwrap().fields.iter().find(|field| field.field == "capacity").unwrap();
        assert_eq!(capacity.want.as_deref(), Some("200"));
        assert!(ran.told().contains("100 labs share in swedencentral"), "{}", ran.told());
        let reads = ran.log.iter().filter(|one| one.path.contains("/deployments/")).count();
        assert!(reads <= 1, "{reads} reads of one deployment");
        let own = file(100, rest).replace("shared = true\nper_lab = 2\n", "");
        assert_eq!(azure.run_with(&own, "provision --all --dry-run").await.exit(), Exit::Preflight, "without it");
    }
}

#[tokio::test(start_paused = true)]
async fn each_place_has_an_account_as_large_as_its_labs_are_many() {
    let azure = Azure::with(|settings| {
        roomy(settings);
        settings.quota.insert("swedencentral/managedclusters".into(), 2);
    });
    azure.run_with(&file(3, TWO), "provision --all").await.ready();
    let mut capacities = azure.capacities();
    capacities.sort_unstable();
    assert_eq!((azure.all("accounts").len(), capacities), (2, vec![2, 4]));
    assert_eq!(azure.run_with(&file(3, TWO), "provision --all").await.ready().writes().len(), 0);
    let torn = azure.run_with(&file(3, TWO), "teardown -l seat-003 --yes").await;
    assert_eq!((torn.exit(), azure.all("accounts").len()), (Exit::Done, 1), "the account of its place");
    azure.run_with(&file(3, TWO), "teardown --all --yes").await;
    azure.is_empty();
}

#[tokio::test(start_paused = true)]
async fn a_place_without_room_for_one_account_more_is_passed_over() {
    let azure = Azure::with(|settings| {
        roomy(settings);
        settings.quota.insert("swedencentral/openai.s0.accountcount".into(), 0);
    });
    let ran = azure.run_with(&file(2, TWO), "provision --all").await.ready();
    assert!(ran.labs().iter().all(|lab| lab.location == "westeurope"), "{:#?}", ran.labs());
    // The account that is there is used, however full the region is.
    azure
        .sandbox
        .control()
        .change_settings(|settings| {
            settings.quota.insert("westeurope/openai.s0.accountcount".into(), 1);
        })
        .unwrap();
    azure.run_with(&file(3, TWO), "provision --all").await.ready();
    assert_eq!((azure.all("accounts").len(), azure.capacities()), (1, vec![6]));
}

#[tokio::test(start_paused = true)]
async fn labs_are_placed_by_the_model_quota_that_their_shares_take() {
    let azure = Azure::with(|settings| {
        roomy(settings);
        settings.quota.insert("swedencentral/openai.standard.gpt-35-turbo".into(), 5);
    });
    let ran = azure.run_with(&file(4, TWO), "provision --all").await.ready();
    let here = ran.labs().iter().filter(|lab| lab.location == "swedencentral").count();
    assert_eq!(here, 2, "2 units each of 5");
}

#[tokio::test(start_paused = true)]
async fn more_capacity_than_the_quota_has_is_refused_with_the_quota_to_ask_for() {
    let azure = quick();
    azure
        .sandbox
        .control()
        .change_settings(|settings| {
            settings.quota.insert("westeurope/openai.standard.gpt-35-turbo".into(), 50);
        })
        .unwrap();
    let named = "[[deployments]]\nname = 'gpt'\nmodel = 'gpt-35-turbo'\nmodel_sku = 'Standard'\n";
    let file = format!("{}{named}", super::with_labs(&["ada", "ben", "cleo"]));
    for line in ["provision --all", "provision --all --dry-run", "doctor"] {
        let ran = azure.run_with(&file, line).await.refused(Exit::Preflight);
        let result = ran.finished.result;
        let said = serde_json::to_string(&(&result.error, &result.checks)).unwrap();
        assert!(said.contains("ask for a quota OpenAI.Standard.gpt-35-turbo of 60 in westeurope"), "{line}: {said}");
        assert!(said.contains("lower per_lab"), "{line}: {said}");
    }
    let two = format!("{}{named}", super::with_labs(&["ada", "ben"]));
    azure.run_with(&two, "provision --all").await.ready();
    let more = azure.run_with(&file, "provision --all").await.refused(Exit::Preflight);
    let said = serde_json::to_string(&more.finished.result.error).unwrap();
    assert!(said.contains("OpenAI.Standard.gpt-35-turbo of 60"), "what it holds counts: {said}");
    assert_eq!(azure.capacities(), [40]);
}
