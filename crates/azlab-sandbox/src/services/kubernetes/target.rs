//! Which cluster's API server a request is meant for, and whether its name leads anywhere.

use bytes::Bytes;
use http::header::HOST;
use rusqlite::OptionalExtension as _;

use crate::providers::containerservice::kind;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;

/// The domain below which AKS' API servers are.
const DOMAIN: &str = ".azmk8s.io";
/// The folder below the address of a served sandbox.
const FOLDER: &str = "kubernetes";

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Target {
    pub fqdn: String,
    /// The path at the API server.
    pub path: String,
    /// Whether it is sent in the cluster's own network.
    pub from_inside: bool,
}

impl Target {
    /// The target of a request to an API server; `None` for any other request.
    pub fn of(parts: &http::request::Parts) -> Option<Self> {
        let path = parts.uri.path();
        if let Some(rest) = path.strip_prefix('/').and_then(|path| path.strip_prefix(FOLDER)?.strip_prefix('/')) {
            let (fqdn, path) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(Self { fqdn: fqdn.to_ascii_lowercase(), path: format!("/{path}"), from_inside: false });
        }
        let sent = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(sent)?.to_ascii_lowercase();
        let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
        host.ends_with(DOMAIN).then(|| Self { fqdn: host.to_owned(), path: path.to_owned(), from_inside: false })
    }
}

/// A name that leads to no API server: there is nobody to answer. Marks a response in process, for the client to fail as it
/// fails where a name does not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// What a client's resolver would say.
    pub reason: String,
}

impl Unreachable {
    fn no_such_host(fqdn: &str) -> Self {
        Self { reason: format!("lookup {fqdn}: no such host") }
    }

    pub(super) fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from(self.reason.clone()));
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(self);
        response
    }
}

/// The cluster with that name, where its API server runs and can be reached from here. AKS takes the name of a stopped cluster
/// out of DNS, and that of a private one resolves in its own network alone.
pub(super) fn find(
    store: &Store<'_>,
    fqdn: &str,
    from_inside: bool,
) -> rusqlite::Result<Result<Resource, Unreachable>> {
    let id: Option<String> = store
        .db()
        .prepare_cached(
            "SELECT id FROM resources WHERE type = 'microsoft.containerservice/managedclusters'
             AND lower(json_extract(body, '$.properties.fqdn')) = ?1",
        )?
        .query_row([fqdn], |row| row.get(0))
        .optional()?;
    let found = id.map(|id| store.get(&id)).transpose()?.flatten();
    Ok(found.filter(|cluster| answers(cluster, from_inside, store.now)).ok_or_else(|| Unreachable::no_such_host(fqdn)))
}

fn answers(cluster: &Resource, from_inside: bool, now: Millis) -> bool {
    let properties = &cluster.body["properties"];
    cluster.kind == kind::CLUSTER
        && (from_inside || properties["apiServerAccessProfile"]["enablePrivateCluster"] != true)
        && properties["powerState"]["code"] != "Stopped"
        && !matches!(cluster.state(now), "Creating" | "Starting")
}
