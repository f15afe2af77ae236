//! What an attendee asks of a lab that is not quite there: `env` and `kubeconfig` on paused time.
use azlab::cli::{Cli, Command};
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::{env, kubeconfig, provision};
use azlab::outcome::Exit;
use azlab::settings::{EnvSettings, KubeconfigSettings, LabSource, ProvisionSettings};
use azlab_clock::Clock;
use azlab_sandbox::{Fault, FaultKind, Sandbox};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser as _;
use http::{Method, StatusCode};
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::selling_the_workshops_model;

struct Azure(Sandbox);

impl Azure {
    fn new() -> Self {
        Self(selling_the_workshops_model(
            Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap(),
        ))
    }

    /// Runs a command line; what was told on the way comes with its result.
    async fn run(&self, line: &str) -> (Finished, String) {
        let cli = Cli::try_parse_from(["azlab"].into_iter().chain(line.split_whitespace())).unwrap();
        let (session, mut events) = Prepared::sandbox(&self.0).unwrap().begin(CancellationToken::new()).unwrap();
        let options = RunOptions::default();
        let labs = &LabSource::named(&cli.global.labs);
        let finished = match &cli.command {
            Command::Provision(args) => {
                provision::run(&session, &ProvisionSettings::resolve(args, labs).unwrap(), &options).await
            }
            Command::Env(args) => env::run(&session, &EnvSettings::resolve(args, labs, true).unwrap(), &options).await,
            Command::Kubeconfig(args) => {
                let settings = KubeconfigSettings::resolve(args, labs, None, None).unwrap();
                kubeconfig::run(&session, &settings, &options).await
            }
            other => panic!("{other:?}"),
        };
        drop(session);
        let mut told = String::new();
        while let Ok(event) = events.try_recv() {
            told.push_str(&format!("{event:?}\n"));
        }
        (finished, told)
    }

    async fn lab() -> Self {
        let azure = Self::new();
        assert_eq!(azure.run("provision").await.0.exit, Exit::Done);
        azure
    }

    fn answer(&self, action: &str, body: String) {
        self.0.control().inject(Fault {
            method: Some(Method::POST),
            path_contains: action.into(),
            skip: 0,
            times: 1,
            kind: FaultKind::Respond { status: StatusCode::OK, headers: Vec::new(), body: body.into() },
        });
    }

    /// The account, with its keys switched off.
    async fn switch_keys_off(&self) {
        let (session, _events) = Prepared::sandbox(&self.0).unwrap().begin(CancellationToken::new()).unwrap();
        let mut account = session.azure.accounts("myResourceGroup").await.unwrap().remove(0);
        let name = account.azure_entity_resource.resource.name.clone().unwrap();
        let properties = account.properties.as_mut().unwrap();
        *properties = azlab::azure::accounts::AccountProperties {
            custom_sub_domain_name: properties.custom_sub_domain_name.clone(),
            disable_local_auth: Some(true),
            ..Default::default()
        };
        session.azure.put_account("myResourceGroup", &name, account).await.unwrap();
        session.clock().sleep(std::time::Duration::from_secs(60)).await;
    }
}

