//! Both generations of the SDK over our channel: what leaves, what comes back, and what they write into logs.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use azlab::azure::accounts::{Deployment, DeploymentModel, DeploymentProperties, Sku};
use azlab::azure::api_version::CONTAINER_SERVICE;
use azlab::azure::clusters::{ManagedCluster, TrackedResource};
use azlab::azure::error::Error;
use azlab::azure::groups::ResourceGroup;
use azlab::azure::roles::{RoleAssignmentCreateParameters, RoleAssignmentProperties};
use http::Method;
use serde_json::{Value, json as body};

use crate::support::{ENDPOINT, SECRET, SUBSCRIPTION, World, error, in_turn, json, status, text};

fn cluster() -> ManagedCluster {
    ManagedCluster::new(TrackedResource::new("westeurope".into()))
}

/// One call of each kind, in each generation. What the service says does not matter.
async fn call_everything(world: &World) {
    let azure = world.azure();
    let _ = azure.group("g").await;
    let _ = azure.put_group("g", ResourceGroup::new("westeurope".into())).await;
    let _ = azure.cluster("g", "c").await;
    let _ = azure.put_cluster("g", "c", cluster()).await;
    let _ = azure.identity("g", "i").await;
    let _ = azure.federated_credentials("g", "i").await;
    let _ = azure.put_deployment("g", "a", "d", Deployment::new()).await;
    let _ = azure.purge_account("westeurope", "g", "a").await;
    let scope = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c"
    );
    let role = RoleAssignmentCreateParameters::new(RoleAssignmentProperties::new("role".into(), "principal".into()));
    let _ = azure.put_role_assignment(&scope, "name", role).await;
}

