//! Kubeconfigs of a cluster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha512};

use super::certificates::Certificates;
use super::{JSON, clusters, judged, rotation};
use crate::arm::call::Call;
use crate::arm::credentials::{ClusterCredentials, Form};
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::ids::TENANT_ID;
use crate::state::store::{Resource, Store};

/// The accounts that a cluster has by itself.
pub(crate) const LOCAL_ACCOUNTS: [&str; 2] = ["clusterAdmin", "clusterUser"];

/// The application that stands for the API servers of AKS: what tokens for them are for.
pub(crate) const SERVER_APPLICATION: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";
/// That of kubelogin, which asks for such tokens.
const CLIENT_APPLICATION: &str = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

/// `POST …/listClusterUserCredential` and `…/listClusterAdminCredential`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str, action: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let role = match action {
        "listclusteradmincredential" => "clusterAdmin",
        "listclusterusercredential" | "listclustermonitoringusercredential" => "clusterUser",
        _ => return Err(call.method_not_allowed()),
    };
    let format = KubeconfigFormat::asked(call)?;
    kubeconfig(call, (group, &clusters::find(call, group, name)?), role, Form::List, format)
}

/// How a kubeconfig lets a user of Entra in (`format`, "Managed Clusters - List Cluster User Credentials"). The clusters' own accounts
/// have one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KubeconfigFormat {
    /// By kubectl itself, until its version 1.25.
    Azure,
    /// By the program kubelogin.
    Exec,
}

impl KubeconfigFormat {
    /// The one of a request; an empty text stands for none.
    ///
    /// # Errors
    /// 400 `InvalidParameter` of another one. Its words are inferred, and that the other lists of credentials, which do not document
    /// the parameter, judge it as well.
    fn asked(call: &Call<'_>) -> Result<Self, Failure> {
        let format = call.query("format").unwrap_or_default();
        match format.to_ascii_lowercase().as_str() {
            "" | "exec" => Ok(Self::Exec),
            "azure" => Ok(Self::Azure),
            _ => {
                let shown: String = format.chars().take(100).collect();
                Err(judged::invalid("format", &format!("'{shown}' is none of the values 'azure', 'exec'")))
            }
        }
    }
}

/// `POST …/accessProfiles/{role}/listCredential`: as the next, by an action.
pub(super) fn list_credential(call: &Call<'_>, group: &Resource, name: &str, role: &str) -> Outcome {
    match *call.method {
        Method::POST => access_profile(call, group, name, role),
        _ => Err(call.method_not_allowed()),
    }
}

/// `GET …/accessProfiles/{role}`: the form of older clients ("Managed Clusters - Get Access Profile").
pub(super) fn access_profile(call: &Call<'_>, group: &Resource, name: &str, role: &str) -> Outcome {
    if !matches!(*call.method, Method::POST | Method::GET | Method::HEAD) {
        return Err(call.method_not_allowed());
    }
    let Some(role) = LOCAL_ACCOUNTS.into_iter().find(|known| known.eq_ignore_ascii_case(role)) else {
        let message = format!("The access profile '{role}' was not found. There are {}.", LOCAL_ACCOUNTS.join(", "));
        return Err(Failure::not_found("NotFound", message).flat());
    };
    let cluster = clusters::find(call, group, name)?;
    let form = Form::AccessProfile { location: cluster.location.clone() };
    kubeconfig(call, (group, &cluster), role, form, KubeconfigFormat::Exec)
}

/// The kubeconfig of a role of a cluster, which is given with its resource group.
fn kubeconfig(
    call: &Call<'_>,
    (group, cluster): (&Resource, &Resource),
    role: &'static str,
    form: Form,
    format: KubeconfigFormat,
) -> Outcome {
    let name = &cluster.name;
    if cluster.in_progress(call.now) && cluster.state == "Creating" {
        return Err(Failure::new(
            http::StatusCode::NOT_FOUND,
            "NotFound",
            format!("The credentials of managed cluster '{name}' are not available while it is being created."),
        )
        .flat());
    }
    let properties = &cluster.body["properties"];
    let signs_in = role == "clusterUser" && properties["aadProfile"].is_object();
    if properties["disableLocalAccounts"] == true && !signs_in {
        let message = "Getting static credential is not allowed because this cluster is set to disable local accounts.";
        return Err(Failure::bad_request("BadRequest", message).flat());
    }
    let user = match (signs_in, format) {
        (false, _) => by_account(call, cluster, role)?,
        (true, KubeconfigFormat::Exec) => by_kubelogin(&properties["aadProfile"]),
        (true, KubeconfigFormat::Azure) => by_kubectl(&properties["aadProfile"]),
    };
    let credentials = ClusterCredentials {
        cluster: cluster.id.clone(),
        name: name.clone(),
        user: format!("{role}_{}_{name}", group.name),
        role,
        form,
    };
    let (server, authority) = server(call, cluster, role)?;
    let body = credentials.body(&server, authority.as_deref(), &user);
    Ok(Answer::ok(body).header("content-type", JSON).of_cluster(credentials))
}