fn code(finished: &Finished) -> String {
    let labs = finished.result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref());
    labs.chain(&finished.result.error).map(|error| error.code.clone()).next().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn an_account_without_keys_says_so_and_the_rest_is_still_to_be_had() {
    let azure = Azure::lab().await;
    azure.switch_keys_off().await;
    let (refused, _) = azure.run("env --show-keys").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::LabFailed, "LocalAuthDisabled"), "{:?}", refused.result);
    assert!(refused.data.is_none() && refused.masks.is_none());
    let (rest, _) = azure.run("env").await;
    assert_eq!(rest.exit, Exit::Done, "{:?}", rest.result);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_does_not_give_its_secret_away() {
    let azure = Azure::lab().await;
    for body in ["\"SECRETKEY\"", "{\"key1\":[\"SECRETKEY\"]}", "{\"key2\":\"SECRETKEY\"}", "SECRETKEY"] {
        azure.answer("listKeys", body.to_owned());
        let (finished, told) = azure.run("env --show-keys").await;
        assert_eq!(code(&finished), "UnreadableAnswer", "{body}");
        assert!(!format!("{finished:?}{told}").contains("SECRETKEY"), "{body}: {finished:?}");
    }
    let yaml = "apiVersion: v1\nclusters: SECRETKEY\n";
    for body in [
        "\"SECRETKEY\"".to_owned(),
        "{\"kubeconfigs\":[{\"value\":\"SECRETKEY!\"}]}".to_owned(),
        format!("{{\"kubeconfigs\":[{{\"value\":\"{}\"}}]}}", STANDARD.encode(yaml)),
    ] {
        azure.answer("listClusterUserCredential", body.clone());
        let (finished, told) = azure.run("kubeconfig --file -").await;
        assert_eq!(code(&finished), "UnreadableAnswer", "{body}");
        assert!(!format!("{finished:?}{told}").contains("SECRETKEY"), "{body}: {finished:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_issuer_is_there_before_the_cluster_is_but_its_credentials_are_not() {
    let azure = Azure::new();
    let cut = azure.0.clock().timeout(std::time::Duration::from_secs(120), Box::pin(azure.run("provision"))).await;
    assert!(cut.is_err(), "the cluster takes longer");
    let (early, _) = azure.run("kubeconfig --file -").await;
    assert_eq!((early.exit, code(&early).as_str()), (Exit::LabFailed, "ClusterNotReady"), "{:?}", early.result);
    assert!(early.data.is_none());
    let (variables, _) = azure.run("env").await;
    assert_eq!(variables.exit, Exit::Done, "{:?}", variables.result);
}

#[tokio::test(start_paused = true)]
async fn a_lab_is_found_by_its_name_wherever_it_is_and_by_its_group_whosever_it_is() {
    let azure = Azure::new();
    assert_eq!(azure.run("provision -l anna -g elsewhere").await.0.exit, Exit::Done);
    for line in ["env -l anna", "env -g elsewhere", "kubeconfig --file - -l anna", "kubeconfig --file - -g elsewhere"] {
        let (finished, _) = azure.run(line).await;
        assert_eq!(finished.exit, Exit::Done, "{line}: {:?}", finished.result);
        assert_eq!(finished.result.labs.unwrap()[0].resource_group, "elsewhere", "{line}");
    }
    let writes = azure.0.request_log().iter().filter(|one| one.method == Method::PUT).count();
    assert_eq!(azure.run("env").await.0.exit, Exit::NotFound);
    assert_eq!(azure.0.request_log().iter().filter(|one| one.method == Method::PUT).count(), writes);
}

#[tokio::test(start_paused = true)]
async fn a_missing_sign_in_program_is_told_and_its_entry_left_as_it_is() {
    let azure = Azure::lab().await;
    let yaml = "\
apiVersion: v1
kind: Config
clusters: [{name: myAKSCluster, cluster: {server: 'https://x:443'}}]
contexts: [{name: myAKSCluster, context: {cluster: myAKSCluster, user: clusterUser_g_c}}]
users: [{name: clusterUser_g_c, user: {exec: {command: no-such-kubelogin, args: [get-token, '--server-id', '6dae']}}}]
";
    azure.answer(
        "listClusterUserCredential",
        format!("{{\"kubeconfigs\":[{{\"name\":\"clusterUser\",\"value\":\"{}\"}}]}}", STANDARD.encode(yaml)),
    );
    let (finished, told) = azure.run("kubeconfig --file -").await;
    assert!(told.contains("no-such-kubelogin, which is not on the PATH"), "{told}");
    let printed: serde_json::Value = yaml_serde::from_str(finished.data.unwrap().reveal()).unwrap();
    assert_eq!(printed["users"][0]["user"]["exec"]["args"][2], "6dae");
}
