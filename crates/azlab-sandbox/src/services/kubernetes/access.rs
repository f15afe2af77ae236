//! Who calls, and what they may do.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::kinds::Kind;
use super::refusal::Refusal;
use super::request::Address;
use super::world::World;
use crate::providers::{PROVIDERS, authorization, containerservice};
use crate::sandbox::Sandbox;
use crate::services::signin::{bearer, same_secret};
use crate::state::people::People;
use crate::state::settings::Settings;
use crate::state::store::{Resource, Store};

/// A caller who has proved who they are.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub name: String,
    pub groups: Vec<String>,
    rights: Rights,
}

/// Where it stands what a caller may do.
#[derive(Clone, Debug, PartialEq)]
enum Rights {
    /// Nowhere: everything.
    All,
    /// In Azure's role assignments, for the principal with this id.
    Azure(String),
    /// In Kubernetes' roles, which this API server does not keep: nothing.
    None,
}

/// Something that somebody would like to do.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub verb: String,
    pub group: String,
    pub resource: String,
    pub namespace: String,
}

impl Asked {
    pub fn everything() -> Self {
        let any = || "*".to_owned();
        Self { verb: any(), group: any(), resource: any(), namespace: String::new() }
    }

    pub fn of(verb: &str, address: &Address) -> Self {
        let Address { kind, namespace, subresource, .. } = address.clone();
        let resource =
            if subresource.is_empty() { kind.plural.to_owned() } else { format!("{}/{subresource}", kind.plural) };
        Self { verb: verb.to_owned(), group: kind.group.to_owned(), resource, namespace }
    }

    /// The data action that Azure's roles know it by.
    fn data_action(&self) -> String {
        let what = match self.verb.as_str() {
            "get" | "list" | "watch" => "read",
            "delete" | "deletecollection" => "delete",
            "*" => "*",
            _ => "write",
        };
        let group = if self.group.is_empty() { String::new() } else { format!("{}/", self.group) };
        format!("Microsoft.ContainerService/managedClusters/{group}{}/{what}", self.resource)
    }
}

/// The caller of a request.
///
/// # Errors
/// 401 where there is no credential that the cluster takes.
pub(super) fn authenticate(
    sandbox: &Sandbox,
    store: &Store<'_>,
    settings: &Settings,
    cluster: &Resource,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let properties = &cluster.body["properties"];
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let Some((_, token)) = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")) else {
        return Err(Refusal::unauthorized());
    };
    if properties["disableLocalAccounts"] != true {
        for role in containerservice::LOCAL_ACCOUNTS {
            let own = containerservice::local_token(store, cluster, role)?;
            if same_secret(token.trim().as_bytes(), own.as_bytes()) {
                let groups = vec!["system:masters".to_owned(), "system:authenticated".to_owned()];
                return Ok(Caller { name: "masterclient".into(), groups, rights: Rights::All });
            }
        }
    }
    let profile = &properties["aadProfile"];
    if !profile.is_object() {
        return Err(Refusal::unauthorized());
    }
    let claims = bearer(
        &sandbox.inner.keys.signer,
        headers,
        sandbox.token_clock().now(),
        &[containerservice::SERVER_APPLICATION],
    )
    .map_err(|_| Refusal::unauthorized())?;
    // A cluster may trust another tenant than its subscription's ("--aad-tenant-id").
    if profile["tenantID"].as_str().is_some_and(|trusted| !trusted.eq_ignore_ascii_case(&claims.tid)) {
        return Err(Refusal::unauthorized());
    }
    let id = uuid::Uuid::parse_str(&claims.oid).unwrap_or_default();
    let groups: Vec<String> =
        People::of(&settings.directory).groups_of(id).into_iter().map(|group| group.object_id.to_string()).collect();
    let admins = profile["adminGroupObjectIDs"].as_array();
    let is_admin = admins
        .into_iter()
        .flatten()
        .filter_map(|admin| admin.as_str())
        .any(|admin| groups.iter().any(|group| group.eq_ignore_ascii_case(admin)));
    let rights = match (is_admin, profile["enableAzureRBAC"] == true) {
        (true, _) => Rights::All,
        (false, true) => Rights::Azure(claims.oid.clone()),
        (false, false) => Rights::None,
    };
    Ok(Caller { name: claims.upn.unwrap_or(claims.oid), groups, rights })
}

impl Caller {
    /// Whether the caller may do it.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn allows(&self, world: &World<'_>, asked: &Asked) -> rusqlite::Result<bool> {
        match &self.rights {
            Rights::All => Ok(true),
            Rights::None => Ok(false),
            Rights::Azure(principal) => {
                let store = Store::for_reads(world.db, world.now);
                let scope = match asked.namespace.as_str() {
                    "" => world.cluster.id.clone(),
                    namespace => format!("{}/namespaces/{namespace}", world.cluster.id),
                };
                authorization::allows_data_action(&PROVIDERS, &store, principal, &scope, &asked.data_action())
            }
        }
    }

    /// Lets the request pass.
    ///
    /// # Errors
    /// 403 by name of what the caller may not do.
    pub fn check(&self, world: &World<'_>, verb: &str, address: &Address) -> Result<(), Refusal> {
        let kind: &Kind = address.kind;
        // Everybody may ask about themselves.
        if kind.is_question() || self.allows(world, &Asked::of(verb, address))? {
            return Ok(());
        }
        let resource = Asked::of(verb, address).resource;
        let place = match (kind.namespaced, address.namespace.as_str()) {
            (true, "") | (false, _) => " at the cluster scope".to_owned(),
            (true, namespace) => format!(" in the namespace \"{namespace}\""),
        };
        let azure = match self.rights {
            Rights::Azure(_) => {
                ": User does not have access to the resource in Azure. Update role assignment to allow access."
            }
            _ => "",
        };
        let why = format!(
            "User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{}\"{place}{azure}",
            self.name, kind.group
        );
        Err(Refusal::forbidden(kind, &address.name, &why))
    }
}
