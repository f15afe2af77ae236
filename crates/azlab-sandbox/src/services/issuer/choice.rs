//! Which cluster is meant where one is named for its issuer, and whether its API server would answer.

use super::token::ServiceAccountTokenError;
use crate::providers::containerservice::kind;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind as own_kind};
use crate::state::timestamps::Millis;
use crate::state::transaction::Transaction;

/// Which cluster's issuer.
#[derive(Clone, Debug)]
pub enum ClusterChoice {
    /// The only one that there is.
    Only,
    /// The one with this resource id.
    Id(String),
    /// The one in the resource group that has this tag.
    Tagged {
        /// The tag.
        tag: String,
        /// Its value.
        value: String,
    },
    /// The one with this name, in a resource group if that is named.
    Named {
        /// The resource group.
        group: Option<String>,
        /// The cluster's name; `None`: the only one of the group.
        name: Option<String>,
    },
}

/// The cluster that is meant.
pub(super) fn choose(visit: &Transaction<'_>, choice: &ClusterChoice) -> Result<Resource, ServiceAccountTokenError> {
    let clusters = |group: Option<&str>| {
        visit.store.list(&ListQuery { kinds: Some(&[kind::CLUSTER]), group, ..ListQuery::default() })
    };
    let only = |mut found: Vec<Resource>, what: String| match found.len() {
        0 => Err(ServiceAccountTokenError::NoCluster(what)),
        1 => Ok(found.remove(0)),
        _ => Err(ServiceAccountTokenError::Several(found.into_iter().map(|one| one.id).collect())),
    };
    match choice {
        ClusterChoice::Only => only(clusters(None)?, "yet".to_owned()),
        ClusterChoice::Id(id) => {
            let found = visit.store.get(id)?.filter(|found| found.kind == kind::CLUSTER);
            found.ok_or_else(|| ServiceAccountTokenError::NoCluster(id.clone()))
        }
        ClusterChoice::Tagged { tag, value } => {
            let tagged = ListQuery {
                kinds: Some(&[own_kind::GROUP]),
                tag: Some((tag, Some(value))),
                everywhere: true,
                ..ListQuery::default()
            };
            let mut found = Vec::new();
            for group in visit.store.list(&tagged)? {
                found.extend(clusters(Some(&group.group))?);
            }
            only(found, format!("in a resource group with the tag {tag}={value}"))
        }
        ClusterChoice::Named { group, name } => {
            let mut found = clusters(group.as_deref())?;
            if let Some(name) = name {
                found.retain(|one| one.name.eq_ignore_ascii_case(name));
            }
            let what = name.as_ref().map(|name| format!("'{name}'")).into_iter();
            let what = what.chain(group.as_ref().map(|group| format!("in the resource group '{group}'")));
            only(found, what.collect::<Vec<_>>().join(" "))
        }
    }
}

/// Refuses while there is no API server that could make a token.
pub(super) fn check_running(cluster: &Resource, now: Millis) -> Result<(), ServiceAccountTokenError> {
    let not_running = |state: &str| ServiceAccountTokenError::NotRunning {
        cluster: cluster.name.clone(),
        state: match state {
            "Stopped" => format!("stopped (az aks start --resource-group {} --name {})", cluster.group, cluster.name),
            state => format!("{} (try again in a while)", state.to_lowercase()),
        },
    };
    let state = cluster.state(now);
    if matches!(state, "Creating" | "Deleting" | "Stopping" | "Starting") {
        return Err(not_running(state));
    }
    match cluster.body["properties"]["powerState"]["code"].as_str() {
        Some("Stopped") => Err(not_running("Stopped")),
        _ => Ok(()),
    }
}