#[tokio::test(start_paused = true)]
async fn methods_paths_versions_and_headers_reach_the_transport() {
    let world = World::new(in_turn([json(200, &body!({"location": "westeurope", "value": []}))]));
    call_everything(&world).await;
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g");
    let of = |provider: &str, rest: &str| format!("{group}/providers/Microsoft.{provider}/{rest}");
    let deleted_account =
        "providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/g/deletedAccounts/a";
    let cluster = of("ContainerService", "managedClusters/c");
    let identity = of("ManagedIdentity", "userAssignedIdentities/i");
    let expected = [
        (Method::GET, group.replace("resourceGroups", "resourcegroups"), "2021-04-01"),
        (Method::PUT, group.replace("resourceGroups", "resourcegroups"), "2021-04-01"),
        (Method::GET, cluster.clone(), CONTAINER_SERVICE),
        (Method::PUT, cluster.clone(), CONTAINER_SERVICE),
        (Method::GET, identity.clone(), "2023-01-31"),
        (Method::GET, format!("{identity}/federatedIdentityCredentials"), "2023-01-31"),
        (Method::PUT, of("CognitiveServices", "accounts/a/deployments/d"), "2024-10-01"),
        (Method::DELETE, format!("/subscriptions/{SUBSCRIPTION}/{deleted_account}"), "2024-10-01"),
        (Method::PUT, format!("{cluster}/providers/Microsoft.Authorization/roleAssignments/name"), "2022-04-01"),
    ];
    let seen = world.seen();
    assert_eq!(seen.len(), expected.len());
    for (one, (method, path, version)) in seen.iter().zip(expected) {
        assert_eq!(one.method, method);
        assert!(one.url.starts_with(ENDPOINT), "{}", one.url);
        assert!(one.path.eq_ignore_ascii_case(&path), "{} is not {path}", one.path);
        let versions: Vec<_> = one.url.split(['?', '&']).filter(|part| part.starts_with("api-version=")).collect();
        assert_eq!(versions, [format!("api-version={version}")], "{}", one.url);
        assert_eq!(one.header("authorization"), format!("Bearer {SECRET}-1"), "the placeholder is replaced");
        assert!(one.header("user-agent").starts_with("azlab/"));
        assert_eq!(one.headers.get_all("authorization").iter().count(), 1);
        if method == Method::PUT {
            assert_eq!(one.header("content-type"), "application/json", "{path}");
            assert!(serde_json::from_slice::<Value>(&one.body).is_ok(), "{path}");
        } else {
            assert!(one.body.is_empty(), "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_and_answers_pass_through_both_generations_whole() {
    let answer = body!({"location": "westeurope", "properties": {"oidcIssuerProfile": {"issuerURL": "https://é/"}}});
    let poll = "https://management.azure.com/operations/1?t=a%2Fb";
    let world = World::new(in_turn([json(201, &answer).with("azure-asyncoperation", poll).with("retry-after", "5")]));
    let azure = world.azure();
    let mut deployment = Deployment::new();
    deployment.sku = Some(Sku { capacity: Some(30), ..Sku::new("Standard".into()) });
    deployment.properties = Some(DeploymentProperties {
        model: Some(DeploymentModel { name: Some("gpt-35-turbo".into()), ..DeploymentModel::default() }),
        ..DeploymentProperties::default()
    });
    let replies = [
        azure.put_deployment("g", "a", "d", deployment).await.expect("021"),
        azure.put_cluster("g", "c", cluster()).await.expect("010"),
    ];
    for reply in replies {
        assert_eq!(reply.status.as_u16(), 201);
        assert_eq!(reply.headers.get("azure-asyncoperation").map(|value| value.as_bytes()), Some(poll.as_bytes()));
        assert_eq!(reply.headers.get("retry-after").map(|value| value.as_bytes()), Some(b"5".as_slice()));
        assert_eq!(serde_json::from_slice::<Value>(&reply.body).expect("JSON"), answer);
    }
    let sent: Vec<Value> = world.seen().iter().map(|one| serde_json::from_slice(&one.body).expect("JSON")).collect();
    assert_eq!(sent[0]["sku"], body!({"name": "Standard", "capacity": 30}));
    assert_eq!(sent[0]["properties"]["model"]["name"], "gpt-35-turbo");
    assert_eq!(sent[1]["location"], "westeurope");
}

#[tokio::test(start_paused = true)]
async fn typed_errors_come_back_out_of_both_generations() {
    for (code, absent) in [(404, true), (409, false), (503, false)] {
        let name = if absent { "ResourceNotFound" } else { "OperationNotAllowed" };
        let world = World::new(in_turn([error(code, name)]));
        let azure = world.azure();
        for refused in
            [azure.put_cluster("g", "c", cluster()).await, azure.put_group("g", ResourceGroup::new("l".into())).await]
        {
            let refused = refused.expect_err("refused");
            let service = refused.service().unwrap_or_else(|| panic!("{refused:?}"));
            assert_eq!((service.status.as_u16(), service.code.as_str(), refused.is_absent()), (code, name, absent));
            assert!(!service.client_request_id.is_empty());
        }
        // Lists too, whose errors pass through the SDK's paging.
        let listed = azure.groups_tagged("t").await;
        assert_eq!(listed.expect_err("refused").service().map(|error| error.status.as_u16()), Some(code));
        assert_eq!(azure.cluster("g", "c").await.is_ok_and(|found| found.is_none()), absent);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_sdk_itself_cannot_do_is_an_answer_that_cannot_be_read() {
    for what in ["<html></html>", "", "{\"value\": 7}"] {
        let world = World::new(in_turn([text(200, what)]));
        let azure = world.azure();
        let errors = [
            azure.groups_tagged("t").await.map(|_| ()).expect_err("a list"),
            azure.group("g").await.map(|_| ()).expect_err("0.21"),
            azure.cluster("g", "c").await.map(|_| ()).expect_err("0.10"),
        ];
        for error in errors {
            assert!(matches!(error, Error::Answer { .. }), "{what}: {error:?}");
        }
        assert_eq!(world.seen().len(), 3, "{what}: not repeated");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_answer_is_cut_off_is_asked_again() {
    for (status, whole) in [(200, r#"{"location":"x"}"#), (404, r#"{"error":{"code":"ResourceGroupNotFound"}}"#)] {
        let world = World::new(in_turn([text(status, &whole[..whole.len() - 4]), text(status, whole)]));
        assert_eq!(world.azure().group("g").await.expect("an answer").is_some(), status == 200);
        assert_eq!(world.seen().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_repeats_nothing_by_itself() {
    let world = World::new(in_turn([error(503, "X")]));
    let azure = world.azure();
    azure.put_cluster("g", "c", cluster()).await.expect_err("refused");
    azure.put_group("g", ResourceGroup::new("l".into())).await.expect_err("refused");
    assert_eq!(world.seen().len(), 2);
}

/// Everything that was logged through `log` in this process, and by whom.
fn log_lines() -> &'static Mutex<String> {
    static LINES: OnceLock<Mutex<String>> = OnceLock::new();
    LINES.get_or_init(Mutex::default)
}

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let _ = writeln!(log_lines().lock().expect("the lines"), "{}: {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the lines").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn no_log_ever_holds_the_token() {
    log::set_logger(&Lines).expect("the only logger of this binary");
    log::set_max_level(log::LevelFilter::Trace);
    let traced = Traced::default();
    let writer = traced.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    // With one dispatcher alone, a call site that another test's thread meets first asks that thread's, which is none, and
    // is off from then on; with two, it asks both.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let mut world = World::new(in_turn([status(200)]));
    call_everything(&world).await;
    drop(guard);

    let traced = String::from_utf8(traced.0.lock().expect("the lines").clone()).expect("text");
    let logged = log_lines().lock().expect("the lines").clone();
    // Both generations write whole requests at debug level; 0.21 with Authorization, and that is our placeholder.
    let placeholder = "replaced-below-the-sdk";
    assert!(traced.contains("will be passed to the transport policy") && traced.contains(placeholder), "{traced}");
    assert!(logged.contains("will be passed to the transport policy"), "{logged}");
    let mut told = String::new();
    while let Ok(event) = world.told.try_recv() {
        let _ = writeln!(told, "{event:?}");
    }
    assert!(told.contains("managedClusters/c"));
    let requests = world.seen().iter().map(|one| one.debug.clone()).collect::<String>();
    assert!(requests.contains("authorization"));
    let state = format!("{:?} {:?}", world.arm, world.azure());
    for (what, text) in [("tracing", traced), ("log", logged), ("events", told), ("debug", requests), ("arm", state)] {
        assert!(!text.contains(SECRET), "the token is in {what}");
    }
}
