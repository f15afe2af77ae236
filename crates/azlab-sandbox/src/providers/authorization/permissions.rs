//! What a principal may do: the roles given to it at a scope and above, and the action that a request needs.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::definitions::{self, Definition};
use super::{FACTS, denials};
use crate::arm::call::{Call, Path};
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::ids::SIGNED_IN_OBJECT_ID;
use crate::state::lists::ListQuery;
use crate::state::people::People;
use crate::state::settings::Settings;
use crate::state::store::{Resource, kind};
use uuid::Uuid;

/// Parts of paths that need no role: what everybody may ask, and polling URLs, which carry their own signature.
const ALWAYS_READABLE: [&str; 2] = ["/providers/microsoft.authorization/permissions", "/operationresults/"];

/// What a request does and to what: `Microsoft.ContainerService/managedClusters/write` at a scope.
struct Needed {
    action: String,
    scope: String,
}

/// A role that somebody has, and the condition of its assignment.
struct Given {
    role: Definition,
    condition: Option<String>,
}

impl Given {
    /// The entries of a list of permissions.
    fn entries(&self) -> Vec<Value> {
        let mut entries = self.role.permissions();
        if let Some(condition) = &self.condition {
            for entry in &mut entries {
                entry["condition"] = condition.as_str().into();
                entry["conditionVersion"] = "2.0".into();
            }
        }
        entries
    }

    /// Whether the condition, if there is one, lets the request pass: only that of a new role assignment is looked at, and it
    /// fits the roles whose guids it names.
    fn fits(&self, call: &Call<'_>, action: &str) -> bool {
        let Some(condition) = &self.condition else { return true };
        if !action.eq_ignore_ascii_case(ASSIGN) {
            return true;
        }
        let mut body: Value = serde_json::from_slice(call.body).unwrap_or_default();
        FACTS.of("roleAssignments").spell(&mut body);
        let role = body["properties"]["roleDefinitionId"].as_str().unwrap_or_default().to_lowercase();
        let guid = role.rsplit('/').next().unwrap_or_default();
        !guid.is_empty() && condition.to_lowercase().contains(guid)
    }
}

/// The permission to write a role assignment.
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// The roles of `principal` at `scope`: those that the settings give to the sandbox's user, and what was assigned since.
fn roles(call: &Call<'_>, providers: &Providers, principal: &str, scope: &str) -> Result<Vec<Given>, Failure> {
    let scope = scope.to_lowercase();
    let mut found = Vec::new();
    if principal == SIGNED_IN_OBJECT_ID {
        let whole = format!("/subscriptions/{}", call.subscription());
        let granted = call.settings.roles.iter().filter(|granted| {
            let at = match &granted.group {
                Some(group) => format!("{whole}/resourcegroups/{}", group.to_lowercase()),
                None => whole.clone(),
            };
            covers(&at, &scope)
        });
        found.extend(granted.filter_map(|granted| {
            let role = Definition::BuiltIn(definitions::named(providers, &granted.role)?);
            Some(Given { role, condition: granted.condition.clone() })
        }));
        if found.iter().any(|given| given.role.is_owner() && given.condition.is_none()) {
            return Ok(found);
        }
    }
    for assignment in assigned(call, principal)? {
        let role = assignment.body["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        if covers(&assignment.parent, &scope) {
            let condition = assignment.body["properties"]["condition"].as_str().map(str::to_owned);
            found.extend(definitions::find(providers, &call.store, role)?.map(|role| Given { role, condition }));
        }
    }
    Ok(found)
}

/// The role assignments of a principal, and of the groups that it is in.
fn assigned(call: &Call<'_>, principal: &str) -> rusqlite::Result<Vec<Resource>> {
    let groups =
        Uuid::try_parse(principal).map(|id| People::of(&call.settings.directory).groups_of(id)).unwrap_or_default();
    let mut found = Vec::new();
    for one in std::iter::once(principal.to_owned()).chain(groups.iter().map(|group| group.object_id.to_string())) {
        let wanted = ListQuery {
            kinds: Some(&[kind::ASSIGNMENT]),
            lookup: Some(&one),
            everywhere: true,
            ..ListQuery::default()
        };
        found.extend(call.store.list(&wanted)?);
    }
    Ok(found)
}

