//! What a look at a lab shows, as results tell it: its state, its resources, whose it is and until when.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lab::lease::Lease;
use crate::lab::tags::{self, Tags};
use crate::outcome::LabState;
use crate::outcome::state::{About, AtWork, ResourceReport, ResourceState};
use crate::recipe::inspection::Inspection;
use crate::recipe::look::Item;
use crate::values::{ResourceKind, Writer};

/// The state of a lab.
pub(super) fn state(seen: &Inspection) -> LabState {
    match (&seen.group, seen.is_ready(), seen.is_paused()) {
        (None, ..) => LabState::Absent,
        (_, true, false) => LabState::Ready,
        (_, true, true) => LabState::Paused,
        (_, false, _) => LabState::Incomplete,
    }
}

/// Each resource of a lab, and what it has besides.
pub(super) fn resources(seen: &Inspection) -> Vec<ResourceReport> {
    let of_items = seen.items.iter().map(|item| report(item, seen.is_paused()));
    of_items.chain(seen.extra.iter().map(|extra| extra.item().report())).collect()
}

/// A resource as scripts see it; the cluster of a paused lab is as it should be, and does not run.
fn report(item: &Item, is_paused: bool) -> ResourceReport {
    let report = item.report();
    let is_paused = is_paused && item.kind == ResourceKind::Cluster && report.state == ResourceState::Ready;
    if is_paused { ResourceReport { state: ResourceState::Paused, ..report } } else { report }
}

/// Whose it is, and since and until when, to the run `writer` at `now`.
pub(super) fn about(seen: &Inspection, writer: Option<&Writer>, now: OffsetDateTime) -> About {
    let tags = Tags::read(seen.group.as_ref().and_then(|group| group.tags.as_ref()));
    let tag = |name: &str| tags.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let created = seen.contents.iter().filter_map(|one| one.created_time).min();
    let expires_at = tag(tags::EXPIRES);
    let text = |at| tags::moment_text(at).unwrap_or_default();
    let busy = writer.and_then(|writer| Lease::of_another(&tags, writer, now)).map(|lease| AtWork {
        since: text(lease.since),
        renewed: text(lease.renewed),
        command: lease.command,
        by: lease.by,
    });
    let expires = expires_at.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    About {
        workshop: tag(tags::WORKSHOP),
        owner: tag(tags::OWNER),
        created_at: created.and_then(|at| at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()),
        age_s: created.map(|at| u64::try_from((now - at).whole_seconds()).unwrap_or_default()),
        expires_at,
        expires_in_s: expires.map(|at| (at - now).whole_seconds()),
        paused_at: tag(tags::PAUSED).filter(|_| seen.is_paused()),
        busy,
    }
}
