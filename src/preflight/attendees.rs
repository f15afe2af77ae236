//! Check `attendees`: those whom labs are for are in the directory, and the roles that they are to have exist. What it finds is
//! what their access is made of. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use super::attendee_roles::Roles;
use super::finding::Finding;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::graph::{Graph, Principal};
use crate::lab::attendee::{Attendee, Grant};
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::values::{agreeing, counted};

/// The check's id.
pub(crate) const ID: &str = super::attendee_roles::ID;
/// Attendees for whom somebody alike is looked for, a request each.
const MOST_SUGGESTED: usize = 20;

/// Who is who, and which role is which.
#[derive(Debug, Default)]
struct Known {
    principals: Vec<Principal>,
    /// Whether the directory may be read.
    is_readable: bool,
    roles: Roles,
}

/// Looks up whom `labs` are for, once for all of them, and fills in the access that they are to have. Where somebody cannot
/// be told, the lab's access is left open. `None` if no lab gives anybody access. Labs that have no place yet may come into any of
/// the subscriptions in `places`; [`super::attendee_roles::settle`] is for when they have one.
///
/// # Errors
/// What keeps azlab from asking at all: no sign-in, an interrupt, a network that is gone.
pub(crate) async fn settle(
    graph: &Graph,
    azure: &Azure,
    labs: &mut [LabSpec],
    places: &[String],
) -> Result<Option<Finding>, AzureError> {
    // Without roles there is nothing to look up, but what was given before may be there still.
    for lab in labs.iter_mut().filter(|lab| lab.attendee.is_some() && lab.roles.is_empty()) {
        lab.access = Some(Vec::new());
    }
    let given = |lab: &&LabSpec| lab.attendee.is_some() && !lab.roles.is_empty();
    if !labs.iter().any(|lab| given(&lab)) {
        return Ok(None);
    }
    let attendees: Vec<&Attendee> = labs.iter().filter(given).filter_map(|lab| lab.attendee.as_ref()).collect();
    let wanted: BTreeSet<&str> =
        labs.iter().filter(given).flat_map(|lab| lab.roles.iter().map(String::as_str)).collect();
    let subscriptions: BTreeSet<&str> = labs
        .iter()
        .filter(given)
        .map(|lab| lab.subscription.as_str())
        .chain(places.iter().map(String::as_str))
        .collect();
    let (known, unknown) = Known::read(graph, azure, &attendees, (&wanted, &subscriptions)).await?;
    let mut missing = unknown;
    let mut nobody = Vec::new();
    let mut seen: BTreeMap<String, &Attendee> = BTreeMap::new();
    for attendee in &attendees {
        match known.find(attendee) {
            Match::One(found) => {
                if let Some(other) = seen.insert(found.id.to_lowercase(), attendee) {
                    let (one, two) = (other.label(), attendee.label());
                    missing.push(format!("{}{two} is {one}: the same person, with two labs", place(attendee)));
                }
            }
            Match::None => nobody.push(*attendee),
            Match::Several(several) => {
                let ids: Vec<String> = several.iter().map(|one| format!("{} ({})", one.label(), one.id)).collect();
                missing.push(format!(
                    "{}{} is several: {}; write an object id",
                    place(attendee),
                    attendee.label(),
                    ids.join(", ")
                ));
            }
        }
    }
    let suggested = known.suggestions(graph, &nobody).await?;
    let finding = known.finding(attendees.len(), &nobody, &suggested, missing);
    for lab in labs.iter_mut().filter(|lab| lab.attendee.is_some() && !lab.roles.is_empty()) {
        lab.access = known.access(lab);
    }
    Ok(Some(finding))
}

/// Whom an attendee is.
enum Match<'a> {
    One(Principal),
    None,
    Several(Vec<&'a Principal>),
}

impl Known {
    /// Reads it; beside it, what is wrong with the roles.
    async fn read(
        graph: &Graph,
        azure: &Azure,
        attendees: &[&Attendee],
        (wanted, subscriptions): (&BTreeSet<&str>, &BTreeSet<&str>),
    ) -> Result<(Self, Vec<String>), AzureError> {
        let mut known = Self { is_readable: true, ..Self::default() };
        let mut unknown = Vec::new();
        for role in wanted {
            if !known.roles.read(azure, role, subscriptions).await? {
                unknown.push(format!("there is no role '{role}'"));
            }
        }
        match people(graph, attendees).await {
            Ok(principals) => known.principals = principals,
            Err(error) if is_refused(&error) => known.is_readable = false,
            Err(error) => return Err(error),
        }
        Ok((known, unknown))
    }

