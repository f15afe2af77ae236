//! The application's own way to the model, link by link: `app_deployment`, and, where the ai-service signs in without a key,
//! `app_service_account`, `app_pod_label`, `app_settings` (`settings.rs`), `app_projected_token`, `app_federated_credential`,
//! `app_token_exchange`, `app_chat_completion`.
//!
//! A Pod that is ready proves nothing of it: the ai-service's health answers without any of these. So a token of its service account
//! is asked for, exchanged, and used as the application would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;

use super::facts::{Facts, deployment_name};
use super::fixes::Fixes;
use super::openai;
use super::report::{fail, pass, skip};
use super::settings::{self, Cures};
use crate::app::components::AI;
use crate::app::connect::{CLIENT_ID, USE, keys_of};
use crate::app::namespace::service_account;
use crate::azure::client::Azure;
use crate::azure::data_plane::DataPlane;
use crate::azure::error::Error as AzureError;
use crate::azure::federated::Workload;
use crate::follow_up::{FollowUp, Verb};
use crate::kubernetes::{Access, Cluster, Error as KubernetesError, Kind, Object, Way};
use crate::lab::defaults::AUDIENCE;
use crate::outcome::CheckReport;
use crate::recipe::account::endpoint;
use crate::recipe::cluster;
use crate::recipe::error::Error;
use crate::recipe::identity::client_id;
use crate::values::Secret;

const DEPLOYMENT: &str = "app_deployment";
const ACCOUNT: &str = "app_service_account";
const LABEL: &str = "app_pod_label";
const TOKEN: &str = "app_projected_token";
const CREDENTIAL: &str = "app_federated_credential";
const EXCHANGE: &str = "app_token_exchange";
const CHAT: &str = "app_chat_completion";
/// The variable in which the application finds its token's file.
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// The variable that says whose token it asks for.
const CLIENT: &str = "AZURE_CLIENT_ID";
/// The question; its answer is short.
const QUESTION: &str = "Reply with the word: ready";

/// The checks of the application on the lab's cluster; one that is skipped where it is not there.
///
/// # Errors
/// [`Error::Interrupted`]
pub(super) async fn check(
    azure: &Azure,
    clusters: &Way,
    data_plane: &DataPlane,
    facts: &Facts,
    fixes: &Fixes<'_>,
) -> Result<Vec<CheckReport>, Error> {
    let seen = match look(azure, clusters, facts, fixes).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(why)) => return Ok(vec![skip(DEPLOYMENT, why)]),
        Err(KubernetesError::Interrupted) => return Err(Error::Interrupted),
        Err(error) => return Ok(vec![skip(DEPLOYMENT, format!("the cluster cannot be asked: {error}"))]),
    };
    let connect = fixes.line(FollowUp::new(Verb::AppConnect).with(["--auth", "workload-identity"]));
    let force = fixes.line(FollowUp::new(Verb::AppConnect).with(["--auth", "workload-identity", "--force"]));
    let keys = keys_of(&seen.deployment);
    let uses_identity = seen.template_label(USE) == Some("true");
    if !keys.is_empty() {
        let keys = keys.join("; ");
        return Ok(vec![match uses_identity {
            true => fail(DEPLOYMENT, format!("the ai-service is to sign in without a key, and {keys}"), force),
            // As the workshop's text has it, up to its last part.
            false => pass(DEPLOYMENT, "the ai-service signs in with a key"),
        }]);
    }
    let mut checks = vec![pass(DEPLOYMENT, "the ai-service has one container and no key")];
    let restart = format!("kubectl -n {} rollout restart deployment {AI}", seen.cluster.namespace());
    // What was changed to another value is somebody else's by now; what is gone is nobody's.
    let cures = Cures { connect: &connect, force: &force, restart: &restart };
    checks.push(seen.service_account(facts, fixes, &cures));
    checks.push(match (uses_identity, seen.template_label(USE)) {
        (true, _) => pass(LABEL, format!("its Pods have the label {USE}")),
        (false, other) => fail(
            LABEL,
            format!("its Pods lack the label {USE}=\"true\", so they get no token"),
            if other.is_some() { cures.force } else { cures.connect },
        ),
    });
    checks.push(settings::check(&seen.deployment, &seen.maps, &seen.pods, facts, &cures));
    checks.push(seen.projected_token(uses_identity, facts, &cures));
    checks.extend(chain(data_plane, facts, fixes, &seen).await?);
    Ok(checks)
}