/// The token of one of a cluster's own accounts: 128 digits, as AKS has them. It opens this cluster's API server in the sandbox,
/// and ends with the cluster, or with the rotation of its certificates.
pub(crate) fn local_token(store: &Store<'_>, cluster: &Resource, role: &str) -> rusqlite::Result<String> {
    let salt = store.meta("salt")?.unwrap_or_default();
    let generation = match rotation::generation(&cluster.body, store.now) {
        0 => String::new(),
        count => format!("/{count}"),
    };
    let of = format!("{salt}/{}/{}/{role}/token{generation}", cluster.key(), cluster.created);
    let digest = Sha512::digest(of.as_bytes());
    Ok(digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

fn certificates(cluster: &Resource, role: &str) -> Result<Certificates, Failure> {
    Certificates::of(&cluster.id, role).map_err(|error| {
        Failure::new(http::StatusCode::INTERNAL_SERVER_ERROR, "InternalError", format!("no certificate: {error}"))
    })
}

/// A user with the certificate and the token of a local account.
fn by_account(call: &Call<'_>, cluster: &Resource, role: &str) -> Result<String, Failure> {
    let Certificates { client: certificate, client_key: key, .. } = certificates(cluster, role)?;
    let token = local_token(&call.store, cluster, role)?;
    Ok(format!("    client-certificate-data: {certificate}\n    client-key-data: {key}\n    token: {token}\n"))
}

/// A user whose token kubelogin gets, as AKS writes it by default.
fn by_kubelogin(profile: &Value) -> String {
    let arguments = [
        "get-token",
        "--environment",
        "AzurePublicCloud",
        "--server-id",
        SERVER_APPLICATION,
        "--client-id",
        CLIENT_APPLICATION,
        "--tenant-id",
        profile["tenantID"].as_str().unwrap_or(TENANT_ID),
        "--login",
        "devicecode",
    ];
    let arguments = arguments.iter().fold(String::new(), |text, argument| text + &format!("      - {argument}\n"));
    format!(
        "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      args:\n{arguments}      command: kubelogin\n      \
         env: null\n      installHint: |2\n\n        kubelogin is not installed which is required to connect to AAD enabled \
         cluster.\n\n        To learn more, please go to https://aka.ms/aks/kubelogin\n      provideClusterInfo: false\n"
    )
}

/// A user whose token kubectl gets by itself, by the plugin that it had for Azure (kubernetes/client-go before 0.26,
/// `plugin/pkg/client/auth/azure`).
fn by_kubectl(profile: &Value) -> String {
    let tenant = profile["tenantID"].as_str().unwrap_or(TENANT_ID);
    format!(
        "    auth-provider:\n      config:\n        apiserver-id: {SERVER_APPLICATION}\n        client-id: {CLIENT_APPLICATION}\n        \
         config-mode: '1'\n        environment: AzurePublicCloud\n        tenant-id: {tenant}\n      name: azure\n"
    )
}

/// Where the API server is, and what it must be trusted by. Where the sandbox is served, that is below its address, with the
/// sandbox's own authority.
fn server(call: &Call<'_>, cluster: &Resource, role: &str) -> Result<(String, Option<String>), Failure> {
    let fqdn = cluster.body["properties"]["fqdn"].as_str().unwrap_or_default();
    Ok(match call.served {
        None => (format!("https://{fqdn}:443"), Some(certificates(cluster, role)?.authority)),
        Some(served) => {
            let authority = served.authority_pem.as_deref().map(|pem| STANDARD.encode(pem));
            (format!("{}/kubernetes/{fqdn}", call.base), authority)
        }
    })
}
