//! The activity log ("Activity Logs - List"). It follows from what there is: of each thing that exists its last write, by whom the
//! sandbox does not keep. What is gone has left no event.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::Routed;
use crate::arm::response::Answer;
use crate::ids::{SIGNED_IN_OBJECT_ID, TENANT_ID};
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind};
use crate::state::timestamps::{Millis, millis, stamp};

/// Events of a page.
const PAGE: usize = 200;

/// What is asked for.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    from: Option<Millis>,
    to: Option<Millis>,
    group: Option<String>,
    resource: Option<String>,
    provider: Option<String>,
}

/// `GET {subscription}/…/eventtypes/management/values?$filter=…`, the newest first.
pub(super) fn list(request: &Routed<'_>) -> Outcome {
    let call = request.call;
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let filter = call.query("$filter").unwrap_or_default();
    let asked = read(&filter).ok_or_else(|| {
        let message = format!(
            "The $filter '{filter}' is invalid. It must be a conjunction of 'eventTimestamp ge', 'eventTimestamp le', \
             'resourceGroupName eq', 'resourceUri eq' and 'resourceProvider eq', and begin with a time."
        );
        Failure::bad_request("BadRequest", message)
    })?;
    let kinds: Vec<&str> = request
        .providers
        .iter()
        .flat_map(|provider| provider.types())
        .filter(|it| !it.kind.is_empty() && !it.is_soft_deleted)
        .map(|it| it.kind)
        .collect();
    let mut found = call.store.list(&ListQuery { kinds: Some(&kinds), ..ListQuery::default() })?;
    found.retain(|it| asked.fits(it));
    found.sort_by_key(|it| std::cmp::Reverse(it.asked));
    let skip = call.query("$skipToken").and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
    let value: Vec<Value> = found.iter().skip(skip).take(PAGE).map(|it| event(call, it)).collect();
    let mut body = json!({ "value": value });
    let next = skip.saturating_add(PAGE);
    if next < found.len() {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("api-version", &call.query("api-version").unwrap_or_default());
        query.append_pair("$filter", &filter).append_pair("$skipToken", &next.to_string());
        body["nextLink"] = format!("{}{}?{}", call.base, call.raw_path, query.finish()).into();
    }
    Ok(Answer::ok(body))
}

impl Asked {
    fn fits(&self, it: &Resource) -> bool {
        let is =
            |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(value));
        self.from.is_none_or(|from| it.asked >= from)
            && self.to.is_none_or(|to| it.asked <= to)
            && is(&self.group, group(it))
            && is(&self.resource, &it.id)
            && is(&self.provider, it.kind.split('/').next().unwrap_or_default())
    }
}

/// The conditions of a filter, which begins with a time; `None` for one that is not understood.
fn read(filter: &str) -> Option<Asked> {
    let mut asked = Asked::default();
    for term in filter.split(" and ") {
        let mut parts = term.trim().splitn(3, ' ');
        let (name, operator, value) = (parts.next()?, parts.next()?, parts.next()?);
        let value = value.trim().trim_matches('\'').to_owned();
        match (name.to_lowercase().as_str(), operator.to_lowercase().as_str()) {
            ("eventtimestamp", "ge" | "gt") => asked.from = Some(moment(&value)?),
            ("eventtimestamp", "le" | "lt") => asked.to = Some(moment(&value)?),
            ("resourcegroupname", "eq") => asked.group = Some(value),
            ("resourceuri" | "resourceid", "eq") => asked.resource = Some(value),
            ("resourceprovider", "eq") => asked.provider = Some(value),
            ("eventchannels" | "status" | "levels", "eq") => {}
            _ => return None,
        }
    }
    asked.from.is_some().then_some(asked)
}

/// RFC 3339, with an offset or without.
fn moment(text: &str) -> Option<Millis> {
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    read(text).or_else(|| read(&format!("{text}Z"))).or_else(|| read(&format!("{text}T00:00:00Z"))).map(millis)
}

/// The group that something is in; that of a group is itself.
fn group(it: &Resource) -> &str {
    if it.kind == kind::GROUP { &it.name } else { &it.group }
}

fn event(call: &Call<'_>, it: &Resource) -> Value {
    let kind = it.body["type"].as_str().unwrap_or(&it.kind).to_owned();
    let provider = kind.split('/').next().unwrap_or_default();
    let action = format!("{kind}/write");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{}", it.id, it.asked).as_bytes());
    let both = |value: &str| json!({"value": value, "localizedValue": value});
    let status = if it.created == it.asked { "Created" } else { "OK" };
    json!({
        "authorization": {"action": action, "scope": it.id},
        "caller": SIGNED_IN_OBJECT_ID,
        "channels": "Operation",
        "claims": {},
        "correlationId": id,
        "description": "",
        "eventDataId": id,
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "category": both("Administrative"),
        "id": format!("{}/events/{id}/ticks/{}", it.id, it.asked),
        "level": "Informational",
        "resourceGroupName": group(it),
        "resourceProviderName": both(provider),
        "resourceId": it.id,
        "resourceType": both(&kind),
        "operationId": id,
        "operationName": both(&action),
        "properties": {"statusCode": status, "serviceRequestId": null},
        "status": both("Succeeded"),
        "subStatus": both(status),
        "eventTimestamp": stamp(it.asked),
        "submissionTimestamp": stamp(it.asked),
        "subscriptionId": call.subscription(),
        "tenantId": TENANT_ID,
    })
}

#[test]
fn a_filter_begins_with_a_time() {
    let read = |filter| read(filter).map(|asked| (asked.from.is_some(), asked.to.is_some(), asked.group));
    let group = |name: &str| Some(name.to_owned());
    assert_eq!(read("eventTimestamp ge '2026-04-20T08:00:00Z'"), Some((true, false, None)));
    let whole =
        "eventTimestamp ge 2026-04-20T08:00:00.5 and eventTimestamp le 2026-04-21 and resourceGroupName eq 'lab'";
    assert_eq!(read(whole), Some((true, true, group("lab"))));
    for wrong in
        ["", "resourceGroupName eq 'lab'", "eventTimestamp ge 'soon'", "x", "eventTimestamp ge 2026-04-20 or y eq z"]
    {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