/// What there is of the application.
struct Seen {
    cluster: Cluster,
    deployment: Object,
    account: Option<Object>,
    pods: Vec<Object>,
    /// The ConfigMaps that it reads, as far as they exist.
    maps: Vec<Object>,
}

/// Looks at the cluster; why there is nothing to check, where that is so.
async fn look(
    azure: &Azure,
    clusters: &Way,
    facts: &Facts,
    fixes: &Fixes<'_>,
) -> Result<Result<Seen, String>, KubernetesError> {
    let lab = fixes.lab;
    let Some(state) = facts.cluster.there() else { return Ok(Err("there is no cluster".to_owned())) };
    if cluster::is_stopped(state) || cluster::is_busy(state) {
        return Ok(Err("the cluster is not running".to_owned()));
    }
    let kubeconfig = match azure.cluster_kubeconfig(&lab.group, &lab.cluster.name, false).await {
        Ok(kubeconfig) => kubeconfig,
        Err(AzureError::Interrupted) => return Err(KubernetesError::Interrupted),
        Err(error) => return Ok(Err(format!("the cluster gives you no credentials: {error}"))),
    };
    // Who checks does not wait for a cluster that is away.
    let to = clusters.impatient().to(Access::read(&kubeconfig)?, service_account(lab).0, &clusters.events)?;
    let Some(deployment) = to.get(Kind::Deployment, AI).await? else {
        return Ok(Err(format!("the ai-service is not on the cluster ({} namespace)", to.namespace())));
    };
    let name = deployment.text("/spec/template/spec/serviceAccountName").unwrap_or("default").to_owned();
    let selector = format!("app={AI}");
    let sources = settings::sources(&deployment);
    let (account, pods, maps) = tokio::try_join!(
        to.get(Kind::ServiceAccount, &name),
        to.list(Kind::Pod, Some(&selector)),
        try_join_all(sources.iter().map(|name| to.get(Kind::ConfigMap, name))),
    )?;
    let maps = maps.into_iter().flatten().collect();
    Ok(Ok(Seen { cluster: to, deployment, account, pods, maps }))
}

impl Seen {
    fn template_label(&self, label: &str) -> Option<&str> {
        self.deployment.body().pointer("/spec/template/metadata/labels")?.get(label)?.as_str()
    }

    /// The name of the service account that its Pods run as.
    fn account_name(&self) -> &str {
        self.deployment.text("/spec/template/spec/serviceAccountName").unwrap_or("default")
    }

    fn service_account(&self, facts: &Facts, fixes: &Fixes<'_>, cures: &Cures<'_>) -> CheckReport {
        let name = self.account_name();
        let (_, trusted) = service_account(fixes.lab);
        if name != trusted {
            let message = format!("its Pods run as the service account {name}, and the identity trusts {trusted}");
            return fail(ACCOUNT, message, cures.force);
        }
        let Some(account) = &self.account else {
            return fail(ACCOUNT, format!("there is no service account {name}"), cures.connect);
        };
        let want = facts.identity.there().and_then(client_id);
        match (account.annotation(CLIENT_ID), want) {
            (Some(have), Some(want)) if have == want => {
                pass(ACCOUNT, format!("the service account {name} names the identity {want}"))
            }
            (Some(have), Some(want)) => fail(
                ACCOUNT,
                format!("the service account {name} names the client id {have}, and the identity's is {want}"),
                cures.force,
            ),
            (Some(_), None) => skip(ACCOUNT, "there is no identity to compare with"),
            (None, _) => {
                let message = format!("the service account {name} lacks the annotation {CLIENT_ID}");
                fail(ACCOUNT, message, cures.connect)
            }
        }
    }