    fn find(&self, attendee: &Attendee) -> Match<'_> {
        if let Some(id) = &attendee.object_id {
            return match self.principals.iter().find(|one| same(&one.id, id)) {
                Some(found) => Match::One(found.clone()),
                None if self.is_readable => Match::None,
                // As the roster has it; Azure says if there is nobody.
                None => Match::One(Principal { id: id.clone(), ..Principal::default() }),
            };
        }
        let named = |name: &str| self.principals.iter().find(|one| is(&one.user_principal_name, name));
        if let Some(name) = &attendee.user_principal_name {
            return named(name).map_or(Match::None, |found| Match::One(found.clone()));
        }
        let Some(email) = attendee.email.as_deref() else { return Match::None };
        if let Some(found) = named(email) {
            return Match::One(found.clone());
        }
        let by = |fits: &dyn Fn(&&Principal) -> bool| self.principals.iter().filter(fits).collect::<Vec<_>>();
        let mut found = by(&|one| is(&one.mail, email));
        if found.is_empty() {
            found = by(&|one| one.further.iter().any(|address| address.eq_ignore_ascii_case(email)));
        }
        match found[..] {
            [] => Match::None,
            [one] => Match::One(one.clone()),
            _ => Match::Several(found),
        }
    }

    /// The access that a lab is to give; `None` if it cannot be told.
    fn access(&self, lab: &LabSpec) -> Option<Vec<Grant>> {
        let attendee = lab.attendee.as_ref()?;
        let Match::One(principal) = self.find(attendee) else { return None };
        let grant = |role: &String| {
            let (role, role_id) = self.roles.of(role, &lab.subscription)?.clone();
            let (who, principal_id) = (attendee.label().to_owned(), principal.id.clone());
            Some(Grant { who, principal_id, kind: principal.kind, role, role_id })
        };
        lab.roles.iter().map(grant).collect()
    }

    /// Who `nobody` may have been meant to be, by label.
    async fn suggestions(&self, graph: &Graph, nobody: &[&Attendee]) -> Result<BTreeMap<String, String>, AzureError> {
        let mut suggested = BTreeMap::new();
        if !self.is_readable {
            return Ok(suggested);
        }
        for attendee in nobody.iter().take(MOST_SUGGESTED) {
            let start = attendee.address().and_then(|address| address.split('@').next()).unwrap_or_default();
            let name = attendee.name.as_deref();
            if start.is_empty() && name.is_none() {
                continue;
            }
            match graph.like(name, if start.is_empty() { name.unwrap_or_default() } else { start }).await {
                Ok(alike) => {
                    if let Some(first) = alike.first() {
                        suggested.insert(attendee.label().to_owned(), first.label().to_owned());
                    }
                }
                Err(error @ (AzureError::SignIn(_) | AzureError::Interrupted)) => return Err(error),
                // A suggestion is no more than that.
                Err(_) => {}
            }
        }
        Ok(suggested)
    }

    fn finding(
        &self,
        count: usize,
        nobody: &[&Attendee],
        suggested: &BTreeMap<String, String>,
        mut wrong: Vec<String>,
    ) -> Finding {
        if nobody.is_empty() && wrong.is_empty() {
            let how = if self.is_readable {
                "in the directory"
            } else {
                "taken by object id, since you may not read the directory"
            };
            return Finding::pass(ID, format!("{} {} {how}", counted(count, "attendee"), agreeing(count, "is", "are")));
        }
        if !self.is_readable {
            let lines: Vec<String> = nobody.iter().map(|one| format!("{}{}", place(one), one.label())).collect();
            let message = format!(
                "you may not read the directory, so {} cannot be looked up:\n  {}",
                counted(nobody.len(), "attendee"),
                [lines, wrong].concat().join("\n  ")
            );
            let hint = "write their object ids into the roster (column object_id), ask for the directory role Directory Readers, or \
                        give nobody access: [access] roles = []";
            return Finding::fail(ID, "DirectoryUnreadable", message, hint);
        }
        let lines = nobody.iter().map(|one| {
            let near = suggested.get(one.label()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("{}{} is not in the directory{near}", place(one), one.label())
        });
        let all: Vec<String> = lines.chain(std::mem::take(&mut wrong)).collect();
        let message = match &all[..] {
            [only] => only.clone(),
            all => format!("access cannot be given as asked, {}:\n  {}", counted(all.len(), "error"), all.join("\n  ")),
        };
        let hint = "correct the roster; who is of another organization is invited as a guest first (Entra admin center, Users, Invite \
                    external user); to give nobody access: [access] roles = []";
        Finding::fail(ID, "AttendeeNotFound", message, hint)
    }
}

/// Where an attendee is named, before what is said of them.
fn place(attendee: &Attendee) -> String {
    if attendee.place.is_empty() { String::new() } else { format!("{}: ", attendee.place) }
}

fn is(text: &Option<String>, other: &str) -> bool {
    text.as_deref().is_some_and(|text| text.to_lowercase() == other.to_lowercase())
}

/// Whether the directory refuses to be read, for want of a permission of Graph.
fn is_refused(error: &AzureError) -> bool {
    error.service().is_some_and(|error| error.status == http::StatusCode::FORBIDDEN)
}

/// Everybody who may be one of `attendees`: by object id, then by address; who is not found so, by a further address, and at
/// last as a group.
async fn people(graph: &Graph, attendees: &[&Attendee]) -> Result<Vec<Principal>, AzureError> {
    let ids: Vec<&str> = attendees.iter().filter_map(|one| one.object_id.as_deref()).collect();
    let by_name = || attendees.iter().filter(|one| one.object_id.is_none());
    let addresses: Vec<&str> =
        by_name().filter_map(|one| one.user_principal_name.as_deref().or(one.email.as_deref())).collect();
    let mut found = graph.by_ids(&ids).await?;
    found.extend(graph.by_addresses(&addresses).await?);
    for further in [true, false] {
        let known = Known { principals: found, is_readable: true, ..Known::default() };
        let open = by_name().filter(|one| matches!(known.find(one), Match::None));
        let open: Vec<&str> = open.filter_map(|one| one.email.as_deref()).collect();
        let more = if further { graph.by_further_addresses(&open).await? } else { graph.groups(&open).await? };
        found = known.principals;
        found.extend(more);
    }
    Ok(found)
}
