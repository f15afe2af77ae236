//! Foundry projects of an account of kind AIServices ("Projects", 2025-06-01).

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::FACTS;
use super::account_body::{etag, system_data};
use super::accounts;
use super::kind;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{json_object, location, paging};
use crate::providers::managedidentity::assigned::assigned;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

const TYPE: &str = "Microsoft.CognitiveServices/accounts/projects";

#[derive(Deserialize)]
struct ProjectBody {
    location: Option<String>,
    tags: Option<Value>,
    identity: Option<Value>,
    #[serde(default, deserialize_with = "json_object::required")]
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Properties {
    description: Option<String>,
    display_name: Option<String>,
}

/// The projects of an account.
fn of(call: &Call<'_>, account: &Resource) -> Result<Vec<Resource>, Failure> {
    let mut all = call.store.list(&ListQuery { parent: Some(&account.key()), ..ListQuery::default() })?;
    all.retain(|it| it.kind == kind::PROJECT);
    Ok(all)
}

/// `GET …/projects`
pub(super) fn list(call: &Call<'_>, group: &Resource, account: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let account = accounts::parent(call, group, account)?;
    let key = account.key();
    let wanted = ListQuery { kinds: Some(&[kind::PROJECT]), parent: Some(&key), ..ListQuery::default() };
    paging::page(call, wanted, |it| it.body)
}

/// `…/projects/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, account: &str, name: &str) -> Outcome {
    let account = accounts::parent(call, group, account)?;
    let id = format!("{}/projects/{name}", account.id);
    let found = call.store.get(&id)?;
    let missing = || {
        let place = format!("Microsoft.CognitiveServices/accounts/{}/projects/{name}", account.name);
        Failure::resource_missing(&place, &group.name)
    };
    let latency = call.settings.durations.deployment;
    match *call.method {
        Method::GET | Method::HEAD => found.map(answer).ok_or_else(missing),
        Method::PUT => put(call, account, id, name, found.as_ref()).map(|answer| answer.after(latency)),
        Method::DELETE => match found {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(found) => {
                accounts::refuse_not_succeeded(call, &account)?;
                call.store.end(&found.key(), call.now)?;
                let left = of(call, &account)?.into_iter().filter(|it| it.id != found.id).collect::<Vec<_>>();
                associate(call, account, &left)?;
                Ok(Answer::empty(StatusCode::OK).after(latency))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn answer(project: Resource) -> Answer {
    let etag = project.body["etag"].as_str().unwrap_or_default().to_owned();
    Answer::ok(project.body).header("etag", etag)
}

/// 201 or 200 with the project ready (recorded).
fn put(call: &Call<'_>, account: Resource, id: String, name: &str, found: Option<&Resource>) -> Outcome {
    let asked: ProjectBody = FACTS.read_as(call, "projects", Sent::Whole)?;
    check_tags(asked.tags.as_ref())?;
    let location = location::required(call.settings, asked.location.as_deref(), TYPE)?;
    if account.body["properties"]["allowProjectManagement"] != true {
        // Inferred: no recording has the refusal.
        return Err(Failure::bad_request(
            "ProjectManagementNotAllowed",
            format!("The account '{}' takes no projects. Set properties.allowProjectManagement to true.", account.name),
        ));
    }
    accounts::refuse_not_succeeded(call, &account)?;
    let others = of(call, &account)?;
    let is_default = found.map_or(others.is_empty(), |found| found.body["properties"]["isDefault"] == true);
    let subdomain = account.body["properties"]["customSubDomainName"].as_str().unwrap_or(&account.name);
    let old = |path: &str| found.and_then(|found| found.body.pointer(path)).cloned();
    let text = |sent: Option<String>, path: &str| sent.map(Value::from).or_else(|| old(path)).unwrap_or_default();
    let internal = match old("/properties/internalId") {
        Some(internal) => internal,
        None => call.store.guid(&id)?.simple().to_string().into(),
    };
    let created = found.map_or(call.now, |found| found.created);
    let mut body = json!({
        "id": id,
        "name": format!("{}/{name}", account.name),
        "type": TYPE,
        "etag": etag(call, &id)?,
        "location": location,
        "kind": account.body["kind"],
        "properties": {
            "endpoints": {
                "AI Foundry API": format!("https://{subdomain}.services.ai.azure.com/api/projects/{name}"),
            },
            "description": text(asked.properties.description, "/properties/description"),
            "displayName": text(asked.properties.display_name, "/properties/displayName"),
            "isDefault": is_default,
            "internalId": internal,
            "provisioningState": "Succeeded",
        },
        "systemData": system_data(created, call.now),
    });
    if let Some(identity) = assigned(call, &id, asked.identity.as_ref(), old("/identity").as_ref())? {
        body["identity"] = identity;
    }
    if let Some(tags) = asked.tags.filter(Value::is_object) {
        body["tags"] = tags;
    }
    let project = Resource {
        group: account.group.clone(),
        parent: account.key(),
        location,
        created,
        born: created,
        ..Resource::ready(kind::PROJECT, id, name, body, call.now)
    };
    call.store.put(&project)?;
    let all = of(call, &account)?;
    associate(call, account, &all)?;
    let answer = answer(project);
    Ok(if found.is_none() { Answer { status: StatusCode::CREATED, ..answer } } else { answer })
}

/// Tells the account which projects it has, and which of them is the default.
fn associate(call: &Call<'_>, account: Resource, projects: &[Resource]) -> Result<(), Failure> {
    let mut body = account.body.clone();
    body["etag"] = etag(call, &account.id)?.into();
    body["properties"]["associatedProjects"] = projects.iter().map(|it| it.name.as_str()).collect();
    match projects.iter().find(|it| it.body["properties"]["isDefault"] == true) {
        Some(default) => body["properties"]["defaultProject"] = default.name.as_str().into(),
        None => drop(body["properties"].as_object_mut().and_then(|all| all.remove("defaultProject"))),
    }
    call.store.put_body(&Resource { body, ..account })?;
    Ok(())
}

/// Refuses to delete an account that has projects (Resource Manager's `CannotDeleteResource`, azure-facts.md section 8).
pub(super) fn refuse_parent(call: &Call<'_>, account: &Resource) -> Result<(), Failure> {
    let nested: Vec<String> = of(call, account)?.into_iter().map(|it| format!("'{}'", it.id)).collect();
    if nested.is_empty() {
        return Ok(());
    }
    Err(Failure::conflict(
        "CannotDeleteResource",
        format!(
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: {}. Please delete \
             all nested resources before deleting this resource.",
            nested.join(",")
        ),
    )
    .gateway())
}