/// Whether `at` is `scope` or above it; both in lower case.
pub(super) fn covers(at: &str, scope: &str) -> bool {
    at == "/" || scope.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `GET {scope}/…/permissions`: one entry a role, without regard to who may read it: each caller sees its own.
pub(super) fn list(call: &Call<'_>, providers: &Providers, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let value: Vec<Value> = roles(call, providers, call.principal, scope)?.iter().flat_map(Given::entries).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// Refuses a request whose caller has no role that allows it (403 `AuthorizationFailed`).
pub(crate) fn check(call: &Call<'_>, providers: &Providers) -> Result<(), Failure> {
    let lower = call.path.lower();
    let ["subscriptions", id, ..] = lower.as_slice() else { return Ok(()) };
    let path = format!("/{}", lower.join("/"));
    if *id != call.subscription() || ALWAYS_READABLE.iter().any(|tail| path.contains(tail)) || is_poll(&lower) {
        return Ok(());
    }
    let needed = needed(providers, call.method, call.path);
    let given = roles(call, providers, call.principal, &needed.scope)?;
    let allowing: Vec<&Given> = given.iter().filter(|given| given.role.allows(&needed.action)).collect();
    if allowing.iter().any(|given| given.fits(call, &needed.action)) {
        return denials::check(call, &needed.action, &needed.scope);
    }
    let is_filtered = matches!(lower[2..], [] | ["resources" | "resourcegroups"]);
    if !call.writes() && is_filtered && sees_subscription(call, call.subscription(), call.settings)? {
        return Ok(());
    }
    let who = call.principal;
    // A user is named as people know them, if the directory shows who that is.
    let user = Uuid::try_parse(who).ok().and_then(|id| People::of(&call.settings.directory).user_by_id(id));
    let client = user.map_or_else(|| who.to_owned(), |user| user.user_principal_name);
    if !allowing.is_empty() {
        // The words that tell it from the other refusal: "has an authorization with ABAC condition that is not fulfilled".
        let message = format!(
            "The client '{client}' with object id '{who}' has an authorization with ABAC condition that is not fulfilled to \
             perform action '{}' over scope '{}'.",
            needed.action, needed.scope
        );
        return Err(Failure::new(StatusCode::FORBIDDEN, "AuthorizationFailed", message).gateway());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        "AuthorizationFailed",
        format!(
            "The client '{client}' with object id '{who}' does not have authorization to perform action '{}' over scope '{}' \
             or the scope is invalid. If access was recently granted, please refresh your credentials.",
            needed.action, needed.scope
        ),
    )
    .gateway())
}

/// Whether the caller has a role that allows an action at a scope.
pub(crate) fn may(call: &Call<'_>, providers: &Providers, action: &str, scope: &str) -> Result<bool, Failure> {
    let given = roles(call, providers, call.principal, scope)?;
    Ok(given.iter().any(|given| given.role.allows(action)))
}

/// A list of the subscription without what its caller may not read: whoever sees the subscription is not refused it, and gets
/// what they may see (inferred: so az and the portal list groups for people who have a role on one).
pub(crate) fn only_readable(call: &Call<'_>, providers: &Providers, action: &str, mut answer: Answer) -> Outcome {
    let may_read = |scope: &str| may(call, providers, action, scope);
    if may_read(&format!("/subscriptions/{}", call.subscription()))? {
        return Ok(answer);
    }
    if let Some(Value::Array(entries)) = answer.body.as_mut().and_then(|body| body.get_mut("value")) {
        let mut readable = Vec::new();
        for entry in std::mem::take(entries) {
            if may_read(entry["id"].as_str().unwrap_or_default())? {
                readable.push(entry);
            }
        }
        *entries = readable;
    }
    Ok(answer)
}

/// Whoever has a role on anything in the subscription `id`, which has `settings`, sees that it is there; for others it is in no
/// list.
pub(crate) fn sees_subscription(call: &Call<'_>, id: &str, settings: &Settings) -> rusqlite::Result<bool> {
    if call.principal == SIGNED_IN_OBJECT_ID && !settings.roles.is_empty() {
        return Ok(true);
    }
    let whole = format!("/subscriptions/{id}");
    Ok(assigned(call, call.principal)?.iter().any(|one| covers(&whole, &one.parent.to_lowercase())))
}

fn is_poll(lower: &[&str]) -> bool {
    matches!(
        lower,
        [
            "subscriptions",
            _,
            "providers",
            _,
            "locations",
            _,
            "operations" | "operationresults" | "operationstatuses",
            ..
        ]
    )
}

/// The action that a request needs: what roles know it by.
pub(crate) fn action(providers: &Providers, method: &Method, path: &Path) -> String {
    needed(providers, method, path).action
}

/// The action and the scope of a request below a subscription.
fn needed(providers: &Providers, method: &Method, path: &Path) -> Needed {
    let lower = path.lower();
    let segment = lower.iter().rposition(|segment| *segment == "providers");
    // (the namespace, what follows it, and where that begins)
    let (namespace, at) = match segment {
        Some(at) if at + 2 < lower.len() => (path.raw(at + 1).to_owned(), at + 2),
        _ => ("Microsoft.Resources".to_owned(), 0),
    };
    let inner: Vec<&str> = (at..lower.len()).map(|at| path.raw(at)).collect();
    let kinds: Vec<&str> = inner.iter().step_by(2).copied().collect();
    let is_collection = inner.len() % 2 == 1;
    // `/subscriptions/S/providers/NS/register` is an action of NS itself.
    let is_register = at == 4 && inner.len() == 1 && matches!(lower[at], "register" | "unregister");
    let types = kinds.join("/");
    let own = providers.named(&namespace).and_then(|provider| provider.action(method, &types));
    let action = if let Some(own) = own {
        own.to_owned()
    } else if is_register {
        format!("{namespace}/{}/action", lower[at])
    } else {
        match *method {
            Method::GET | Method::HEAD => format!("{namespace}/{types}/read"),
            Method::DELETE => format!("{namespace}/{types}/delete"),
            Method::POST => format!("{namespace}/{types}/action"),
            _ => format!("{namespace}/{types}/write"),
        }
    };
    // What a list is of, or an action acts on, is one segment further up.
    let depth = if segment.is_some_and(|at| at + 3 == lower.len() && is_collection) {
        lower.len() - 3
    } else if is_collection {
        lower.len() - 1
    } else {
        lower.len()
    };
    Needed { action, scope: path.up_to(depth) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::PROVIDERS;

    #[test]
    fn a_request_needs_the_action_that_azures_roles_name() {
        let group = "/subscriptions/s/resourceGroups/g";
        for (method, path, action, scope) in [
            (Method::PUT, "", "Microsoft.Resources/subscriptions/resourceGroups/write", ""),
            (Method::DELETE, "", "Microsoft.Resources/subscriptions/resourceGroups/delete", ""),
            (Method::GET, "/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources/read", ""),
            (
                Method::PUT,
                "/providers/Microsoft.ContainerService/managedClusters/c",
                "Microsoft.ContainerService/managedClusters/write",
                "/providers/Microsoft.ContainerService/managedClusters/c",
            ),
            (
                Method::POST,
                "/providers/Microsoft.CognitiveServices/accounts/a/listKeys",
                "Microsoft.CognitiveServices/accounts/listKeys/action",
                "/providers/Microsoft.CognitiveServices/accounts/a",
            ),
            (
                Method::PUT,
                "/providers/Microsoft.CognitiveServices/accounts/a/providers/Microsoft.Authorization/roleAssignments/r",
                "Microsoft.Authorization/roleAssignments/write",
                "/providers/Microsoft.CognitiveServices/accounts/a/providers/Microsoft.Authorization/roleAssignments/r",
            ),
        ] {
            let path = Path::parse(&format!("{group}{path}")).unwrap();
            let needed = needed(&PROVIDERS, &method, &path);
            assert_eq!((needed.action.as_str(), needed.scope), (action, format!("{group}{scope}")));
        }
        let at_subscription = |method, tail: &str| {
            let needed = needed(&PROVIDERS, &method, &Path::parse(&format!("/subscriptions/s/{tail}")).unwrap());
            (needed.action, needed.scope)
        };
        let whole = || "/subscriptions/s".to_owned();
        assert_eq!(
            at_subscription(Method::GET, "resourcegroups"),
            ("Microsoft.Resources/subscriptions/resourcegroups/read".into(), whole())
        );
        assert_eq!(
            at_subscription(Method::GET, "providers/Microsoft.Compute"),
            (
                "Microsoft.Resources/subscriptions/providers/read".into(),
                "/subscriptions/s/providers/Microsoft.Compute".into()
            )
        );
        assert_eq!(
            at_subscription(Method::POST, "providers/Microsoft.Compute/register"),
            ("Microsoft.Compute/register/action".into(), whole())
        );
        let purge = at_subscription(
            Method::DELETE,
            "providers/Microsoft.CognitiveServices/locations/l/resourceGroups/g/deletedAccounts/a",
        );
        assert_eq!(purge.0, "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete");
    }

    #[test]
    fn a_role_does_not_reach_beside_its_scope() {
        assert!(covers("/subscriptions/s/resourcegroups/lab", "/subscriptions/s/resourcegroups/lab/providers/x"));
        assert!(!covers("/subscriptions/s/resourcegroups/lab", "/subscriptions/s/resourcegroups/lab-anna"));
    }
}
