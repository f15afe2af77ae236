//! `azlab doctor`, and what provision makes of the same findings: each check is made to fail by a world of its own.

use azlab::cli::{Cli, Command};
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::{doctor, provision, teardown};
use azlab::events::{CheckStatus, Event, EventKind};
use azlab::outcome::{CheckReport, Exit, LabState};
use azlab::preflight::CHECKS;
use azlab::settings::{DoctorSettings, LabSource, ProvisionSettings, TeardownSettings};
use azlab_clock::Clock;
use azlab_sandbox::scenario::Scenario;
use azlab_sandbox::{
    Fault, FaultKind, GrantedRole, LoggedRequest, SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID, Sandbox, Settings,
    SubscriptionState,
};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::selling_the_workshops_model;

/// An embedded Azure, asked through the commands.
struct Azure(Sandbox);

/// A run that has ended.
struct Ran {
    finished: Finished,
    events: Vec<Event>,
    log: Vec<LoggedRequest>,
}

impl Azure {
    fn new() -> Self {
        let azure = Self(selling_the_workshops_model(
            Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap(),
        ));
        azure.set(|settings| settings.durations.cluster_create = 40.0);
        azure
    }

    fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.0.control().change_settings(change).unwrap();
    }

    fn roles(&self, roles: &[(&str, Option<&str>)]) {
        let granted = roles.iter().map(|(role, group)| GrantedRole {
            role: (*role).to_owned(),
            group: group.map(str::to_owned),
            condition: None,
        });
        self.set(|settings| settings.roles = granted.collect());
    }

    async fn run(&self, line: &str) -> Ran {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let cli = Cli::read_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let before = self.0.request_log().len();
        let (session, mut receiver) = Prepared::sandbox(&self.0).unwrap().begin(CancellationToken::new()).unwrap();
        let place = azlab::settings::place(&cli, None, &arguments);
        let options = RunOptions { yes: true, place, ..RunOptions::default() };
        let labs = &LabSource::named(&cli.global.labs);
        // On the heap: a command's future is large, and a test's stack small.
        let finished = match &cli.command {
            Command::Doctor(args) => {
                Box::pin(doctor::run(&session, &DoctorSettings::resolve(args, labs).unwrap(), &options)).await
            }
            Command::Provision(args) => {
                Box::pin(provision::run(&session, &ProvisionSettings::resolve(args, labs).unwrap(), &options)).await
            }
            Command::Teardown(args) => {
                Box::pin(teardown::run(&session, &TeardownSettings::resolve(args, labs).unwrap(), &options)).await
            }
            _ => panic!("{line}"),
        };
        let mut events = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        Ran { finished, events, log: self.0.request_log().split_off(before) }
    }

    /// What another tool sends to a path below the subscription.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let who = self.0.directory().default_application();
        let audience = "https://management.azure.com";
        let now = self.0.clock().now();
        let token = self.0.signer().issue(&who.principal, audience, now, time::Duration::HOUR).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{audience}/subscriptions/{SUBSCRIPTION_ID}{path}"))
            .header("authorization", format!("Bearer {}", token.as_str()))
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
            .unwrap();
        let (parts, body) = self.0.handle(request).await.into_parts();
        (parts.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn group(&self, name: &str) {
        let path = format!("/resourceGroups/{name}?api-version=2021-04-01");
        let (status, body) = self.send(Method::PUT, &path, Some(json!({"location": "westeurope"}))).await;
        assert!(status.is_success(), "{body}");
    }
}

impl Ran {
    fn checks(&self) -> &[CheckReport] {
        self.finished.result.checks.as_deref().expect("checks")
    }

    #[track_caller]
    fn check(&self, id: &str) -> &CheckReport {
        let mut found: Vec<_> = self.checks().iter().filter(|check| check.id == id).collect();
        // The worst of those about several labs.
        found.sort_by_key(|check| match check.status {
            CheckStatus::Fail => 0,
            CheckStatus::Warn => 1,
            CheckStatus::Pass => 2,
            CheckStatus::Skip => 3,
        });
        found.first().unwrap_or_else(|| panic!("no check {id}: {:#?}", self.checks()))
    }

    fn ids(&self, status: CheckStatus) -> Vec<&str> {
        self.checks().iter().filter(|check| check.status == status).map(|check| check.id).collect()
    }

    fn writes(&self) -> Vec<&LoggedRequest> {
        self.log.iter().filter(|request| request.is_write()).collect()
    }

