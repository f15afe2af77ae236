//! The application on a lab's cluster, as the command that puts it there tells it.

use serde_json::Value;

use crate::drive::Ran;

/// What is missing of `count` objects that are as they should be.
pub fn short_of(ran: &Ran, count: usize) -> Vec<String> {
    let labs = ran.finished.iter().flat_map(|finished| finished.result.labs.iter().flatten());
    let app = labs.map(|lab| serde_json::to_value(&lab.details).unwrap_or_default()["app"].take()).next();
    let objects = app.as_ref().and_then(|app| app["objects"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let is_there = |one: &&Value| matches!(one["action"].as_str(), Some("created" | "updated" | "unchanged"));
    let there = objects.iter().filter(is_there).count();
    let others: Vec<String> = objects.iter().filter(|one| !is_there(one)).map(ToString::to_string).collect();
    let is_deletion = |text: &&String| !text.contains("\"deleted\"");
    let kept: Vec<String> = others.iter().filter(is_deletion).cloned().collect();
    let few = (there != count).then(|| format!("{there} of {count} objects are there"));
    few.into_iter().chain(kept).collect()
}
