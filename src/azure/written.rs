//! What this run has written to, by resource group: what was read of a group before a write to it says nothing any more, and what
//! nobody has yet written to a group that this run has created is not there.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use time::OffsetDateTime;

use crate::values::arm_id::{group_in, named};

/// For so long what is in a group that this run has created is what it has written. After that somebody else may have found the
/// group and put something into it.
const KNOWN_FOR: Duration = Duration::from_secs(120);

/// The resource groups that this run has written to, by their ARM ids in lower case.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<HashMap<String, Group>>);

/// What this run has written to a resource group.
#[derive(Debug, Default)]
struct Group {
    /// When this run has created it, where what is in it is what this run has written.
    created: Option<OffsetDateTime>,
    /// The paths, in lower case, that it has asked to write below the group.
    paths: HashSet<String>,
}

impl Written {
    /// Takes note that something is about to be written to `path`.
    pub(super) fn sending(&self, method: &Method, path: &str) {
        let Some(group) = group_of(path) else { return };
        let path = path.to_ascii_lowercase();
        let mut groups = self.groups();
        let is_group = group == path;
        let known = groups.entry(group).or_default();
        if !is_group {
            known.paths.insert(path);
        } else if *method == Method::DELETE {
            known.created = None;
        }
    }

    /// Takes note of the answer to a write. A PUT of a group is answered with 201 where there was none (azure-facts.md section 1).
    pub(super) fn answered(&self, method: &Method, path: &str, status: StatusCode, now: OffsetDateTime) {
        if *method != Method::PUT || status != StatusCode::CREATED {
            return;
        }
        if let Some(group) = group_of(path).filter(|group| group.eq_ignore_ascii_case(path)) {
            self.groups().insert(group, Group { created: Some(now), paths: HashSet::new() });
        }
    }

    /// Takes note that a group may hold what this run has not written, and is not as it was.
    pub(super) fn touch(&self, subscription: &str, group: &str) {
        self.groups().entry(id(subscription, group)).or_default().created = None;
    }

    /// Whether a group may no longer be as it was when the run began.
    pub(super) fn is_touched(&self, subscription: &str, group: &str) -> bool {
        self.groups().contains_key(&id(subscription, group))
    }

    /// Whether this run has just created the group that the resource with the ARM id `resource` is in, and has not asked to write the
    /// resource.
    pub(super) fn is_unwritten(&self, resource: &str, now: OffsetDateTime) -> bool {
        let resource = resource.to_ascii_lowercase();
        let Some(id) = group_of(&resource).filter(|group| *group != resource) else { return false };
        let groups = self.groups();
        let Some(group) = groups.get(&id) else { return false };
        let is_new = group.created.is_some_and(|created| (created..created + KNOWN_FOR).contains(&now));
        is_new && !group.paths.contains(&resource)
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<String, Group>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourcegroups/{group}").to_ascii_lowercase()
}

/// The ARM id, in lower case, of the resource group that `path` is, is in, or tells of (what is left of a deleted account).
fn group_of(path: &str) -> Option<String> {
    Some(id(named(path, "subscriptions")?, group_in(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/S/resourceGroups/Lab";
    const IDENTITY: &str =
        "/subscriptions/S/resourceGroups/Lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

    const NOW: OffsetDateTime = time::macros::datetime!(2026-04-20 08:00 UTC);

    fn created() -> Written {
        let written = Written::default();
        written.sending(&Method::PUT, GROUP);
        written.answered(&Method::PUT, GROUP, StatusCode::CREATED, NOW);
        written
    }

    #[test]
    fn what_nobody_wrote_to_a_group_of_this_run_is_not_there() {
        let written = created();
        assert!(written.is_unwritten(&IDENTITY.to_lowercase(), NOW));
        written.sending(&Method::PUT, IDENTITY);
        assert!(!written.is_unwritten(&IDENTITY.to_lowercase(), NOW), "it has been asked for");
        assert!(written.is_unwritten(&format!("{IDENTITY}/federatedIdentityCredentials/c"), NOW));
        assert!(!written.is_unwritten(GROUP, NOW), "the group itself has been written");
    }

    #[test]
    fn a_group_that_was_there_may_hold_anything() {
        let written = Written::default();
        assert!(!written.is_unwritten(IDENTITY, NOW));
        written.sending(&Method::PUT, GROUP);
        assert!(!written.is_unwritten(IDENTITY, NOW), "the answer is not known");
        written.answered(&Method::PUT, GROUP, StatusCode::OK, NOW);
        assert!(!written.is_unwritten(IDENTITY, NOW));
        written.answered(&Method::PATCH, GROUP, StatusCode::CREATED, NOW);
        written.answered(&Method::PUT, IDENTITY, StatusCode::CREATED, NOW);
        assert!(!written.is_unwritten(IDENTITY, NOW), "neither creates the group");
        assert!(
            !created().is_unwritten(&IDENTITY.replace("/S/", "/other/"), NOW),
            "a namesake in another subscription"
        );
    }

    #[test]
    fn a_group_is_no_longer_known_once_it_is_deleted_or_restored_to() {
        let written = created();
        written.sending(&Method::PATCH, GROUP);
        assert!(written.is_unwritten(IDENTITY, NOW), "its tags are not what is in it");
        written.sending(&Method::DELETE, GROUP);
        assert!(!written.is_unwritten(IDENTITY, NOW));
        let written = created();
        written.touch("s", "LAB");
        assert!(!written.is_unwritten(IDENTITY, NOW));
    }

    #[test]
    fn what_is_in_a_group_is_known_for_two_minutes_of_an_awake_machine() {
        let written = created();
        assert!(written.is_unwritten(IDENTITY, NOW + Duration::from_secs(119)));
        assert!(!written.is_unwritten(IDENTITY, NOW + Duration::from_secs(120)));
        assert!(!written.is_unwritten(IDENTITY, NOW - Duration::from_secs(1)), "a clock that was set back");
    }

    #[test]
    fn every_write_touches_its_group_and_no_other() {
        let written = Written::default();
        let deleted =
            "/subscriptions/s/providers/Microsoft.CognitiveServices/locations/l/resourceGroups/lab/deletedAccounts/a";
        written.sending(&Method::DELETE, deleted);
        assert!(written.is_touched("S", "Lab"));
        assert!(!written.is_touched("S", "Lab2") && !written.is_touched("S2", "Lab"));
    }
}