    /// Whether a Pod has the file from which the application reads its token: its path is read, for it has changed before.
    fn projected_token(&self, uses_identity: bool, facts: &Facts, cures: &Cures<'_>) -> CheckReport {
        if !uses_identity {
            return skip(TOKEN, "its Pods ask for no token");
        }
        let Some(pod) = self.pods.iter().find(|pod| !pod.is_going()) else {
            return skip(TOKEN, "there is no Pod of it now");
        };
        let asked = variable(&container(pod), CLIENT);
        let want = facts.identity.there().and_then(client_id);
        match (projected(pod), asked.zip(want).filter(|(asked, want)| asked != want)) {
            // Its webhook read the annotation when the Pod was made.
            (Ok(_), Some((asked, want))) => fail(
                TOKEN,
                format!("the Pod {} asks for a token of {asked}, and the identity's client id is {want}", pod.name()),
                cures.restart,
            ),
            (Ok(path), None) => pass(TOKEN, format!("the Pod {} has its token at {path}", pod.name())),
            (Err(lack), _) => fail(
                TOKEN,
                format!("the Pod {} {lack}: workload identity's webhook had not seen it", pod.name()),
                cures.restart,
            ),
        }
    }
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The application's container of a Pod.
fn container(pod: &Object) -> Value {
    let containers = pod.body().get("spec").map(|spec| list(spec, "containers")).unwrap_or_default();
    let container = containers.iter().find(|one| text(one, "name") == AI).or(containers.first());
    container.cloned().unwrap_or_default()
}

/// The value of a container's variable.
fn variable(container: &Value, name: &str) -> Option<String> {
    let found = list(container, "env").into_iter().find(|one| text(one, "name") == name);
    found.map(|one| text(&one, "value"))
}

/// The path of the token in a Pod, or what it lacks.
fn projected(pod: &Object) -> Result<String, String> {
    let spec = pod.body().get("spec").cloned().unwrap_or_default();
    let container = container(pod);
    let path = variable(&container, TOKEN_FILE).ok_or(format!("lacks the variable {TOKEN_FILE}"))?;
    let is_above = |mount: &Value| path.starts_with(&text(mount, "mountPath"));
    let mount =
        list(&container, "volumeMounts").into_iter().find(is_above).ok_or(format!("mounts nothing at {path}"))?;
    let volume = list(&spec, "volumes").into_iter().find(|one| text(one, "name") == text(&mount, "name"));
    let sources = volume.and_then(|volume| volume.get("projected").map(|one| list(one, "sources"))).unwrap_or_default();
    let is_token =
        |source: &Value| source.get("serviceAccountToken").is_some_and(|token| text(token, "audience") == AUDIENCE);
    if sources.iter().any(is_token) { Ok(path) } else { Err(format!("has no token for {AUDIENCE} at {path}")) }
}

/// What a token says of itself.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
}

