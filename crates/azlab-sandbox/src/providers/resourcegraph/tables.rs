//! The tables: `resources`, `resourcecontainers`, `authorizationresources`. Each has what its caller may read.

use serde_json::{Value, json};

use super::expression::Row;
use super::{QueryError, TableError};
use crate::arm::call::Call;
use crate::arm::provider::{Providers, Routed};
use crate::ids::TENANT_ID;
use crate::providers::authorization::{definitions, permissions};
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind};

/// Tables that Azure has beside them (Resource Graph, "Supported tables and resources").
const ELSEWHERE: [&str; 12] = [
    "advisorresources",
    "alertsmanagementresources",
    "computeresources",
    "guestconfigurationresources",
    "healthresources",
    "insightsresources",
    "kubernetesconfigurationresources",
    "maintenanceresources",
    "policyresources",
    "resourcechanges",
    "securityresources",
    "servicehealthresources",
];

/// The type of roles, as Resource Graph writes it.
const ROLE_DEFINITION: &str = "microsoft.authorization/roledefinitions";

/// The rows of a table.
pub(super) fn rows(request: &Routed<'_>, table: &str) -> Result<Vec<Row>, TableError> {
    let (call, providers) = (request.call, request.providers);
    match table {
        "resources" => {
            of_kinds(call, providers, providers.tracked(), "Microsoft.Resources/subscriptions/resources/read")
        }
        "resourcecontainers" => {
            let read = "Microsoft.Resources/subscriptions/resourceGroups/read";
            let mut rows = of_kinds(call, providers, &[kind::GROUP], read)?;
            if permissions::may(call, providers, "Microsoft.Resources/subscriptions/read", &subscription(call))? {
                rows.push(of_subscription(call));
            }
            Ok(rows)
        }
        "authorizationresources" => {
            let mut rows =
                of_kinds(call, providers, &[kind::ASSIGNMENT], "Microsoft.Authorization/roleAssignments/read")?;
            let read = "Microsoft.Authorization/roleDefinitions/read";
            rows.extend(of_kinds(call, providers, &[ROLE_DEFINITION], read)?);
            if permissions::may(call, providers, read, &subscription(call))? {
                rows.extend(definitions::built_in_bodies(call, providers).iter().map(of_tenant));
            }
            Ok(rows)
        }
        other if ELSEWHERE.contains(&other) => {
            Err(TableError::Query(QueryError::NotServed(format!("the table '{other}'"))))
        }
        other => {
            Err(TableError::Query(QueryError::Invalid(format!("Table {other} is invalid, unsupported or disallowed."))))
        }
    }
}

fn subscription(call: &Call<'_>) -> String {
    format!("/subscriptions/{}", call.subscription())
}

/// What there is of these kinds, and the caller may read.
fn of_kinds(
    call: &Call<'_>,
    providers: &'static Providers,
    kinds: &[&str],
    read: &str,
) -> Result<Vec<Row>, TableError> {
    let may_all = permissions::may(call, providers, read, &subscription(call))?;
    let mut rows = Vec::new();
    for it in call.store.list(&ListQuery { kinds: Some(kinds), ..ListQuery::default() })? {
        if may_all || permissions::may(call, providers, read, &it.id)? {
            rows.push(row(call, providers, &it));
        }
    }
    Ok(rows)
}

/// A resource as Resource Graph has it: the type in lower case, each column there whether it has a value or not.
fn row(call: &Call<'_>, providers: &'static Providers, it: &Resource) -> Row {
    let body = providers.of_kind(&it.kind).map_or_else(|| it.body.clone(), |provider| provider.shown(call, it));
    let is_group = it.kind == kind::GROUP;
    let kind = if is_group { "microsoft.resources/subscriptions/resourcegroups" } else { &*it.kind };
    let group = if is_group { it.name.to_lowercase() } else { it.group.clone() };
    let mut row = Row::new();
    for (name, value) in [
        ("id", Value::from(it.id.as_str())),
        ("name", it.name.as_str().into()),
        ("type", kind.into()),
        ("tenantId", TENANT_ID.into()),
        ("kind", body["kind"].as_str().unwrap_or_default().into()),
        ("location", it.location.as_str().into()),
        ("resourceGroup", group.into()),
        ("subscriptionId", call.subscription().into()),
        ("managedBy", body["managedBy"].as_str().unwrap_or_default().into()),
        ("sku", body["sku"].clone()),
        ("plan", Value::Null),
        ("properties", body["properties"].clone()),
        ("tags", body["tags"].clone()),
        ("identity", body["identity"].clone()),
        ("zones", Value::Null),
        ("extendedLocation", Value::Null),
    ] {
        row.insert(name.to_owned(), value);
    }
    if is_group && row["properties"].is_null() {
        row.insert("properties".into(), json!({"provisioningState": it.state(call.now)}));
    }
    row
}

/// A built-in role: of the tenant, so in no subscription, group or region.
fn of_tenant(body: &Value) -> Row {
    let mut row = Row::new();
    for (name, value) in [
        ("id", body["id"].clone()),
        ("name", body["name"].clone()),
        ("type", ROLE_DEFINITION.into()),
        ("tenantId", TENANT_ID.into()),
        ("kind", "".into()),
        ("location", "".into()),
        ("resourceGroup", "".into()),
        ("subscriptionId", "".into()),
        ("managedBy", "".into()),
        ("sku", Value::Null),
        ("plan", Value::Null),
        ("properties", body["properties"].clone()),
        ("tags", Value::Null),
        ("identity", Value::Null),
        ("zones", Value::Null),
        ("extendedLocation", Value::Null),
    ] {
        row.insert(name.to_owned(), value);
    }
    row
}

fn of_subscription(call: &Call<'_>) -> Row {
    let mut row = Row::new();
    for (name, value) in [
        ("id", Value::from(subscription(call))),
        ("name", "azlab sandbox".into()),
        ("type", "microsoft.resources/subscriptions".into()),
        ("tenantId", TENANT_ID.into()),
        ("subscriptionId", call.subscription().into()),
        ("resourceGroup", "".into()),
        ("location", "".into()),
        ("properties", json!({"state": call.settings.subscription_state})),
        ("tags", Value::Null),
    ] {
        row.insert(name.to_owned(), value);
    }
    row
}
