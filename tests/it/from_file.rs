//! What an azlab.toml says is what is made, and it stays so when the command runs again.
use std::path::Path;
use std::sync::{Arc, Mutex};

use azlab::cli::{Cli, Command};
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::{deploy_model, provision, reset, status, sweep, teardown};
use azlab::config::Config;
use azlab::follow_up::Place;
use azlab::lab::tags::Tags;
use azlab::outcome::{Action, Exit, LabState};
use azlab::settings::{
    DeployModelSettings, LabSource, ProvisionSettings, ResetSettings, SettingsError, StatusSettings, SweepSettings,
    TeardownSettings,
};
use azlab_clock::Clock;
use azlab_sandbox::Sandbox;
use clap::Parser as _;
use reqwest::Method;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::selling_the_workshops_model;

struct World {
    azure: Sandbox,
    file: Arc<Config>,
    /// What people were asked to type.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl World {
    fn new(file: &str) -> Self {
        let azure = selling_the_workshops_model(
            Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap(),
        );
        let file = Config::parse(Path::new("azlab.toml"), file).unwrap_or_else(|error| panic!("{error}"));
        Self { azure, file: Arc::new(file), asked: Arc::default() }
    }

    async fn try_run(&self, line: &str) -> Result<Finished, SettingsError> {
        let cli = Cli::try_parse_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let (session, _events) = Prepared::sandbox(&self.azure).unwrap().begin(CancellationToken::new()).unwrap();
        let asked = Arc::clone(&self.asked);
        let confirm = move |_: &str, _: &str, word: Option<&str>| {
            asked.lock().unwrap().push(word.map(str::to_owned));
            true
        };
        let options = RunOptions { confirm: Some(Arc::new(confirm)), ..RunOptions::default() };
        let labs = &LabSource::resolve(&cli.global, Some(Arc::clone(&self.file)))?;
        Ok(match &cli.command {
            Command::Provision(args) => {
                provision::run(&session, &ProvisionSettings::resolve(args, labs)?, &options).await
            }
            Command::DeployModel(args) => {
                deploy_model::run(&session, &DeployModelSettings::resolve(args, labs)?, &options).await
            }
            Command::Status(args) => status::run(&session, &StatusSettings::resolve(args, labs)?, &options).await,
            Command::Sweep(args) => sweep::run(&session, &SweepSettings::resolve(args, labs)?, &options).await,
            Command::Reset(args) => reset::run(&session, &ResetSettings::resolve(args, labs)?, &options).await,
            Command::Teardown(args) => teardown::run(&session, &TeardownSettings::resolve(args, labs)?, &options).await,
            other => panic!("{other:?}"),
        })
    }

    #[track_caller]
    fn refused(result: Result<Finished, SettingsError>) -> String {
        match result {
            Err(SettingsError::Labs { message, hint }) => format!("{message} / {}", hint.at(&Place::default())),
            other => panic!("{other:?}"),
        }
    }

    async fn run(&self, line: &str) -> Finished {
        let finished = self.try_run(line).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(finished.exit, Exit::Done, "{line}: {:#?}", finished.result);
        finished
    }

    /// The names of what there is whose id has `/{kind}/` before its last part.
    fn named(&self, kind: &str) -> Vec<String> {
        let inventory = self.azure.inventory().unwrap();
        let mut names: Vec<String> = inventory
            .resources
            .iter()
            .filter_map(|item| item.id.rsplit_once(&format!("/{kind}/")).map(|(_, name)| name.to_owned()))
            .filter(|name| !name.contains('/'))
            .collect();
        names.sort();
        names
    }

    fn writes(&self) -> usize {
        self.azure.request_log().iter().filter(|one| one.method == Method::PUT).count()
    }

    async fn tags(&self, group: &str) -> Tags {
        let (session, _events) = Prepared::sandbox(&self.azure).unwrap().begin(CancellationToken::new()).unwrap();
        session.sign_in().await.unwrap();
        Tags::read(session.azure.group(group).await.unwrap().unwrap().tags.as_ref())
    }
}

