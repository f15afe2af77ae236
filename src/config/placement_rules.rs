//! What a schema cannot say of `[[placement]]`.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use crate::lab::names;
use crate::lab::placement::OnFull;

/// What is wrong: the path of what is, the message, what to do about it.
pub(super) type Wrong = (String, String, Option<String>);

/// How many subscriptions the file's labs may be in, by what it calls them.
pub(super) fn subscriptions_of(file: &File) -> u32 {
    let default = file.subscription.as_deref();
    let named = file.placement.iter().flatten().map(|one| key(one.subscription.as_deref().or(default)));
    u32::try_from(named.collect::<BTreeSet<String>>().len()).unwrap_or(u32::MAX).max(1)
}

/// What tells subscriptions apart, as far as the file alone can: one that is named by its id and by its name is told apart
/// when the names are looked up.
fn key(subscription: Option<&str>) -> String {
    subscription.map(|text| text.trim().to_lowercase()).unwrap_or_default()
}

/// What is wrong about the places that labs may go to; `line` tells the line of a path.
pub(super) fn check(file: &File, line: impl Fn(&str) -> usize) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let entries = file.placement.as_deref().unwrap_or_default();
    if file.placement.as_ref().is_some_and(Vec::is_empty) {
        let help = "write a [[placement]] with locations, or leave it out";
        wrong.push(("placement".into(), "placement is empty".into(), Some(help.into())));
    }
    if let (false, Some(location)) = (entries.is_empty(), &file.lab.location) {
        let message = "location and [[placement]] exclude each other: every lab would be in one location";
        let help = format!(
            "write it in a [[placement]]: locations = [\"{location}\"]; a lab of [[labs]] may have one of its own"
        );
        wrong.push(("location".into(), message.into(), Some(help)));
    }
    if entries.is_empty() && file.on_full.as_deref().and_then(OnFull::named) == Some(OnFull::Move) {
        let message = "on_full = \"move\" names no place that a lab could move to";
        let help = "write the places: [[placement]] with locations = [\"swedencentral\", \"westeurope\"]; or leave on_full out";
        wrong.push(("on_full".into(), message.into(), Some(help.into())));
    }
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = format!("placement[{index}]");
        let is_text = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if entry.subscription.as_deref().is_some_and(|text| !is_text(text)) {
            let path = format!("{at}.subscription");
            let message = format!("{path} must be the subscription's id or name");
            wrong.push((path, message, None));
        }
        if entry.locations.is_empty() {
            let path = format!("{at}.locations");
            let help = "such as: locations = [\"swedencentral\", \"westeurope\"]";
            let message = format!("{path} is empty");
            wrong.push((path, message, Some(help.into())));
        }
        let subscription = key(entry.subscription.as_deref().or(file.subscription.as_deref()));
        for (nth, location) in entry.locations.iter().enumerate() {
            let path = format!("{at}.locations[{nth}]");
            let name = match names::location(location) {
                Ok(name) => name,
                Err(error) => {
                    let help = error.suggestion.as_ref().map(|name| format!("such as: {name}"));
                    wrong.push((path, error.to_string(), help));
                    continue;
                }
            };
            if let Some(first) = known.insert((subscription.clone(), name.clone()), line(&path)) {
                let message = format!("the same place twice: {name} of this subscription is on line {first} already");
                wrong.push((path, message, Some("name each location of a subscription once".into())));
            }
        }
    }
    wrong
}
