//! Deny assignments: what is denied to people at a scope and below it, whatever their roles (Microsoft.Authorization "Deny
//! Assignments - List", 2022-04-01). The SDK crate's model of it is read here as plain JSON, beside the locks.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::client::Azure;
use super::error::Error;
use super::locks::lies_in;
use super::permissions::Permission;

/// Every principal, in a list of principals (Azure docs, *Understand Azure deny assignments*).
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A deny assignment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct DenyAssignment {
    /// Its name for people.
    pub(crate) name: String,
    /// The ARM id of what it is on.
    pub(crate) scope: String,
    permissions: Vec<Permission>,
    is_here_only: bool,
    principals: Vec<String>,
    excluded: Vec<String>,
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Properties {
    deny_assignment_name: Option<String>,
    scope: String,
    permissions: Vec<Permission>,
    do_not_apply_to_child_scopes: bool,
    principals: Vec<Principal>,
    exclude_principals: Vec<Principal>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Principal {
    id: String,
}

impl From<Raw> for DenyAssignment {
    fn from(Raw { name, properties }: Raw) -> Self {
        let ids = |all: Vec<Principal>| all.into_iter().map(|one| one.id.to_ascii_lowercase()).collect();
        Self {
            name: properties.deny_assignment_name.filter(|told| !told.trim().is_empty()).unwrap_or(name),
            scope: properties.scope,
            permissions: properties.permissions,
            is_here_only: properties.do_not_apply_to_child_scopes,
            principals: ids(properties.principals),
            excluded: ids(properties.exclude_principals),
        }
    }
}

impl DenyAssignment {
    /// Whether it may deny something on `id`, above it or below it.
    pub(crate) fn concerns(&self, id: &str) -> bool {
        lies_in(id, &self.scope) || lies_in(&self.scope, id)
    }

    /// It by its name, and what it is on.
    pub(crate) fn told(&self) -> String {
        format!("the deny assignment '{}' on {} denies it", self.name, self.scope)
    }

    /// What helps against it.
    pub(crate) fn way_out(&self) -> String {
        format!(
            "no role helps against a deny assignment: ask who owns {} (a managed application, a deployment stack or a blueprint \
             makes them), or name another subscription with --subscription ID",
            self.scope
        )
    }

    /// Whether it denies `action` on `id` (an ARM id) to whoever has the object id `who`. What it denies to groups is the
    /// service's to say, since who is in them is not known here; and so it is where it leaves some out, and `who` is not known.
    pub(crate) fn denies(&self, action: &str, id: &str, who: Option<&str>) -> bool {
        let is = |known: &String, who: &str| known.eq_ignore_ascii_case(who);
        let names = |all: &[String]| who.is_some_and(|who| all.iter().any(|known| is(known, who)));
        let is_left_out = names(&self.excluded) || (who.is_none() && !self.excluded.is_empty());
        let is_meant = self.principals.iter().any(|known| known == EVERYBODY) || names(&self.principals);
        let is_here = lies_in(id, &self.scope) && (!self.is_here_only || lies_in(&self.scope, id));
        is_meant && !is_left_out && is_here && self.permissions.iter().any(|entry| entry.allows(action))
    }
}

impl Azure {
    /// The deny assignments at the subscription, above it and below it; of several labs' looks, read once.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 403 `AuthorizationFailed` for who may not read them.
    pub(crate) async fn deny_assignments(&self) -> Result<Vec<DenyAssignment>, Error> {
        let once = self.deny_assignments_once();
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01",
            self.subscription()
        );
        let all = once.get_or_try_init(async || self.pages(path).await.map(Arc::new)).await?;
        let read = |entry: &Value| serde_json::from_value(entry.clone());
        all.iter().map(read).collect::<Result<_, _>>().map_err(|error| Error::answer("deny assignments", error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/lab";
    const WRITE: &str = "Microsoft.ContainerService/managedClusters/write";

    fn read(properties: serde_json::Value) -> DenyAssignment {
        serde_json::from_value(json!({"name": "guid", "properties": properties})).expect("a deny assignment")
    }

    #[test]
    fn a_deny_assignment_denies_its_actions_at_its_scope_and_below_to_those_whom_it_names() {
        let permissions = json!([{"actions": ["*"], "notActions": ["*/read"]}]);
        let all = read(json!({"denyAssignmentName": "stack", "scope": "/subscriptions/S/resourcegroups/LAB",
            "permissions": permissions, "principals": [{"id": EVERYBODY, "type": "SystemDefined"}],
            "excludePrincipals": [{"id": "HOST", "type": "User"}]}));
        assert_eq!(all.name, "stack");
        let cluster = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/c");
        assert!(all.denies(WRITE, &cluster, Some("ada")) && all.denies(WRITE, GROUP, Some("ada")));
        assert!(!all.denies(WRITE, &cluster, Some("host")) && !all.denies("A/b/read", &cluster, Some("ada")));
        assert!(!all.denies(WRITE, &cluster, None), "whoever it is may be left out");
        assert!(!all.denies(WRITE, "/subscriptions/s/resourceGroups/lab2", Some("ada")));
        let one = read(json!({"scope": GROUP, "permissions": permissions, "doNotApplyToChildScopes": true,
            "principals": [{"id": "ada", "type": "User"}]}));
        assert!(one.denies(WRITE, GROUP, Some("Ada")) && !one.denies(WRITE, &cluster, Some("ada")));
        assert!(!one.denies(WRITE, GROUP, None) && one.name == "guid");
    }
}