const CLASS: &str = r#"
version = 1
workshop = "class"
resource_group = "rg-{lab}"
location = "swedencentral"
ttl = "8h"
tags = { course = "ai" }
labs = ["ada", { name = "grace", location = "eastus2", ttl = "2d" }]
cluster = { name = "aks-{lab}" }
deployments = [
    { name = "chat", model = "gpt-5-mini", capacity = 7 },
    { name = "small", model = "gpt-5.4-mini" },
]
[identity]
name = "id-{lab}"
federated_credentials = [
    { name = "one", namespace = "shop", service_account = "ai" },
    { name = "two", subject = "system:serviceaccount:default:ai-service-account" },
]
"#;

#[tokio::test(start_paused = true)]
async fn every_lab_of_the_file_is_made_as_it_says_and_a_second_run_writes_nothing() {
    let world = World::new(CLASS);
    let made = world.run("provision --all").await;
    let labs: Vec<_> =
        made.result.labs.iter().flatten().map(|lab| (lab.name.as_str(), lab.location.as_str())).collect();
    assert_eq!(labs, [("ada", "swedencentral"), ("grace", "eastus2")]);
    assert_eq!(world.named("managedClusters"), ["aks-ada", "aks-grace"]);
    assert_eq!(world.named("userAssignedIdentities"), ["id-ada", "id-grace"]);
    assert_eq!(world.named("federatedIdentityCredentials"), ["one", "one", "two", "two"]);
    assert_eq!(world.named("deployments"), ["chat", "chat", "small", "small"]);
    let tags = world.tags("rg-ada").await;
    assert_eq!((tags.get("azlab-workshop"), tags.get("course")), (Some("class"), Some("ai")));

    let writes = world.writes();
    world.run("provision --all").await;
    assert_eq!(world.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn credentials_of_one_identity_are_written_as_far_apart_as_the_service_lets_and_none_is_throttled() {
    let most = 20;
    let account = |n| format!("{{ name = 'fic{n}', namespace = 'shop', service_account = 's{n}' }}");
    let accounts: Vec<_> = (1..=most).map(account).collect();
    let world = World::new(&format!(
        "version = 1\nlabs = ['ada']\ndeployments = []\n[identity]\nfederated_credentials = [{}]",
        accounts.join(", ")
    ));
    world.run("provision").await;
    let log = world.azure.request_log();
    let throttled: Vec<_> = log.iter().filter(|one| one.status.is_some_and(|status| status == 429)).collect();
    assert!(throttled.is_empty(), "{throttled:#?}");
    let is_write = |path: &str| path.to_lowercase().contains("/userassignedidentities/");
    let written: Vec<_> =
        log.iter().filter(|one| one.method == Method::PUT && is_write(&one.path)).map(|one| one.at).collect();
    assert_eq!(written.len(), 1 + most, "the identity and its credentials");
    let apart: Vec<f64> = written.windows(2).map(|pair| (pair[1] - pair[0]).as_seconds_f64()).collect();
    assert!(apart.iter().all(|apart| *apart >= 3.99), "{apart:?}");
    // Before the first one it waits for the cluster's issuer; from then on for nothing else. The four seconds count from the answer,
    // which takes one.
    assert!(apart[1..].iter().all(|apart| *apart < 5.5), "{apart:?}");
}

#[tokio::test(start_paused = true)]
async fn the_files_ttl_counts_from_the_making_and_a_flag_moves_it() {
    let world = World::new(CLASS);
    world.run("provision --all").await;
    let expires = |tags: Tags| tags.get("azlab-expires").map(str::to_owned).unwrap_or_default();
    let (ada, grace) = (expires(world.tags("rg-ada").await), expires(world.tags("rg-grace").await));
    assert!(ada.starts_with("2026-04-20T16:0") && grace.starts_with("2026-04-22T08:0"), "{ada} {grace}");
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    world.run("provision -l ada").await;
    assert_eq!(expires(world.tags("rg-ada").await), ada);
    world.run("provision -l ada --ttl 1d").await;
    assert!(expires(world.tags("rg-ada").await).starts_with("2026-04-21T09:"));
    assert_eq!(expires(world.tags("rg-grace").await), grace);
}

#[tokio::test(start_paused = true)]
async fn a_write_for_another_reason_leaves_the_expiry_where_it_is() {
    let mut world = World::new(CLASS);
    world.run("provision -l ada").await;
    let before = world.tags("rg-ada").await;
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    let changed = CLASS.replace("course = \"ai\"", "course = \"ml\"");
    world.file = Arc::new(Config::parse(Path::new("azlab.toml"), &changed).unwrap());
    world.run("provision -l ada").await;
    let after = world.tags("rg-ada").await;
    assert_eq!((before.get("course"), after.get("course")), (Some("ai"), Some("ml")));
    assert!(before.get("azlab-expires").is_some());
    assert_eq!(after.get("azlab-expires"), before.get("azlab-expires"));
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_was_made_without_a_ttl_gets_the_files() {
    let mut world = World::new("version = 1");
    world.run("provision").await;
    assert_eq!(world.tags("myResourceGroup").await.get("azlab-expires"), None);
    world.file = Arc::new(Config::parse(Path::new("azlab.toml"), "version = 1\nttl = '8h'").unwrap());
    world.run("provision").await;
    assert!(world.tags("myResourceGroup").await.get("azlab-expires").is_some());
    let writes = world.writes();
    world.run("provision").await;
    assert_eq!(world.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_until_somebody_says_which_of_the_files_labs() {
    let world = World::new(CLASS);
    for command in ["provision", "deploy-model", "reset", "teardown --yes"] {
        let says = World::refused(world.try_run(command).await);
        assert_eq!(says, "azlab.toml has 2 labs: ada, grace / name the labs with -l NAME..., or take all with --all");
    }
    let says = World::refused(world.try_run("provision -l grce").await);
    assert_eq!(says, "azlab.toml has no lab 'grce' / did you mean grace?");
    let says = World::refused(world.try_run("provision -l ada somebody").await);
    assert!(says.contains("no lab 'somebody' / it has ada, grace"), "{says}");
    assert_eq!(world.azure.request_log().len(), 0);
    world.run("provision -l GRACE").await;
    assert_eq!(world.named("managedClusters"), ["aks-grace"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_with_one_lab_means_that_one_and_a_file_without_any_takes_every_name() {
    let world = World::new("version = 1\nlabs = ['solo']\ncluster.name = 'c1'");
    assert_eq!(world.run("provision").await.result.labs.unwrap()[0].name, "solo");
    let world = World::new("version = 1\ncluster.name = 'aks-{lab}'");
    world.run("provision -l anyone other").await;
    world.run("provision").await;
    assert_eq!(world.named("managedClusters"), ["aks-anyone", "aks-default", "aks-other"]);
}

#[tokio::test(start_paused = true)]
async fn flags_go_before_the_file_and_leave_the_rest_of_it() {
    let world = World::new(CLASS);
    world.run("provision -l ada --location westeurope --cluster mine --owner me -g elsewhere").await;
    assert_eq!(
        (world.named("managedClusters"), world.named("userAssignedIdentities")),
        (vec!["mine".to_owned()], vec!["id-ada".to_owned()])
    );
    assert_eq!(world.tags("elsewhere").await.get("azlab-owner"), Some("me"));
}

#[tokio::test(start_paused = true)]
async fn a_flag_about_one_thing_is_refused_where_the_file_has_several() {
    let world = World::new(CLASS);
    for (line, says) in [
        ("provision -l ada --model gpt-4o", "has 2: chat, small / change them in the file"),
        ("provision -l ada --subject system:serviceaccount:a:b", "has 2: one, two / change them in the file"),
        ("deploy-model -l ada --capacity 3", "has 2: chat, small / name one with --name"),
    ] {
        let refused = World::refused(world.try_run(line).await);
        assert!(refused.ends_with(says), "{line}: {refused}");
    }
    assert_eq!(world.azure.request_log().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn deploy_model_changes_the_named_deployment_of_the_file_or_brings_all_back() {
    let world = World::new(CLASS);
    world.run("provision -l ada").await;
    let changed = world.run("deploy-model -l ada --name chat --capacity 9").await;
    let changes: Vec<_> = changed.result.labs.iter().flatten().flat_map(|lab| &lab.changes).collect();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].id.ends_with("/deployments/chat") && changes[0].action == Action::Updated, "{changes:?}");
    world.run("deploy-model -l ada --name third --model gpt-5-mini").await;
    world.run("deploy-model -l ada --remove small").await;
    assert_eq!(world.named("deployments"), ["chat", "third"]);
    let all = world.run("deploy-model -l ada").await;
    let changes: Vec<_> = all.result.labs.iter().flatten().flat_map(|lab| &lab.changes).map(|one| one.action).collect();
    assert_eq!(changes, [Action::Updated, Action::Created]);
    assert_eq!(world.named("deployments"), ["chat", "small", "third"]);
}

#[tokio::test(start_paused = true)]
async fn a_lab_without_deployments_is_left_so_until_somebody_makes_one() {
    let world = World::new("version = 1\ndeployments = []");
    let made = world.run("provision").await;
    assert_eq!(made.result.labs.unwrap()[0].outputs.openai_deployment, None);
    assert_eq!(world.named("deployments"), Vec::<String>::new());
    world.run("deploy-model --model gpt-5-mini").await;
    assert_eq!(world.named("deployments"), ["gpt-35-turbo"]);
    world.run("provision").await;
    assert_eq!(world.named("deployments"), ["gpt-35-turbo"]);
}

#[tokio::test(start_paused = true)]
async fn teardown_of_several_labs_wants_the_workshops_own_name() {
    let world = World::new(CLASS);
    world.run("provision --all").await;
    world.run("teardown --all").await;
    assert_eq!(*world.asked.lock().unwrap(), [Some("class".to_owned())]);
    assert_eq!(world.named("managedClusters"), Vec::<String>::new());
}

fn states(finished: &Finished) -> Vec<(&str, LabState)> {
    finished.result.labs.iter().flatten().map(|lab| (lab.name.as_str(), lab.state)).collect()
}

#[tokio::test(start_paused = true)]
async fn status_holds_every_lab_of_the_file_against_it_and_reset_makes_it_so() {
    let mut world = World::new(CLASS);
    world.run("provision --all").await;
    assert_eq!(states(&world.run("status").await), [("ada", LabState::Ready), ("grace", LabState::Ready)]);
    let changed = CLASS.replace("capacity = 7", "capacity = 9").replace("course = \"ai\"", "course = \"ml\"");
    world.file = Arc::new(Config::parse(Path::new("azlab.toml"), &changed).unwrap());
    assert_eq!(states(&world.run("status").await), [("ada", LabState::Incomplete), ("grace", LabState::Incomplete)]);
    world.run("reset -l ada").await;
    assert_eq!(states(&world.run("status").await), [("ada", LabState::Ready), ("grace", LabState::Incomplete)]);
    assert_eq!(world.tags("rg-ada").await.get("course"), Some("ml"));
}

#[tokio::test(start_paused = true)]
async fn two_workshops_may_each_have_a_lab_of_one_name() {
    let mut world = World::new("version = 1\nlabs = ['ada']\nresource_group = 'one-{lab}'");
    world.run("provision").await;
    world.file = Arc::new(
        Config::parse(Path::new("azlab.toml"), "version = 1\nlabs = ['ada']\nresource_group = 'two-{lab}'").unwrap(),
    );
    world.run("provision").await;
    let seen = world.run("status").await;
    let groups: Vec<_> = seen.result.labs.iter().flatten().map(|lab| lab.resource_group.as_str()).collect();
    assert_eq!(groups, ["two-ada"]);
    world.run("teardown").await;
    assert_eq!(world.tags("one-ada").await.get("azlab-lab"), Some("ada"));
}

#[tokio::test(start_paused = true)]
async fn sweep_takes_only_labs_of_the_file_and_its_workshop() {
    let mut world =
        World::new("version = 1\nworkshop = 'one'\nttl = '1h'\nlabs = ['ada', 'ben']\nresource_group = 'one-{lab}'");
    world.run("provision --all").await;
    let other = "version = 1\nworkshop = 'two'\nttl = '1h'\nlabs = ['ada', 'eve']\nresource_group = 'two-{lab}'";
    world.file = Arc::new(Config::parse(Path::new("azlab.toml"), other).unwrap());
    world.run("provision --all").await;
    tokio::time::advance(std::time::Duration::from_secs(2 * 3600)).await;
    let swept = world.run("sweep --expired").await;
    let mut groups: Vec<_> = swept.result.labs.iter().flatten().map(|lab| lab.resource_group.as_str()).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["two-ada", "two-eve"]);
    assert_eq!(world.named("userAssignedIdentities").len(), 2);
    assert_eq!(world.tags("one-ada").await.get("azlab-workshop"), Some("one"));
}
