//! Lists of the resources in a group or in the subscription.

use serde_json::{Map, Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::paging;
use crate::arm::provider::Providers;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

/// `GET …/resources` of the subscription, or of a group, with a `$filter` of `eq` on type, group, name, location and tag
/// (REST reference, "Resources - List"); az names the group there, not in the path.
pub(super) fn list(call: &Call<'_>, providers: &Providers, group: Option<&str>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if let Some(group) = group {
        call.group(group)?;
    }
    let terms = filter::terms(call)?;
    let (mut wanted, mut resource_type, mut tag_value) = (ListQuery { group, ..ListQuery::default() }, None, None);
    let mut elsewhere = false;
    for term in &terms {
        let Term::Equals(name, value) = term else { return Err(refused(call)) };
        let value = value.as_str();
        match name.as_str() {
            "resourcetype" => resource_type = Some(value),
            "resourcegroup" => {
                // A group beside the one in the path has nothing in common with it, and one that is not there has nothing.
                elsewhere = group.is_some_and(|group| !group.eq_ignore_ascii_case(value));
                wanted.group = Some(value);
            }
            "name" => wanted.name = Some(value),
            "location" => wanted.location = Some(value),
            "tagname" => wanted.tag = Some((value, None)),
            "tagvalue" => tag_value = Some(value),
            _ => return Err(refused(call)),
        }
    }
    if let Some(value) = tag_value {
        let Some((name, _)) = wanted.tag else { return Err(refused(call)) };
        wanted.tag = Some((name, Some(value)));
    }
    // A type that is not tracked has no entries.
    let kinds: Vec<&str> = providers
        .tracked()
        .iter()
        .copied()
        .filter(|kind| !elsewhere && resource_type.is_none_or(|only| only.eq_ignore_ascii_case(kind)))
        .collect();
    let wanted = ListQuery { kinds: Some(&kinds), ..wanted };
    let expand = call.query("$expand").unwrap_or_default();
    let tells_created = expand.split(',').any(|what| what.trim().eq_ignore_ascii_case("createdTime"));
    paging::page(call, wanted, |it| entry(&it, tells_created))
}

fn refused(call: &Call<'_>) -> Failure {
    filter::invalid(&call.query("$filter").unwrap_or_default())
}

/// A resource as ARM lists it: without the provider's properties.
fn entry(it: &Resource, tells_created: bool) -> Value {
    let mut entry = Map::new();
    entry.insert("id".into(), it.id.clone().into());
    entry.insert("name".into(), it.name.clone().into());
    entry.insert("type".into(), it.body["type"].clone());
    for part in ["kind", "sku", "identity", "tags"] {
        if let Some(value) = it.body.get(part) {
            entry.insert(part.into(), value.clone());
        }
    }
    entry.insert("location".into(), it.location.clone().into());
    if tells_created {
        entry.insert("createdTime".into(), stamp(it.created).into());
    }
    json!(entry)
}
