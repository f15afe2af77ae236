//! What there is of a lab as a whole, and the command that corrects it.

use super::work::Work;
use crate::follow_up::FollowUp;
use crate::recipe::group;

/// What there is of a lab as a whole, which decides what puts it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// Nothing, or its group is going.
    Absent,
    /// A group that azlab has made or adopted.
    Ours,
    /// A group that is somebody's.
    Foreign,
}

/// What there is of the lab of `work` as a whole; `None` if that cannot be read.
pub(crate) async fn whole(work: &Work) -> Option<Whole> {
    let lab = &work.lab;
    let found = work.ctx.azure.group(&lab.group).await.ok()?;
    Some(match found.filter(|found| !group::is_going(found)) {
        None => Whole::Absent,
        Some(found) if group::claim(&found, lab, false).is_ok() => Whole::Ours,
        Some(_) => Whole::Foreign,
    })
}

/// What puts a lab right that lacks something. `is_busy` if the service is at work on it.
pub(crate) fn cure(whole: Whole, is_busy: bool) -> (&'static str, FollowUp) {
    match whole {
        Whole::Absent => ("create it", FollowUp::make()),
        _ if is_busy => ("wait until it is ready", FollowUp::wait()),
        Whole::Ours => ("repair it", FollowUp::repair()),
        Whole::Foreign => ("take it over", FollowUp::take_over()),
    }
}
