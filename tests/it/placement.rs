//! Where `[[placement]]` sends labs, and that they are found there again.

mod moving;
mod refusing;

use std::path::Path;
use std::sync::Arc;

use azlab::cli::{Cli, Command};
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::{doctor, provision, reset, status, sweep, teardown, verify};
use azlab::config::Config;
use azlab::events::{Event, EventKind};
use azlab::outcome::{Exit, LabState};
use azlab::settings::{
    DoctorSettings, LabSource, ProvisionSettings, ResetSettings, StatusSettings, SweepSettings, TeardownSettings,
    VerifySettings,
};
use azlab_clock::Clock;
use azlab_sandbox::{FullRegion, OtherSubscription, SUBSCRIPTION_ID, Sandbox, Settings, SubscriptionState};
use clap::Parser as _;
use http::Method;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::selling_the_workshops_model;

const SECOND: &str = "11111111-1111-4111-8111-111111111111";

struct World {
    azure: Sandbox,
}

impl World {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let azure = selling_the_workshops_model(
            Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap(),
        );
        azure.control().change_settings(change).unwrap();
        azure.control().log_requests(true);
        Self { azure }
    }

    /// With a second subscription, called `second`.
    fn with_second(change: impl FnOnce(&mut Settings, &mut OtherSubscription)) -> Self {
        Self::new(|settings| {
            let mut second = OtherSubscription::new(SECOND, "second");
            change(settings, &mut second);
            settings.subscriptions.push(second);
        })
    }

    async fn run(&self, file: &str, line: &str) -> (Finished, Vec<Event>) {
        let file = Config::parse(Path::new("azlab.toml"), file).unwrap_or_else(|error| panic!("{error}"));
        let cli = Cli::try_parse_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let (session, mut events) = Prepared::sandbox(&self.azure).unwrap().begin(CancellationToken::new()).unwrap();
        let options = RunOptions { yes: true, ..RunOptions::default() };
        let labs = &LabSource::resolve(&cli.global, Some(Arc::new(file))).unwrap();
        let finished = match &cli.command {
            Command::Provision(args) => {
                provision::run(&session, &ProvisionSettings::resolve(args, labs).unwrap(), &options).await
            }
            Command::Doctor(args) => {
                doctor::run(&session, &DoctorSettings::resolve(args, labs).unwrap(), &options).await
            }
            Command::Status(args) => {
                status::run(&session, &StatusSettings::resolve(args, labs).unwrap(), &options).await
            }
            Command::Verify(args) => {
                verify::run(&session, &VerifySettings::resolve(args, labs).unwrap(), &options).await
            }
            Command::Reset(args) => reset::run(&session, &ResetSettings::resolve(args, labs).unwrap(), &options).await,
            Command::Sweep(args) => sweep::run(&session, &SweepSettings::resolve(args, labs).unwrap(), &options).await,
            Command::Teardown(args) => {
                teardown::run(&session, &TeardownSettings::resolve(args, labs).unwrap(), &options).await
            }
            other => panic!("{other:?}"),
        };
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            told.push(event);
        }
        (finished, told)
    }

    /// A run that ends well.
    async fn well(&self, file: &str, line: &str) -> Finished {
        let (finished, _) = self.run(file, line).await;
        assert_eq!(finished.exit, Exit::Done, "{line}: {:#?}", finished.result);
        finished
    }

    /// A run that ends in preflight without a write; message and hint.
    async fn refused(&self, file: &str) -> String {
        let before = self.writes();
        let (finished, _) = self.run(file, "provision --all").await;
        let error = finished.result.error.unwrap_or_else(|| panic!("{:#?}", finished.exit));
        assert_eq!((finished.exit, self.writes()), (Exit::Preflight, before), "{error:?}");
        let (doctor, _) = self.run(file, "doctor").await;
        assert_eq!(doctor.exit, Exit::Preflight, "doctor agrees");
        format!("{}\n{}", error.message, error.hint.unwrap_or_default())
    }

    /// Takes the identity of a lab away, as somebody else would.
    async fn delete_identity(&self, lab: &str, subscription: &str) {
        let identity = "Microsoft.ManagedIdentity/userAssignedIdentities/myIdentity?api-version=2023-01-31";
        self.delete(lab, subscription, identity).await;
    }

    /// Takes something of a lab away: the rest of its path, and the api-version.
    async fn delete(&self, lab: &str, subscription: &str, rest: &str) {
        let (session, _events) = Prepared::sandbox(&self.azure).unwrap().begin(CancellationToken::new()).unwrap();
        session.sign_in().await.unwrap();
        let path = format!("/subscriptions/{subscription}/resourceGroups/myResourceGroup-{lab}/providers/{rest}");
        let delete = azlab::azure::request::Request {
            method: Method::DELETE,
            url: session.azure.arm().endpoint().join(&path).unwrap(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        };
        session.azure.arm().send(delete).await.unwrap();
    }

    fn writes(&self) -> usize {
        let is_write = |method: &Method| !matches!(*method, Method::GET | Method::HEAD);
        self.azure.request_log().iter().filter(|one| is_write(&one.method)).count()
    }

    /// The labs' groups: lab, subscription, location.
    fn homes(&self) -> Vec<(String, String, String)> {
        let groups = self.azure.inventory().unwrap().resources.into_iter();
        let mut homes: Vec<_> = groups
            .filter_map(|item| {
                let lab = item.body["tags"]["azlab-lab"]
                    .as_str()
                    .filter(|_| item.resource_type.ends_with("resourcegroups"))?;
                (item.body.get("managedBy").is_none()).then(|| {
                    let subscription = item.id.split('/').nth(2).unwrap_or_default();
                    (lab.to_owned(), subscription.to_owned(), item.location.clone())
                })
            })
            .collect();
        homes.sort();
        homes
    }

    /// Where each lab is, for short: `a swedencentral` in the first subscription, `a second/swedencentral` in the second.
    fn whereabouts(&self) -> Vec<String> {
        let short = |(lab, subscription, location): (String, String, String)| match subscription == SUBSCRIPTION_ID {
            true => format!("{lab} {location}"),
            false => format!("{lab} second/{location}"),
        };
        self.homes().into_iter().map(short).collect()
    }
}