fn claims(token: &Secret) -> Option<Claims> {
    let payload = URL_SAFE_NO_PAD.decode(token.reveal().split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// A token of the service account, exchanged and used.
async fn chain(
    data_plane: &DataPlane,
    facts: &Facts,
    fixes: &Fixes<'_>,
    seen: &Seen,
) -> Result<Vec<CheckReport>, Error> {
    let rest = |first: CheckReport, ids: &[&'static str], why: &str| {
        std::iter::once(first).chain(ids.iter().map(|id| skip(id, why))).collect::<Vec<_>>()
    };
    if seen.account.is_none() {
        let why = "there is no service account to ask as";
        return Ok(rest(skip(CREDENTIAL, why), &[EXCHANGE, CHAT], why));
    }
    let token = match seen.cluster.token(seen.account_name(), AUDIENCE).await {
        Ok(token) => token,
        Err(KubernetesError::Interrupted) => return Err(Error::Interrupted),
        Err(error) => {
            let first = skip(CREDENTIAL, format!("the cluster gives you no token of its service account: {error}"));
            return Ok(rest(first, &[EXCHANGE, CHAT], "there is no token"));
        }
    };
    let mut checks = vec![matching(facts, fixes, &token)];
    let identity = facts.identity.there().and_then(|identity| identity.properties.as_ref());
    let (Some(client_id), Some(tenant)) = (
        identity.and_then(|identity| identity.client_id.as_deref()),
        identity.and_then(|identity| identity.tenant_id.as_deref()),
    ) else {
        let why = "there is no identity";
        checks.extend([skip(EXCHANGE, why), skip(CHAT, why)]);
        return Ok(checks);
    };
    let workload = Workload { tenant, client_id, assertion: &token };
    let as_identity = match data_plane.as_workload(&workload).await {
        Ok(as_identity) => as_identity,
        Err(AzureError::Interrupted) => return Err(Error::Interrupted),
        Err(error) => {
            let repair = fixes.repair(|| fixes.again());
            checks.push(fail(
                EXCHANGE,
                format!("Entra does not take the token of the service account {}: {error}", seen.account_name()),
                repair,
            ));
            checks.push(skip(CHAT, "there is no token of the identity"));
            return Ok(checks);
        }
    };
    checks.push(pass(EXCHANGE, "Entra gives a token of the identity for the service account's"));
    checks.push(asked(&as_identity, facts, fixes).await?);
    Ok(checks)
}

/// Whether a federated credential of the identity is for this token.
fn matching(facts: &Facts, fixes: &Fixes<'_>, token: &Secret) -> CheckReport {
    let Some(Claims { iss, sub }) = claims(token) else {
        return skip(CREDENTIAL, "the service account's token does not say whose it is");
    };
    let credentials = match &facts.credentials {
        Ok(credentials) => credentials,
        Err(why) => return super::report::forbidden(CREDENTIAL, why),
    };
    let is_for = |issuer: &str, subject: &str| issuer == iss && subject == sub;
    let found =
        credentials.iter().filter_map(|one| one.properties.as_ref()).any(|one| is_for(&one.issuer, &one.subject));
    match found {
        true => pass(CREDENTIAL, format!("a federated credential of the identity trusts {sub}")),
        false => fail(
            CREDENTIAL,
            format!("no federated credential of the identity trusts {sub} of {iss}"),
            fixes.repair(|| fixes.again()),
        ),
    }
}

/// Whether the model answers the identity.
async fn asked(as_identity: &DataPlane, facts: &Facts, fixes: &Fixes<'_>) -> Result<CheckReport, Error> {
    if !fixes.options.chat {
        return Ok(skip(CHAT, "not asked, because of --skip-chat"));
    }
    let first = fixes.lab.deployments.first();
    let (Some(account), Some(deployment)) = (facts.account.there(), first.and_then(|spec| openai::ready(facts, spec)))
    else {
        return Ok(skip(CHAT, "there is no model deployment to ask"));
    };
    if !openai::can_be_asked(account) {
        return Ok(skip(CHAT, "the account's endpoint cannot be asked"));
    }
    let name = deployment_name(deployment).unwrap_or_default();
    match as_identity.chat(endpoint(account).unwrap_or_default(), name, QUESTION).await {
        Ok(answer) => Ok(pass(CHAT, format!("the model answers the identity ({})", answer.model))),
        Err(AzureError::Interrupted) => Err(Error::Interrupted),
        Err(AzureError::Service(error)) if error.status.as_u16() == 429 => {
            Ok(skip(CHAT, format!("the deployment {name} lets the identity in; its rate limit is used up for now")))
        }
        Err(AzureError::Service(error)) if matches!(error.status.as_u16(), 401 | 403) => {
            let message = format!("the account does not let the identity in: {}", error.message());
            let hint = fixes.repair(|| fixes.again());
            Ok(CheckReport { code: Some(error.code.to_string()), ..fail(CHAT, message, hint) })
        }
        Err(error) => Ok(fail(CHAT, format!("the model does not answer the identity: {error}"), fixes.again())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(path: &str, mount: &str, audience: &str) -> Object {
        let container = json!({
            "name": AI,
            "env": [{"name": TOKEN_FILE, "value": path}],
            "volumeMounts": [{"name": "w", "mountPath": mount}],
        });
        let source = json!({"serviceAccountToken": {"audience": audience, "path": "azure-identity-token"}});
        let volume = json!({"name": "w", "projected": {"sources": [source]}});
        Object::new(Kind::Pod, json!({"spec": {"containers": [container], "volumes": [volume]}}))
    }

    #[test]
    fn the_token_is_found_wherever_the_webhook_puts_it() {
        for folder in ["/var/run/secrets/azure/tokens", "/var/run/secrets/azure/wi/token"] {
            let path = format!("{folder}/azure-identity-token");
            assert_eq!(projected(&pod(&path, folder, AUDIENCE)), Ok(path));
        }
        let lack = |pod: Object| projected(&pod).unwrap_err();
        assert!(lack(pod("/a/t", "/b", AUDIENCE)).contains("mounts nothing"));
        assert!(lack(pod("/a/t", "/a", "api://other")).contains("no token for"));
        assert!(lack(Object::new(Kind::Pod, json!({"spec": {"containers": [{"name": AI}]}}))).contains(TOKEN_FILE));
    }
}
