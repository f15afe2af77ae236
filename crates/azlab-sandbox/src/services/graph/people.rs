//! Users and groups, as Graph shows them.
//!
//! Shapes: <https://learn.microsoft.com/graph/api/resources/user> (the properties of a list without `$select`, and those that
//! people are looked up by), <https://learn.microsoft.com/graph/api/resources/group>.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::elsewhere;
use super::errors::GraphError;
use super::filter::Filter;
use super::query::Query;
use crate::state::people::{People, PeopleGroup, Person};

/// The body of a user.
pub(super) fn user(person: &Person) -> Value {
    let proxies: Vec<String> = std::iter::once(format!("SMTP:{}", person.mail))
        .chain(person.other_addresses.iter().map(|address| format!("smtp:{address}")))
        .collect();
    json!({
        "businessPhones": [],
        "displayName": person.name,
        "givenName": null,
        "jobTitle": null,
        "mail": person.mail,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": null,
        "userPrincipalName": person.user_principal_name,
        "id": person.object_id,
        "accountEnabled": true,
        "userType": if person.is_guest { "Guest" } else { "Member" },
        "otherMails": person.other_addresses,
        "proxyAddresses": proxies,
    })
}

/// The body of a group.
pub(super) fn group(group: &PeopleGroup) -> Value {
    json!({
        "id": group.object_id,
        "deletedDateTime": null,
        "description": null,
        "displayName": group.name,
        "groupTypes": [],
        "mail": group.mail,
        "mailEnabled": group.mail.is_some(),
        "mailNickname": group.name,
        "proxyAddresses": [],
        "securityEnabled": true,
    })
}

/// A body with its type, as lists of mixed objects have it.
pub(super) fn typed(kind: &str, mut body: Value) -> Value {
    body["@odata.type"] = format!("#microsoft.graph.{kind}").into();
    body
}

/// The user or the group with this object id, with its type.
pub(super) fn by_id(people: People<'_>, id: Uuid) -> Option<(&'static str, Value)> {
    let user = people.user_by_id(id).map(|person| ("user", typed("user", user(&person))));
    user.or_else(|| people.group_by_id(id).map(|found| ("group", typed("group", group(&found)))))
}

/// `GET users`, `GET groups`: those that the filter lets pass.
pub(super) fn list(people: People<'_>, collection: &str, query: &Query) -> Result<Vec<Value>, GraphError> {
    let filter = query.filter.as_deref().map(Filter::parse).transpose()?;
    let mut all: Vec<Value> = match collection {
        "users" => {
            let asked = filter.as_ref().map(Filter::addresses).unwrap_or_default();
            people.users().iter().chain(&people.called(&asked)).map(user).collect()
        }
        _ => people.groups().iter().map(group).collect(),
    };
    all.dedup_by(|one, other| one["id"] == other["id"]);
    let mut passed = Vec::new();
    for body in all {
        let known = passed.iter().any(|other: &Value| other["id"] == body["id"]);
        if !known && filter.as_ref().map_or(Ok(true), |filter| filter.holds(&body))? {
            passed.push(body);
        }
    }
    Ok(passed)
}

/// What is below one user or group: `GET users/{id}`, `users/{id}/memberOf`, `groups/{id}/members`.
pub(super) enum Below {
    /// The object.
    One(Value),
    /// A list of mixed objects.
    Several(Vec<Value>),
}

/// Answers for `path` below `collection`.
pub(super) fn below(people: People<'_>, collection: &str, path: &[&str], method: &Method) -> Result<Below, GraphError> {
    let [name, rest @ ..] = path else { return Err(GraphError::not_found("")) };
    let not_served = || elsewhere::refusal(method, &[&[collection], path].concat());
    if method != Method::GET {
        return Err(not_served());
    }
    let missing = || GraphError::not_found(name);
    let id = Uuid::try_parse(name).ok();
    let groups_of = |member: Uuid| people.groups_of(member).iter().map(|found| typed("group", group(found))).collect();
    match (collection, rest) {
        ("users", rest) => {
            let found = id.and_then(|id| people.user_by_id(id)).or_else(|| people.user(name)).ok_or_else(missing)?;
            match rest {
                [] => Ok(Below::One(user(&found))),
                ["memberOf" | "transitiveMemberOf", ..] => Ok(Below::Several(groups_of(found.object_id))),
                _ => Err(not_served()),
            }
        }
        (_, rest) => {
            let found = id.and_then(|id| people.group_by_id(id)).ok_or_else(missing)?;
            match rest {
                [] => Ok(Below::One(group(&found))),
                ["members" | "transitiveMembers", ..] => {
                    let members = found.members.iter().filter_map(|id| people.user_by_id(*id));
                    Ok(Below::Several(members.map(|person| typed("user", user(&person))).collect()))
                }
                _ => Err(not_served()),
            }
        }
    }
}
