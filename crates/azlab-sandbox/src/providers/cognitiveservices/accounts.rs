//! Accounts: create, update, restore, read, delete, keys.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::FACTS;
use super::account_body::body;
use super::account_rules::{changes_tags_alone, check_rules, refuse_other_kind, retag};
use super::kind;
use super::{POLL_VERSION, deleted, models, projects, work};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::operations;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{json_object, location, paging, quota, regions};
use crate::state::lists::ListQuery;
use crate::state::operations::Operation;
use crate::state::store::Resource;

const TYPE: &str = "Microsoft.CognitiveServices/accounts";
/// The kinds of accounts that the sandbox offers.
pub(super) const KINDS: [&str; 2] = ["OpenAI", "AIServices"];
/// The sku of each of them.
pub(super) const SKU: &str = "S0";
/// Usage name that OpenAI accounts are counted under.
pub(super) const ACCOUNT_COUNT: &str = "OpenAI.S0.AccountCount";

#[derive(Deserialize, Default)]
pub(super) struct AccountBody {
    pub location: Option<String>,
    pub kind: Option<String>,
    pub sku: Option<Value>,
    pub identity: Option<Value>,
    pub tags: Option<Value>,
    #[serde(default, deserialize_with = "json_object::required")]
    pub properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties {
    pub custom_sub_domain_name: Option<String>,
    pub public_network_access: Option<Value>,
    pub restore: Option<bool>,
    /// The others, by name.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

fn id(call: &Call<'_>, group: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}")
}

/// The account of this name, or ARM's 404.
pub(super) fn find(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    call.store
        .get(&id(call, &group.name, name))?
        .ok_or_else(|| Failure::resource_missing(&format!("{TYPE}/{name}"), &group.name))
}

/// The account that a call names as the parent of something.
pub(super) fn parent(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    find(call, group, name).map_err(|_| Failure::parent_missing(&group.name, &format!("accounts/{name}")))
}

/// The body with its state now.
pub(super) fn render(call: &Call<'_>, account: &Resource) -> Value {
    let mut body = account.body.clone();
    let state = if account.deleting(call.now) { "Deleting" } else { account.state(call.now) };
    body["properties"]["provisioningState"] = state.into();
    body
}

/// `GET …/accounts` of a group or the subscription.
pub(super) fn list(call: &Call<'_>, group: Option<&Resource>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let group = group.map(|group| group.group.as_str());
    let wanted = ListQuery { kinds: Some(&[kind::ACCOUNT]), group, ..ListQuery::default() };
    paging::page(call, wanted, |account| render(call, &account))
}

/// `…/accounts/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    match *call.method {
        Method::GET => {
            let account = find(call, group, name)?;
            let etag = account.body["etag"].as_str().unwrap_or_default().to_owned();
            Ok(Answer::ok(render(call, &account)).header("etag", etag))
        }
        Method::HEAD => find(call, group, name).map(|_| Answer::empty(StatusCode::NO_CONTENT)),
        Method::PUT => put(call, group, name),
        Method::PATCH => patch(call, group, &find(call, group, name)?),
        Method::DELETE => delete(call, call.store.get(&id(call, &group.name, name))?),
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    check_name(name)?;
    let asked: AccountBody = FACTS.read_as(call, "accounts", Sent::Whole)?;
    check_tags(asked.tags.as_ref())?;
    let location = asked.location.clone().unwrap_or_default();
    let region = location::required(call.settings, asked.location.as_deref(), TYPE)?;
    let found = call.store.get(&id(call, &group.name, name))?;
    if let Some(found) = &found {
        if regions::normal(&found.location) != region {
            return Err(location::immovable(&found.name, &found.location, &location, &group.name));
        }
        refuse_unfinished(call, found)?;
        let old = &found.body["properties"]["customSubDomainName"];
        let new = asked.properties.custom_sub_domain_name.as_deref();
        if let (Some(old), Some(new)) = (old.as_str(), new)
            && !old.eq_ignore_ascii_case(new)
        {
            return Err(Failure::bad_request(
                "CannotChangeCustomDomain",
                "The custom subdomain name of an account cannot be changed.",
            ));
        }
        refuse_other_kind(found, &asked)?;
        check_subdomain(call, &found.id, new)?;
        check_rules(call, &found.id, &asked, Some(found))?;
        let location = found.location.clone();
        return store(call, group, &found.id, &found.name, &location, &asked, Some(found));
    }
    let soft_deleted = deleted::find(call, &region, &group.name, name)?;
    if asked.properties.restore == Some(true) {
        let soft_deleted = soft_deleted.ok_or_else(|| {
            Failure::bad_request(
                "CannotRestoreResource",
                format!("There is no soft-deleted resource '{name}' in location '{location}' to be restored."),
            )
        })?;
        return deleted::restore(call, group, &soft_deleted);
    }
    let id = id(call, &group.name, name);
    if soft_deleted.is_some() {
        return Err(Failure::conflict(
            "FlagMustBeSetForRestore",
            format!(
                "An existing resource with ID '{id}' has been soft-deleted. To restore the resource, you must specify 'restore' \
                 to be 'true' in the property. If you don't want to restore existing resource, please purge it first."
            ),
        ));
    }
    check_new(call, &asked)?;
    check_rules(call, &id, &asked, None)?;
    check_subdomain(call, &id, asked.properties.custom_sub_domain_name.as_deref())?;
    take_quota(call, &id, &region)?;
    store(call, group, &id, name, &location, &asked, None)
}

/// A new account needs a kind that exists and its sku.
fn check_new(call: &Call<'_>, asked: &AccountBody) -> Result<(), Failure> {
    let kind = asked.kind.as_deref().unwrap_or_default();
    if !KINDS.contains(&kind) {
        return Err(Failure::bad_request(
            "InvalidApiKind",
            format!(
                "The kind '{kind}' is not one that the sandbox offers. The supported kinds are '{}'.",
                KINDS.join(",")
            ),
        ));
    }
    let sku = asked.sku.as_ref().and_then(|sku| sku["name"].as_str()).unwrap_or_default();
    if sku != SKU {
        return Err(Failure::bad_request(
            "InvalidSkuId",
            format!("The account type '{kind}' does not support SKU '{sku}'."),
        ));
    }
    if !call.settings.openai_allowed {
        return Err(Failure::bad_request(
            "SpecialFeatureOrQuotaIdRequired",
            "The subscription does not have QuotaId/Feature required by SKU 'S0' from kind 'OpenAI'",
        ));
    }
    Ok(())
}

fn take_quota(call: &Call<'_>, id: &str, region: &str) -> Result<(), Failure> {
    let used = quota::used(&call.store, call.now, region, ACCOUNT_COUNT, id)?;
    let (_, limit) = models::limit(call, region, ACCOUNT_COUNT);
    if used >= limit {
        return Err(Failure::bad_request(
            "InsufficientQuota",
            format!(
                "Insufficient quota. Cannot create/update/move resource because the quota '{ACCOUNT_COUNT}' of {limit} in \
                 location '{region}' is used up; soft-deleted resources count until they are purged."
            ),
        ));
    }
    let holding = quota::Holding { holder: id, owner: id, location: region, usage: ACCOUNT_COUNT, amount: 1 };
    quota::hold(&call.store, &holding)?;
    Ok(())
}

/// A subdomain is unique across accounts, soft-deleted ones included.
fn check_subdomain(call: &Call<'_>, id: &str, subdomain: Option<&str>) -> Result<(), Failure> {
    let Some(subdomain) = subdomain else { return Ok(()) };
    check_subdomain_name(subdomain)?;
    if is_subdomain_taken(call, id, subdomain)? {
        return Err(Failure::conflict(
            "CustomDomainInUse",
            format!("The subdomain name '{subdomain}' is already used. Please pick a different name."),
        ));
    }
    Ok(())
}

/// 2-64 letters, digits and dashes.
fn check_subdomain_name(subdomain: &str) -> Result<(), Failure> {
    let allowed = subdomain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !allowed || !(2..=64).contains(&subdomain.len()) || subdomain.starts_with('-') || subdomain.ends_with('-') {
        return Err(Failure::bad_request(
            "InvalidCustomSubDomainName",
            format!("The subdomain name '{subdomain}' is invalid. It must be 2-64 letters, digits and dashes."),
        ));
    }
    Ok(())
}

/// Whether an account other than `id` has the subdomain, be it a soft-deleted one.
pub(super) fn is_subdomain_taken(call: &Call<'_>, id: &str, subdomain: &str) -> rusqlite::Result<bool> {
    let wanted = ListQuery {
        kinds: Some(&[kind::ACCOUNT, kind::DELETED_ACCOUNT]),
        lookup: Some(subdomain),
        everywhere: true,
        ..ListQuery::default()
    };
    Ok(call.store.list(&wanted)?.iter().any(|other| !other.id.eq_ignore_ascii_case(id)))
}

/// Keeps the account and starts the work: 201 `Creating`, or 200 `Accepted`.
fn store(
    call: &Call<'_>,
    group: &Resource,
    id: &str,
    name: &str,
    location: &str,
    asked: &AccountBody,
    found: Option<&Resource>,
) -> Outcome {
    let durations = &call.settings.durations;
    let created = found.map_or(call.now, |found| found.created);
    let body = body(call, id, name, location, asked, found)?;
    let account = Resource {
        group: group.group.clone(),
        parent: group.key(),
        location: location.to_owned(),
        lookup: body["properties"]["customSubDomainName"].as_str().map(str::to_lowercase),
        state: if found.is_none() { "Creating" } else { "Accepted" }.into(),
        done: call.later(durations.account_put + durations.account_create),
        created,
        born: created,
        ..Resource::ready(kind::ACCOUNT, id, name, body, call.now)
    };
    call.store.put(&account)?;
    started(call, &account, found.is_none())
}

/// The answer to a write that goes on after it.
fn started(call: &Call<'_>, account: &Resource, new: bool) -> Outcome {
    let id = call.store.guid(&account.id)?.to_string();
    let work = if new { &work::ACCOUNT_CREATE } else { &work::ACCOUNT_UPDATE };
    let operation = Operation::new(id, work, &account.id, &account.location, call.now, account.done);
    operations::begin(call, &operation)?;
    // The region in the URL echoes the caller's casing (recorded), without spaces to keep the URL whole.
    let location = regions::without_spaces(&account.location);
    let path = format!("providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{}", operation.id);
    Ok(Answer::created_or_ok(new, render(call, account))
        .header("azure-asyncoperation", operations::url(call, &operation, &path, POLL_VERSION))
        .header("etag", account.body["etag"].as_str().unwrap_or_default())
        .after(call.settings.durations.account_put))
}

fn patch(call: &Call<'_>, group: &Resource, found: &Resource) -> Outcome {
    refuse_unfinished(call, found)?;
    let sent = FACTS.judged(call, "accounts", Sent::Part)?;
    let mut asked = AccountBody::deserialize(&sent).map_err(Failure::content)?;
    check_tags(asked.tags.as_ref())?;
    if changes_tags_alone(&sent) {
        return retag(call, found, asked.tags);
    }
    check_rules(call, &found.id, &asked, Some(found))?;
    check_subdomain(call, &found.id, asked.properties.custom_sub_domain_name.as_deref())?;
    // A PATCH changes tags, sku, identity and properties only; tags that are not sent stay.
    asked.kind = None;
    asked.tags = asked.tags.or_else(|| found.body.get("tags").cloned());
    let answer = store(call, group, &found.id, &found.name, &found.location, &asked, Some(found))?;
    // The second URL is recorded beside the first.
    let poll = answer.headers.iter().find(|(name, _)| *name == "azure-asyncoperation");
    let poll = poll.map(|(_, url)| format!("{url}&operationResultResponseType=Location"));
    let answer = poll.into_iter().fold(answer, |answer, url| answer.header("location", url));
    Ok(Answer { status: StatusCode::ACCEPTED, ..answer })
}

/// The refusal of writes while work on the account is under way.
fn refuse_unfinished(call: &Call<'_>, account: &Resource) -> Result<(), Failure> {
    if account.in_progress(call.now) { Err(wrong_state(call, account)) } else { Ok(()) }
}

/// The refusal of writes to its children while the account is not `Succeeded`: a failed one must be repaired first.
pub(super) fn refuse_not_succeeded(call: &Call<'_>, account: &Resource) -> Result<(), Failure> {
    if account.state(call.now) == "Succeeded" { Ok(()) } else { Err(wrong_state(call, account)) }
}

fn wrong_state(call: &Call<'_>, account: &Resource) -> Failure {
    Failure::conflict(
        "AccountProvisioningStateInvalid",
        format!(
            "Call to Microsoft.CognitiveServices/accounts failed. Error message: Account {} in state {}",
            account.id,
            account.state(call.now)
        ),
    )
}

fn delete(call: &Call<'_>, found: Option<Resource>) -> Outcome {
    let Some(account) = found else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
    refuse_unfinished(call, &account)?;
    projects::refuse_parent(call, &account)?;
    deleted::soft_delete(call, &account, call.now)?;
    Ok(Answer::empty(StatusCode::OK).after(call.settings.durations.account_delete))
}

/// 2-64 letters, digits, `-`, `_`, `.`, beginning with a letter or digit.
fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if allowed && (2..=64).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "AccountNameInvalid",
        format!("The account name '{name}' is invalid. It must be 2-64 letters, digits, '-', '_' and '.'."),
    ))
}
