//! Checks of values that are no names, and the ways of those into the desired state that are more than a copy.

use azlab_clock::parse_duration;

use super::is_auto;
use crate::lab::names::{self, NameError};
use crate::lab::spec::{AccountSpec, DeploymentSpec, LabSpec};
use crate::lab::tags;

/// The longest value of a tag (Microsoft Learn, "Use tags").
const LONGEST_TAG: usize = 256;

fn refused(what: &'static str, value: &str, rule: impl Into<String>) -> NameError {
    NameError { what, value: value.to_owned(), rule: rule.into(), suggestion: None }
}

pub(super) fn ttl_check(text: &str) -> Result<(), NameError> {
    parse_duration(text).map(drop).map_err(|rule| refused("ttl", text, format!("it must be {rule}")))
}

pub(super) fn owner_check(text: &str) -> Result<(), NameError> {
    names::tag(tags::OWNER, text)
}

pub(super) fn audience_check(text: &str) -> Result<(), NameError> {
    if text.trim().is_empty() || text.chars().count() > 600 {
        return Err(refused("audience", text, "it must have 1 to 600 characters"));
    }
    Ok(())
}

pub(super) fn model_check(text: &str) -> Result<(), NameError> {
    if text.trim().is_empty() {
        let suggestion = Some("gpt-5-mini".to_owned());
        return Err(NameError { suggestion, ..refused("model", text, "it must have a name") });
    }
    Ok(())
}

pub(super) fn set_location(lab: &mut LabSpec, location: &str) {
    lab.location = names::location(location).ok();
}

pub(super) fn location(lab: &LabSpec) -> Option<&str> {
    lab.location.as_deref()
}

pub(super) fn set_shared(account: &mut AccountSpec, is_shared: &bool) {
    account.shared = Some(*is_shared);
}

pub(super) fn shared(account: &AccountSpec) -> bool {
    account.shared == Some(true)
}

pub(super) fn set_ttl(lab: &mut LabSpec, ttl: &str) {
    lab.default_ttl = parse_duration(ttl).ok();
}

pub(super) fn ttl(lab: &LabSpec) -> Option<String> {
    lab.default_ttl.map(|ttl| humantime::format_duration(ttl).to_string())
}

pub(super) fn set_owner(lab: &mut LabSpec, owner: &str) {
    // Nobody is no owner: the tag would be empty.
    if !owner.trim().is_empty() {
        lab.tags.set(tags::OWNER, as_owner(owner));
    }
}

pub(super) fn owner(lab: &LabSpec) -> Option<&str> {
    lab.tags.get(tags::OWNER).or(lab.default_owner.as_deref())
}

/// An owner's name as it fits into a tag.
pub(crate) fn as_owner(name: &str) -> String {
    name.chars().take(LONGEST_TAG).collect()
}

pub(super) fn set_model(deployment: &mut DeploymentSpec, model: &str) {
    deployment.model.name = Some(model.to_owned()).filter(|model| !is_auto(model));
    deployment.model.is_default = false;
}

pub(super) fn model(deployment: &DeploymentSpec) -> &str {
    deployment.model.name.as_deref().unwrap_or(super::AUTO)
}
