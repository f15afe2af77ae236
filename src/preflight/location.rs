//! Check `location`: the location exists and offers every resource type of a lab.

use super::finding::Finding;
use crate::azure::groups::Provider;
use crate::lab::names;
use crate::recipe::parts::NEEDS;

/// The check's id.
pub(crate) const ID: &str = "location";

/// The types that the lab's region must offer: provider and type.
fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    NEEDS.into_iter().filter(|needs| needs.is_regional).map(|needs| (needs.provider, needs.resource_type))
}

/// The locations that a provider offers a type in, as ARM writes them.
fn offered(providers: &[Provider], namespace: &str, kind: &str) -> Option<Vec<String>> {
    let provider = providers
        .iter()
        .find(|provider| provider.namespace.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(namespace)))?;
    let kind = provider
        .resource_types
        .iter()
        .find(|one| one.resource_type.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(kind)))?;
    let all: Vec<String> = kind.locations.iter().filter_map(|name| names::location(name).ok()).collect();
    (!all.is_empty()).then_some(all)
}

/// The regions that offer every type.
pub(crate) fn everywhere(providers: &[Provider]) -> Vec<String> {
    let lists: Vec<Vec<String>> = types().filter_map(|(namespace, kind)| offered(providers, namespace, kind)).collect();
    let Some((first, others)) = lists.split_first() else { return Vec::new() };
    first.iter().filter(|name| others.iter().all(|list| list.contains(name))).cloned().collect()
}

/// Whether `location` offers what a lab needs; `asked_by` is how it was asked for, as one writes it before another:
/// `--location `, or nothing in a list of a file.
pub(crate) fn check(providers: &[Provider], location: &str, asked_by: &str) -> Finding {
    let lists: Vec<(&str, Vec<String>)> =
        types().filter_map(|(namespace, kind)| Some((kind, offered(providers, namespace, kind)?))).collect();
    if lists.is_empty() {
        return Finding::skip(ID, "the resource providers do not list their locations");
    }
    let everywhere = everywhere(providers);
    let lacking: Vec<&str> =
        lists.iter().filter(|(_, list)| !list.iter().any(|name| name == location)).map(|(kind, _)| *kind).collect();
    if lacking.is_empty() {
        return Finding::pass(ID, format!("{location} offers every resource type"));
    }
    let near = nearest(location, &everywhere);
    let what = if lacking.len() == lists.len() {
        format!("the location '{location}' is not known")
    } else {
        format!("the location '{location}' does not offer {}", lacking.join(", "))
    };
    let all = everywhere.join(", ");
    Finding::fail(
        ID,
        "LocationNotAvailableForResourceGroup",
        what,
        match near {
            Some(near) => format!("did you mean {asked_by}{near}? These offer every resource type: {all}"),
            None if asked_by.is_empty() => format!("choose one of these: {all}"),
            None => format!("choose one with {}: {all}", asked_by.trim_end()),
        },
    )
}

/// The name that `text` was probably meant to be: at most a third of its letters off.
fn nearest<'a>(text: &str, names: &'a [String]) -> Option<&'a str> {
    let (distance, name) = names.iter().map(|name| (strsim::osa_distance(text, name), name.as_str())).min()?;
    (distance <= text.len().div_ceil(3)).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;
    use crate::events::CheckStatus;
    use crate::follow_up::Place;

    fn providers() -> Vec<Provider> {
        types()
            .map(|(namespace, kind)| {
                let mut locations = vec!["West Europe", "Sweden Central"];
                if kind != "accounts" {
                    locations.push("Chile Central");
                }
                let body =
                    json!({"namespace": namespace, "resourceTypes": [{"resourceType": kind, "locations": locations}]});
                parse("a provider", body.to_string().as_bytes()).expect("a provider")
            })
            .collect()
    }

    #[test]
    fn a_slip_of_the_pen_is_answered_with_the_location_that_was_meant() {
        let finding = check(&providers(), "westeurop", "--location ");
        assert_eq!(finding.status, CheckStatus::Fail);
        assert!(finding.hint.expect("a hint").at(&Place::default()).contains("--location westeurope?"));
        assert_eq!(check(&providers(), "westeurope", "--location ").status, CheckStatus::Pass);
    }

    #[test]
    fn a_location_without_openai_is_named_as_such() {
        assert!(check(&providers(), "chilecentral", "--location ").message.contains("does not offer accounts"));
    }

    #[test]
    fn without_lists_nothing_is_claimed() {
        assert_eq!(check(&[], "westeurope", "--location ").status, CheckStatus::Skip);
    }
}
