//! Lists of the resources in a group or in the subscription.

use serde_json::{Map, Value, json};

use crate::sandbox::answer::Outcome;
use crate::sandbox::call::Call;
use crate::sandbox::filter::{self, Term};
use crate::sandbox::moment::stamp;
use crate::sandbox::paging;
use crate::sandbox::store::{Resource, Wanted, kind};

/// Types that ARM lists: tracked, top-level resources.
const TRACKED: [&str; 3] = [kind::CLUSTER, kind::IDENTITY, kind::ACCOUNT];

/// `GET …/resources` of the subscription, or of a group.
pub(crate) fn list(call: &Call<'_>, group: Option<&str>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    if let Some(group) = group {
        call.group(group)?;
    }
    let terms = filter::terms(call)?;
    let (mut resource_type, mut tag_name, mut tag_value) = (None, None, None);
    for term in &terms {
        match term {
            Term::Equals(name, value) if name == "resourcetype" => resource_type = Some(value.as_str()),
            Term::Equals(name, value) if name == "tagname" => tag_name = Some(value.as_str()),
            Term::Equals(name, value) if name == "tagvalue" => tag_value = Some(value.as_str()),
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    // A type that is not tracked has no entries.
    let kinds: Vec<&str> =
        TRACKED.into_iter().filter(|kind| resource_type.is_none_or(|only| only.eq_ignore_ascii_case(kind))).collect();
    let wanted =
        Wanted { kinds: Some(&kinds), group, tag: tag_name.map(|name| (name, tag_value)), ..Wanted::default() };
    let expand = call.query("$expand").unwrap_or_default();
    let tells_created = expand.split(',').any(|what| what.trim().eq_ignore_ascii_case("createdTime"));
    paging::page(call, wanted, |it| entry(it, tells_created))
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