fn quota(settings: &mut Settings, location: &str, usage: &str, limit: i64) {
    settings.quota.insert(format!("{location}/{usage}").to_lowercase(), limit);
}

const ACCOUNTS: &str = "openai.s0.accountcount";

fn file(labs: &[&str], rest: &str) -> String {
    let labs: Vec<String> = labs.iter().map(|lab| format!("\"{lab}\"")).collect();
    format!("version = 1\nlabs = [{}]\n{rest}", labs.join(", "))
}

const TWO_REGIONS: &str = "[[placement]]\nlocations = [\"swedencentral\", \"westeurope\"]\n";

#[tokio::test(start_paused = true)]
async fn labs_fill_one_region_after_the_other_and_a_longer_list_moves_nobody() {
    let world = World::new(|settings| quota(settings, "swedencentral", ACCOUNTS, 2));
    let finished = world.well(&file(&["c", "a", "b"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b westeurope", "c swedencentral"], "in the order of the file");
    let rows = finished.result.placement.expect("who goes where");
    assert_eq!(rows[0].labs, ["c", "a"]);
    assert_eq!((rows[0].new, rows[0].room), (2, Some(0)));
    assert!(rows[0].limited_by.as_deref().unwrap().contains("OpenAI accounts (OpenAI.S0.AccountCount: 0 of 2 left)"));
    let writes = world.writes();
    world.well(&file(&["c", "a", "b"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.writes(), writes, "a second provision writes nothing");
    world.well(&file(&["x", "b", "a", "c"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b westeurope", "c swedencentral", "x westeurope"]);
}

#[tokio::test(start_paused = true)]
async fn labs_of_two_subscriptions_are_made_found_checked_and_removed() {
    let world = World::with_second(|settings, _| quota(settings, "swedencentral", "cores", 8));
    let file = file(
        &["a", "b", "c"],
        "[[placement]]\nlocations = [\"swedencentral\"]\n[[placement]]\nsubscription = \"Second\"\nlocations = [\"swedencentral\"]\n",
    );
    let made = world.well(&file, "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b second/swedencentral", "c second/swedencentral"]);
    let told: Vec<Option<String>> = made.result.labs.unwrap().into_iter().map(|lab| lab.subscription).collect();
    assert_eq!(told, [None, Some(SECOND.to_owned()), Some(SECOND.to_owned())]);
    for line in ["status", "verify --all", "status -l c", "verify -l b", "reset -l c", "provision -l c"] {
        let finished = world.well(&file, line).await;
        assert!(finished.result.labs.unwrap().iter().all(|lab| lab.state == LabState::Ready), "{line}");
    }
    let rebuilt = world.well(&file, "reset --rebuild -l c").await;
    assert_eq!(rebuilt.result.labs.unwrap()[0].subscription.as_deref(), Some(SECOND));
    assert_eq!(world.whereabouts().last().unwrap(), "c second/swedencentral");
    world.well(&file, "teardown --all").await;
    let left = world.azure.inventory().unwrap();
    assert!(left.resources.is_empty() && left.soft_deleted.is_empty(), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn vcpus_are_counted_with_what_an_upgrade_adds_where_that_is_possible() {
    // Two labs of four vCPUs, and two for the surge node of each.
    let world = World::new(|settings| quota(settings, "swedencentral", "cores", 11));
    world.well(&file(&["a", "b"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b westeurope"]);
    let tight = World::new(|settings| quota(settings, "*", "cores", 8));
    let (finished, told) = tight.run(&file(&["a", "b", "c", "d"], TWO_REGIONS), "provision --all --dry-run").await;
    assert_eq!(finished.exit, Exit::Done);
    let warned = told.iter().any(|event| match &event.kind {
        EventKind::Note { message, .. } => message.contains("not all labs can be upgraded at once"),
        _ => false,
    });
    assert!(warned);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_with_how_many_do_and_what_to_ask_for() {
    let world = World::new(|settings| {
        quota(settings, "swedencentral", ACCOUNTS, 2);
        quota(settings, "westeurope", "managedclusters", 1);
    });
    let said = world.refused(&file(&["a", "b", "c", "d", "e"], TWO_REGIONS)).await;
    for part in [
        "3 of 5 new labs fit; for 2 no place has quota",
        "swedencentral (subscription",
        "2 new labs; no more: OpenAI accounts (OpenAI.S0.AccountCount: 0 of 2 left)",
        "1 new lab; no more: AKS clusters (ManagedClusters: 0 of 1 left)",
        "ask for a quota OpenAI.S0.AccountCount of 4 in swedencentral",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(world.homes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_model_without_any_quota_is_asked_for_by_name_region_and_amount() {
    let world = World::new(|settings| quota(settings, "*", "openai.standard.gpt-35-turbo", 0));
    let models = "[[deployments]]\nname = \"gpt\"\nmodel = \"gpt-35-turbo\"\n";
    let said = world.refused(&file(&["a", "b"], &format!("{TWO_REGIONS}{models}"))).await;
    for part in [
        "0 of 2 new labs fit; for 2 no place has quota",
        "no more: units of model capacity (OpenAI.Standard.gpt-35-turbo: 0 of 0 left)",
        "ask for a quota OpenAI.Standard.gpt-35-turbo of 20 in swedencentral",
        "or add another location or subscription to [[placement]]",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("--location"), "the file names the places: {said}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_file_and_a_lab_with_its_own_location_are_kept_to() {
    let world = World::new(|_| {});
    let rest =
        "[[placement]]\nlocations = [\"swedencentral\"]\nmax_labs = 1\n[[placement]]\nlocations = [\"westeurope\"]\n";
    let labs = "version = 1\nlabs = [\"a\", { name = \"own\", location = \"uksouth\" }, \"b\", \"c\"]\n";
    world.well(&format!("{labs}{rest}"), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b westeurope", "c westeurope", "own uksouth"]);
    let said = world
        .refused(&format!(
            "version = 1\nlabs = [\"a\", \"d\", \"e\"]\n{}",
            rest.split("[[placement]]\nlocations = [\"west").next().unwrap()
        ))
        .await;
    assert!(said.contains("0 of 2 new labs fit") && said.contains("raise max_labs of azlab.toml:3 by 2"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_pooled_quota_of_a_model_is_counted_once_for_all_regions() {
    let world = World::new(|settings| {
        settings.pooled_models = vec!["gpt-4o-mini".into()];
        quota(settings, "*", "openai.globalstandard.gpt-4o-mini", 3);
    });
    let models =
        "[[deployments]]\nname = \"gpt\"\nmodel = \"gpt-4o-mini\"\nmodel_sku = \"GlobalStandard\"\ncapacity = 1\n";
    let rest = format!("{TWO_REGIONS}{models}");
    let said = world.refused(&file(&["a", "b", "c", "d"], &rest)).await;
    assert!(said.contains("3 of 4 new labs fit"), "{said}");
    world.well(&file(&["a", "b", "c"], &rest), "provision --all --dry-run").await;
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_worked_in_is_named_with_its_line_and_nothing_is_written() {
    type Change = fn(&mut Settings, &mut OtherSubscription);
    let second = "[[placement]]\nlocations = [\"swedencentral\"]\n[[placement]]\nsubscription = \"second\"\nlocations = [\"westeurope\"]\n";
    let by_id = second.replace("\"second\"", &format!("\"{SECOND}\""));
    let nothing: Change = |_, _| {};
    let cases: [(Change, String, &[&str]); 9] = [
        (
            |_, other| (other.roles, other.data_role) = (Vec::new(), false),
            by_id.clone(),
            &["azlab.toml:5", SECOND, "cannot be read"],
        ),
        (
            |_, other| other.roles = vec![serde_json::from_value(serde_json::json!({"role": "Reader"})).unwrap()],
            second.into(),
            &["azlab.toml:5", SECOND, "you may not", "ask an owner for the role"],
        ),
        (|_, other| other.tenant = Some(SECOND.into()), by_id, &["azlab.toml:5", SECOND, "wrong issuer"]),
        (
            nothing,
            second.replace("\"second\"", "\"secnd\""),
            &["azlab.toml:6", "no subscription 'secnd'", "did you mean 'second'?"],
        ),
        (
            nothing,
            second.replace("westeurope", "westeurop"),
            &["azlab.toml:5", "the location 'westeurop' is not known", "did you mean westeurope?"],
        ),
        (
            nothing,
            second.replace("\"second\"", &format!("\"{SUBSCRIPTION_ID}\"")).replace("westeurope", "swedencentral"),
            &["azlab.toml:5", "swedencentral of the subscription", "is on azlab.toml:3 already"],
        ),
        (
            nothing,
            format!("{second}[cluster]\nnode_vm_size = \"Standard_Banana\"\n"),
            &["the VM size 'Standard_Banana' is not known"],
        ),
        (nothing, format!("{second}[[deployments]]\nname = \"gpt\"\nmodel = \"gpt-9\"\n"), &["gpt-9", "azlab.toml:3"]),
        (
            |settings, _| settings.not_offered = vec!["westeurope/Microsoft.ContainerService/managedClusters".into()],
            second.into(),
            &["azlab.toml:5", "the location 'westeurope' does not offer managedClusters", "swedencentral"],
        ),
    ];
    for (change, rest, says) in cases {
        let world = World::with_second(change);
        let said = world.refused(&file(&["a"], &rest)).await;
        for part in says {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_location_of_a_labs_own_that_no_subscription_offers_is_no_place() {
    let lacking = "uksouth/Microsoft.ContainerService/managedClusters";
    let world = World::with_second(|settings, _| settings.not_offered = vec![lacking.into()]);
    for (own, says) in [
        ("uksouth", "the location 'uksouth' does not offer managedClusters"),
        ("atlantis", "the location 'atlantis' is not known"),
    ] {
        let labs = format!("version = 1\nlabs = [\"a\", {{ name = \"own\", location = \"{own}\" }}]\n");
        let said = world.refused(&format!("{labs}{TWO_REGIONS}")).await;
        assert!(said.contains(&format!("the lab own has a location of its own: {says}")), "{said}");
        assert!(!said.contains("--location"), "{said}");
    }
}

/// A class of two labs, one in each of two subscriptions, and its file.
async fn one_lab_in_each() -> (World, String) {
    let world = World::with_second(|settings, _| quota(settings, "swedencentral", "cores", 6));
    let file = file(
        &["a", "b"],
        &format!(
            "[[placement]]\nlocations = [\"swedencentral\"]\n[[placement]]\nsubscription = \"{SECOND}\"\nlocations = [\"swedencentral\"]\n"
        ),
    );
    world.well(&file, "provision --all").await;
    (world, file)
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_incomplete_stays_and_what_it_lacks_is_counted_before_new_ones() {
    let world = World::new(|settings| quota(settings, "swedencentral", ACCOUNTS, 1));
    let (session, _events) = Prepared::sandbox(&world.azure).unwrap().begin(CancellationToken::new()).unwrap();
    session.sign_in().await.unwrap();
    // Cut off after its group.
    let tags = serde_json::json!({"azlab-workshop": "ai-workshop", "azlab-lab": "z"});
    let group = serde_json::from_value(serde_json::json!({"location": "swedencentral", "tags": tags})).unwrap();
    session.azure.put_group("myResourceGroup-z", group).await.unwrap();
    world.well(&file(&["a", "z"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a westeurope", "z swedencentral"]);
}

#[tokio::test(start_paused = true)]
async fn labs_of_every_subscription_expire() {
    let world = World::with_second(|settings, _| quota(settings, "swedencentral", "cores", 4));
    let rest = format!(
        "[[placement]]\nlocations = [\"swedencentral\"]\n[[placement]]\nsubscription = \"{SECOND}\"\nlocations = [\"swedencentral\"]\n"
    );
    let file = file(&["a", "b"], &format!("ttl = \"1h\"\n{rest}"));
    world.well(&file, "provision --all").await;
    world.azure.clock().sleep(std::time::Duration::from_secs(7200)).await;
    world.well(&file, "sweep --expired").await;
    assert!(world.homes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_class_of_a_thousand_is_planned_over_four_subscriptions() {
    let world = World::new(|settings| {
        settings.offer = "EnterpriseAgreement_2014-09-01".into();
        for usage in [ACCOUNTS, "cores", "managedclusters", "ipv4standardskupublicipaddresses", "standarddsv5family"] {
            quota(settings, "*", usage, 100_000);
        }
        quota(settings, "*", "openai.standard.gpt-35-turbo", 100_000);
        let quota = settings.quota.clone();
        for n in 2..=4 {
            let id = format!("{n}{}", &SECOND[1..]);
            settings
                .subscriptions
                .push(OtherSubscription { quota: quota.clone(), ..OtherSubscription::new(&id, &format!("s{n}")) });
        }
    });
    let mut file = String::from(
        "version = 1\n[[labs]]\nname = \"lab-{n}\"\ncount = 1000\n[[placement]]\nlocations = [\"swedencentral\"]\n",
    );
    for n in 2..=4 {
        file.push_str(&format!("[[placement]]\nsubscription = \"s{n}\"\nlocations = [\"swedencentral\"]\n"));
    }
    let (finished, _) = world.run(&file, "doctor --all").await;
    let rows = finished.result.placement.expect("who goes where");
    let counts: Vec<usize> = rows.iter().map(|row| row.new).collect();
    assert_eq!(counts, [490, 490, 20, 0], "{:#?}", finished.result.checks);
}

#[tokio::test(start_paused = true)]
async fn soft_deleted_accounts_that_make_way_do_not_push_their_labs_elsewhere() {
    let world = World::new(|settings| quota(settings, "swedencentral", ACCOUNTS, 2));
    world.well(&file(&["a", "b"], TWO_REGIONS), "provision --all").await;
    world.well(&file(&["a", "b"], TWO_REGIONS), "teardown --all --no-purge").await;
    world.well(&file(&["a", "b", "c"], TWO_REGIONS), "provision --all").await;
    assert_eq!(world.whereabouts(), ["a swedencentral", "b swedencentral", "c westeurope"]);
}