    #[track_caller]
    fn exit(self, exit: Exit) -> Self {
        assert_eq!(self.finished.exit, exit, "{:#?}", self.finished.result);
        self
    }

    fn notes(&self) -> Vec<String> {
        let text = |event: &Event| match &event.kind {
            EventKind::Note { message, .. } => Some(message.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }

    /// The code and the hint of the run's error, of a lab or of all.
    fn error(&self) -> (String, String) {
        let result = &self.finished.result;
        let of_lab = result.labs.iter().flatten().find_map(|lab| lab.error.as_ref());
        let error = result.error.as_ref().or(of_lab).expect("an error");
        (error.code.clone(), error.hint.clone().unwrap_or_default())
    }
}

fn refusal(status: u16, code: &str) -> FaultKind {
    let body = json!({"error": {"code": code, "message": format!("{code}, says the test.")}}).to_string();
    let headers = vec![("content-type".into(), "application/json".into())];
    FaultKind::Respond { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body) }
}

#[tokio::test(start_paused = true)]
async fn doctor_tells_every_check_changes_nothing_and_names_the_next_command() {
    let azure = Azure::new();
    let ran = azure.run("doctor --location swedencentral --model auto").await.exit(Exit::Done);
    let ids: Vec<_> = ran.checks().iter().map(|check| check.id).collect();
    assert_eq!(ids, CHECKS.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    assert!(ran.writes().is_empty());
    assert!(ran.ids(CheckStatus::Fail).is_empty());
    assert!(ran.check("sign_in").message.contains("sandbox"));
    assert!(ran.check("subscription").message.contains("tenant"));
    assert_eq!(ran.finished.next[0].command, "azlab provision --location swedencentral --model auto");
}

#[tokio::test(start_paused = true)]
async fn a_finished_lab_passes_and_is_not_measured_against_quota_again() {
    let azure = Azure::new();
    azure.run("provision").await.exit(Exit::Done);
    for usage in ["cores", "OpenAI.S0.AccountCount", "OpenAI.Standard.gpt-35-turbo"] {
        azure.0.control().set_quota("*", usage, 0).unwrap();
    }
    let ran = azure.run("doctor").await.exit(Exit::Done);
    assert_eq!(ran.check("permissions").status, CheckStatus::Pass);
    for id in ["vcpu_quota", "account_count", "model"] {
        assert_eq!(ran.check(id).status, CheckStatus::Skip, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_check_fails_in_its_own_world_and_provision_stops_there_before_the_first_write() {
    type Prepare = fn(&Azure);
    fn play(azure: &Azure, name: &str) {
        azure.0.play(&Scenario::load(name).unwrap()).unwrap();
    }
    let cases: [(&str, Prepare, &str, &str, &str); 17] = [
        ("", |a| play(a, "disabled-subscription"), "subscription", "ReadOnlyDisabledSubscription", "--subscription ID"),
        ("", |a| play(a, "contributor-only"), "permissions", "AuthorizationFailed", "--assignee a21ab000"),
        ("", |a| play(a, "group-owner-only"), "permissions", "AuthorizationFailed", "--role \"Contributor\""),
        (
            "",
            |a| play(a, "unregistered-provider"),
            "providers",
            "MissingSubscriptionRegistration",
            "azlab doctor --fix",
        ),
        ("", |a| play(a, "no-vcpu-quota"), "vcpu_quota", "ErrCode_InsufficientVCPUQuota", "--node-count"),
        ("--model gpt-35-turbo", |a| play(a, "retired-model"), "model", "ServiceModelDeprecated", "--model auto"),
        ("", |a| play(a, "no-model-quota"), "model", "InsufficientQuota", "soft-deleted"),
        (
            "--lab a b c",
            |a| play(a, "cluster-limit"),
            "cluster_count",
            "ManagedClusterCountExceedsQuotaLimit",
            "ask for a quota ManagedClusters of 3 in westeurope",
        ),
        (
            "--lab a b c d",
            |a| play(a, "address-limit"),
            "public_ips",
            "PublicIPCountLimitReached",
            "ask for a quota IPv4StandardSkuPublicIpAddresses of 12 in westeurope",
        ),
        ("--lab a b", |a| play(a, "group-limit"), "resource_groups", "ResourceGroupQuotaExceeded", "--subscription ID"),
        ("", |a| play(a, "free-trial"), "offer", "InsufficientQuota", "--subscription ID"),
        (
            "--lab a b c",
            |a| play(a, "account-limit"),
            "account_count",
            "InsufficientQuota",
            "--lab a b --location westeurope",
        ),
        ("--location westeurop", |_| (), "location", "LocationNotAvailableForResourceGroup", "--location westeurope"),
        (
            "--kubernetes-version 1.33",
            |a| play(a, "long-term-support"),
            "kubernetes_version",
            "K8sVersionNotSupported",
            "one of 1.34, 1.35",
        ),
        ("--kubernetes-version 1.20", |_| (), "kubernetes_version", "K8sVersionNotSupported", "1.34"),
        ("--node-vm-size Standard_D2_v5s", |_| (), "vm_size", "VMSizeNotSupported", "Standard_D2s_v5"),
        (
            "--cluster a123456789012345678901234567890123456789012345678901234567890 -g b12345678901234567890",
            |_| (),
            "names",
            "InvalidName",
            "shorten",
        ),
    ];
    for (arguments, prepare, id, code, hint) in cases {
        let azure = Azure::new();
        prepare(&azure);
        let ran = azure.run(&format!("doctor {arguments}")).await.exit(Exit::Preflight);
        let check = ran.check(id);
        assert_eq!((check.status, check.code.as_deref()), (CheckStatus::Fail, Some(code)), "{id}: {check:#?}");
        assert!(check.hint.as_deref().unwrap_or_default().contains(hint), "{id}: {check:#?}");
        assert_eq!(ran.ids(CheckStatus::Fail), [id], "one thing is wrong, and one is told");
        assert!(ran.writes().is_empty(), "{id}");

        let ran = azure.run(&format!("provision {arguments}")).await.exit(Exit::Preflight);
        assert_eq!(ran.error().0, code, "{id}");
        assert!(ran.error().1.contains(hint), "{id}: {:?}", ran.error());
        assert!(ran.writes().is_empty(), "{id}");

        let ran = azure.run(&format!("provision --skip-preflight {arguments}")).await;
        assert_ne!(ran.finished.exit, Exit::Preflight, "{id}");
        assert!(!ran.writes().is_empty(), "{id}: it goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn fix_registers_what_is_missing_and_waits_with_the_services_own_word() {
    let azure = Azure::new();
    for namespace in ["Microsoft.ContainerService", "Microsoft.ManagedIdentity"] {
        azure.0.control().unregister_provider(namespace).unwrap();
    }
    let ran = azure.run("doctor --fix").await.exit(Exit::Done);
    let written: Vec<_> =
        ran.writes().iter().map(|request| request.path.split('?').next().unwrap().to_owned()).collect();
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written.iter().all(|path| path.ends_with("/register")), "{written:?}");
    assert!(
        ran.notes().iter().any(|note| note.contains("Microsoft.ContainerService: Registering")),
        "{:?}",
        ran.notes()
    );
    assert_eq!(ran.check("providers").status, CheckStatus::Pass);
    assert_eq!(ran.finished.next[0].command, "azlab provision");
    assert!(azure.run("doctor --fix").await.exit(Exit::Done).writes().is_empty(), "nothing is left to register");
    azure.run("provision").await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_is_refused_is_told_and_the_check_fails() {
    let azure = Azure::new();
    azure.0.control().unregister_provider("Microsoft.ContainerService").unwrap();
    azure.roles(&[("Reader", None)]);
    let ran = azure.run("doctor --fix").await.exit(Exit::Preflight);
    assert!(ran.notes().iter().any(|note| note.contains("AuthorizationFailed")), "{:?}", ran.notes());
    assert_eq!(ran.check("providers").status, CheckStatus::Fail);
    assert_eq!(ran.check("permissions").status, CheckStatus::Fail);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_subscription_is_told_before_anything_and_can_still_be_emptied() {
    let azure = Azure::new();
    azure.run("provision").await.exit(Exit::Done);
    for state in [SubscriptionState::Disabled, SubscriptionState::Warned, SubscriptionState::Deleted] {
        azure.set(|settings| settings.subscription_state = state);
        let ran = azure.run("provision --lab other").await.exit(Exit::Preflight);
        assert_eq!(ran.error().0, "ReadOnlyDisabledSubscription", "{state:?}");
        let path = "/resourceGroups/x?api-version=2021-04-01";
        let (status, body) = azure.send(Method::PUT, path, Some(json!({"location": "westeurope"}))).await;
        assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (409, Some("ReadOnlyDisabledSubscription")));
    }
    azure.run("teardown --no-purge").await.exit(Exit::Done);
    azure.set(|settings| settings.subscription_state = SubscriptionState::PastDue);
    let ran = azure.run("doctor").await.exit(Exit::Done);
    assert_eq!(ran.check("subscription").status, CheckStatus::Warn);
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_a_group_alone_is_warned_of_the_purge_and_makes_a_lab_in_it() {
    let azure = Azure::new();
    azure.group("myResourceGroup").await;
    azure.roles(&[("Owner", Some("myResourceGroup"))]);
    let ran = azure.run("doctor --adopt").await.exit(Exit::Done);
    assert_eq!(ran.check("permissions").status, CheckStatus::Pass);
    let teardown = ran.check("teardown_permissions");
    assert_eq!(teardown.status, CheckStatus::Warn);
    assert!(teardown.message.contains("deletedAccounts/delete"), "{teardown:#?}");
    let ran = azure.run("provision --adopt").await.exit(Exit::Done);
    assert_eq!(ran.finished.result.labs.unwrap()[0].state, LabState::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_provision_needs_and_may_not_make_is_a_failure() {
    let azure = Azure::new();
    azure.run("provision").await.exit(Exit::Done);
    azure.run("teardown --no-purge").await.exit(Exit::Done);
    azure.group("myResourceGroup").await;
    azure.roles(&[("Reader", None), ("Owner", Some("myResourceGroup"))]);
    let ran = azure.run("doctor --adopt").await.exit(Exit::Preflight);
    assert!(ran.check("permissions").message.contains("deletedAccounts/delete"), "{:#?}", ran.check("permissions"));
    assert_eq!(ran.check("account_name").status, CheckStatus::Warn);
    azure.run("doctor --adopt --soft-deleted avoid").await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn without_the_check_a_contributor_fails_at_the_last_step() {
    let azure = Azure::new();
    azure.roles(&[("Contributor", None)]);
    let ran = azure.run("provision --skip-preflight").await.exit(Exit::LabFailed);
    assert_eq!(ran.error().0, "AuthorizationFailed");
    azure.roles(&[("Contributor", None), ("Role Based Access Control Administrator", None)]);
    assert_eq!(azure.run("doctor").await.exit(Exit::Done).check("permissions").status, CheckStatus::Pass);
    azure.run("provision").await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn the_sandbox_gives_a_role_that_is_assigned_in_it_and_takes_it_back() {
    let azure = Azure::new();
    azure.group("lab").await;
    let path = "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/7f1de6a0-1111-4222-8333-944444444444?api-version=2022-04-01";
    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
    );
    let body = json!({"properties": {"roleDefinitionId": role, "principalId": SIGNED_IN_OBJECT_ID}});
    let (status, answer) = azure.send(Method::PUT, path, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    azure.roles(&[]);
    let permissions = "/providers/Microsoft.Authorization/permissions?api-version=2022-04-01";
    let (_, whole) = azure.send(Method::GET, permissions, None).await;
    // What is left is the role by which the signed-in principal uses accounts: it reads, and no more.
    let actions = whole["value"].as_array().unwrap().iter().flat_map(|one| one["actions"].as_array().unwrap());
    assert!(actions.clone().all(|action| action.as_str().unwrap().ends_with("/read")), "{whole}");
    let (_, group) = azure.send(Method::GET, &format!("/resourceGroups/lab{permissions}"), None).await;
    let granted = group["value"].as_array().unwrap().iter().find(|one| one["actions"] == json!(["*"])).unwrap();
    assert!(granted["notActions"].as_array().unwrap().contains(&json!("Microsoft.Authorization/*/Write")));
    // A Contributor may tag the group, not a group beside it, and not delete assignments.
    let tagged = json!({"location": "westeurope", "tags": {"a": "b"}});
    let (status, _) = azure.send(Method::PUT, "/resourceGroups/lab?api-version=2021-04-01", Some(tagged.clone())).await;
    assert_eq!(status, 200);
    let (status, body) = azure.send(Method::PUT, "/resourceGroups/lab-anna?api-version=2021-04-01", Some(tagged)).await;
    assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (403, Some("AuthorizationFailed")));
    assert!(
        body["error"]["message"].as_str().unwrap().contains("Microsoft.Resources/subscriptions/resourceGroups/write")
    );
    assert_eq!(azure.send(Method::DELETE, path, None).await.0, 403);
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_refuses_the_lab_s_role_is_named() {
    let azure = Azure::new();
    let reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let openai_user = "5E0BD9BD-7b93-4f28-af87-19fc36ad61bd";
    let with = |guid: &str| {
        let condition = Some(format!("@Request[…:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{guid}}}"));
        let owner = GrantedRole { role: "Owner".into(), group: None, condition };
        azure.set(|settings| settings.roles = vec![owner]);
    };
    with(reader);
    let ran = azure.run("doctor").await.exit(Exit::Done);
    let check = ran.check("permissions");
    assert_eq!(check.status, CheckStatus::Warn);
    assert!(check.message.contains(reader), "{check:#?}");
    let ran = azure.run("provision").await.exit(Exit::LabFailed);
    let (code, hint) = ran.error();
    assert_eq!(code, "AuthorizationFailed");
    assert!(hint.contains(reader) && hint.contains("Cognitive Services OpenAI User"), "{hint}");
    assert!(!hint.contains("ask for Contributor"), "one has the role: {hint}");
    with(openai_user);
    azure.run("provision").await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_group_is_a_failed_check() {
    let azure = Azure::new();
    azure.group("myResourceGroup").await;
    let ran = azure.run("doctor").await.exit(Exit::Preflight);
    let check = ran.check("existing");
    assert_eq!((check.status, check.code.as_deref()), (CheckStatus::Fail, Some("NotOurs")));
    assert!(check.hint.as_deref().unwrap_or_default().contains("--adopt"), "{check:#?}");
    assert_eq!(azure.run("doctor --adopt").await.exit(Exit::Done).check("existing").status, CheckStatus::Pass);
}

#[tokio::test(start_paused = true)]
async fn the_wrong_tenant_is_a_failed_sign_in() {
    let azure = Azure::new();
    let kind = refusal(401, "InvalidAuthenticationTokenTenant");
    azure.0.control().inject(Fault {
        method: None,
        path_contains: "/subscriptions/".into(),
        skip: 0,
        times: usize::MAX,
        kind,
    });
    let ran = azure.run("doctor").await.exit(Exit::NotSignedIn);
    let check = &ran.checks()[0];
    assert_eq!((check.id, check.status), ("sign_in", CheckStatus::Fail));
    assert_eq!(check.code.as_deref(), Some("InvalidAuthenticationTokenTenant"));
    assert!(check.hint.as_deref().unwrap_or_default().contains("az login --tenant"), "{check:#?}");
    assert_eq!(ran.ids(CheckStatus::Skip).len(), CHECKS.len() - 1);
}

// Field notes.

#[tokio::test(start_paused = true)]
async fn a_class_discovers_its_quota_limits_all_at_once_before_the_first_write() {
    let azure = Azure::new();
    azure.0.control().set_quota("westeurope", "cores", 9).unwrap();
    azure.0.control().set_quota("westeurope", "OpenAI.Standard.gpt-35-turbo", 45).unwrap();
    azure.0.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 3).unwrap();
    let class = "--lab a b c d e";
    let ran = azure.run(&format!("provision {class}")).await.exit(Exit::Preflight);
    assert!(ran.writes().is_empty());
    let message = ran.finished.result.error.as_ref().unwrap().message.clone();
    for says in [
        "5 labs need 20 vCPUs in westeurope, and the quota cores has 9 left of 9: 2 of the 5 fit",
        "5 labs need 5 OpenAI accounts in westeurope, and the quota OpenAI.S0.AccountCount has 3 left of 3: 3 of the 5 fit",
        "5 labs need 50 units of model capacity in westeurope, and the quota OpenAI.Standard.gpt-35-turbo has 45 left of 45: 4 of the 5 fit",
    ] {
        assert!(message.contains(says), "{message}");
    }
    let states: Vec<_> = ran.finished.result.labs.iter().flatten().map(|lab| lab.state).collect();
    assert_eq!(states, [LabState::Absent; 5]);
    let (_, hint) = ran.error();
    assert!(hint.contains("--capacity 9 fits all of them"), "{hint}");
    // The split that it proposes works as it stands.
    let commands: Vec<_> = hint.lines().map(str::trim).filter(|line| line.starts_with("--lab")).collect();
    let unique: std::collections::BTreeSet<_> = commands.iter().collect();
    assert!(unique.contains(&"--lab a b --location westeurope"), "{hint}");
    for line in unique {
        azure.run(&format!("provision {}", line.split(" (").next().unwrap())).await.exit(Exit::Done);
    }
    let made =
        azure.0.inventory().unwrap().resources.iter().filter(|one| one.resource_type.ends_with("/accounts")).count();
    assert_eq!(made, 5);
}

#[tokio::test(start_paused = true)]
async fn a_class_reads_each_list_once_however_many_labs_it_has() {
    let azure = Azure::new();
    let names: Vec<String> = (1..=12).map(|number| format!("lab{number}")).collect();
    let ran = azure.run(&format!("doctor --lab {}", names.join(" "))).await.exit(Exit::Done);
    for path in
        ["/permissions", "/skus", "/locations/westeurope/usages", "/locations/westeurope/models", "/deletedAccounts"]
    {
        let times = ran.log.iter().filter(|request| request.path.contains(path)).count();
        let most = if path.ends_with("/usages") { 4 } else { 1 };
        assert!((1..=most).contains(&times), "{path}: {times} (compute, AKS, networks and models each have usages)");
    }
    assert!(ran.check("vcpu_quota").message.contains("vCPUs"));
    assert_eq!(ran.check("model_quota").status, CheckStatus::Pass);
    assert_eq!(ran.checks().iter().filter(|check| check.id == "existing").count(), 1, "not told twelve times");
}

#[tokio::test(start_paused = true)]
async fn a_class_without_room_for_its_upgrades_is_warned() {
    let azure = Azure::new();
    azure.0.control().set_quota("*", "cores", 9).unwrap();
    let ran = azure.run("doctor --lab a b").await.exit(Exit::Done);
    assert_eq!(ran.check("vcpu_quota").status, CheckStatus::Warn, "8 of 9 vCPUs, and 4 for the upgrades");
    azure.0.control().set_quota("*", "cores", 12).unwrap();
    assert_eq!(azure.run("doctor --lab a b").await.check("vcpu_quota").status, CheckStatus::Pass);
}

#[tokio::test(start_paused = true)]
async fn soft_deleted_accounts_still_hold_quota() {
    let azure = Azure::new();
    azure.run("provision --lab gone").await.exit(Exit::Done);
    azure.run("teardown --lab gone --no-purge").await.exit(Exit::Done);
    azure.0.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 1).unwrap();
    let ran = azure.run("doctor --lab other").await.exit(Exit::Preflight);
    let check = ran.check("account_count");
    assert!(check.message.contains("1 of 1") && check.message.contains("soft-deleted"), "{check:#?}");
    assert!(check.hint.as_deref().unwrap_or_default().contains("--location swedencentral"), "{check:#?}");
    // The lab whose own account it is takes its place; for a class it is counted once.
    azure.run("doctor --lab gone").await.exit(Exit::Done);
    azure.run("doctor --lab gone other").await.exit(Exit::Preflight);
    azure.0.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 2).unwrap();
    azure.run("doctor --lab gone other").await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn a_retired_model_still_listed_as_default_is_found_before_the_first_write() {
    let azure = Azure::new();
    azure.0.control().retire_model("gpt-35-turbo", None).unwrap();
    let ran = azure.run("doctor --model gpt-35-turbo").await.exit(Exit::Preflight);
    let hint = ran.check("model").hint.clone().unwrap();
    let model = hint.split("--model ").nth(1).unwrap().split(',').next().unwrap();
    azure.run(&format!("doctor --model {model}")).await.exit(Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_in_place_of_the_workshops_model_is_a_warning_told_once_for_a_class() {
    let azure = Azure::new();
    azure.0.control().retire_model("gpt-35-turbo", None).unwrap();
    for line in ["doctor", "doctor --lab a b c"] {
        let ran = azure.run(line).await.exit(Exit::Done);
        let check = ran.check("model");
        assert_eq!((check.status, &check.lab), (CheckStatus::Warn, &None), "{check:?}");
        assert!(
            check.message.ends_with("; azlab takes gpt-4.1-mini 2025-04-14, Standard, capacity 10 instead"),
            "{check:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lab_without_quota_is_told_where_there_is_some() {
    let azure = Azure::new();
    azure.0.control().set_quota("westeurope", "cores", 2).unwrap();
    azure.0.control().set_quota("swedencentral", "cores", 2).unwrap();
    let ran = azure.run("doctor").await.exit(Exit::Preflight);
    let hint = ran.check("vcpu_quota").hint.clone().unwrap();
    let place = hint.split("--location ").last().unwrap().trim();
    assert!(!hint.contains("swedencentral"), "{hint}");
    azure.run(&format!("doctor --location {place}")).await.exit(Exit::Done);
}

#[test]
fn the_list_of_checks_in_the_docs_is_complete() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md")).unwrap();
    let listed: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, CHECKS.iter().map(|(id, _)| *id).collect::<Vec<_>>());
}
