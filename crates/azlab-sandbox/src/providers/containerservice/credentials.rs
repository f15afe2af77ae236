//! Kubeconfigs of a cluster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha512};

use super::certificates::Certificates;
use super::{JSON, clusters, rotation};
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
    kubeconfig(call, (group, &clusters::find(call, group, name)?), role, Form::List)
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
    kubeconfig(call, (group, &cluster), role, form)
}

/// The kubeconfig of a role of a cluster, which is given with its resource group.
fn kubeconfig(call: &Call<'_>, (group, cluster): (&Resource, &Resource), role: &'static str, form: Form) -> Outcome {
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
    let user = if signs_in { by_signing_in(&properties["aadProfile"]) } else { by_account(call, cluster, role)? };
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
fn by_signing_in(profile: &Value) -> String {
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
