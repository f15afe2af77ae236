//! Which requests the faults of an act met, told from the request log alone.

use azlab_sandbox::LoggedRequest;
use http::StatusCode;

use super::drive::Ran;
use super::faults::{How, Trouble};

/// Why a resource may be written once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// The operation that the request began was made to fail.
    Undone,
    /// What the request created does not show for a while: only the next run may take it for absent.
    Hidden,
}

/// What the faults of one act did to its requests.
pub struct MatchedFault {
    /// The act's first request, as a place in the log of all.
    from: usize,
    excuses: Vec<Option<Excuse>>,
}

impl MatchedFault {
    /// Counts as the sandbox does: `troubles` are tried in their order, and the first that is due takes the request.
    pub fn of(troubles: &[Trouble], from: usize, log: &[LoggedRequest]) -> Self {
        let mut left: Vec<(usize, usize)> = troubles.iter().map(|one| (one.skip, one.times)).collect();
        let mut meet = |request: &LoggedRequest| {
            let path = request.path.to_lowercase();
            for (trouble, (skip, times)) in troubles.iter().zip(&mut left) {
                let is_meant = *times > 0
                    && trouble.method.as_ref().is_none_or(|only| *only == request.method)
                    && path.contains(&trouble.path.to_lowercase());
                match (is_meant, *skip) {
                    (false, _) => {}
                    (true, 0) => {
                        *times -= 1;
                        return excuse(&trouble.how, request);
                    }
                    (true, _) => *skip -= 1,
                }
            }
            None
        };
        Self { from, excuses: log.iter().map(&mut meet).collect() }
    }

    /// Nothing went wrong.
    pub fn nothing() -> Self {
        Self { from: 0, excuses: Vec::new() }
    }

    /// Whether something does not show yet.
    pub fn hides(&self) -> bool {
        self.excuses.contains(&Some(Excuse::Hidden))
    }

    /// The requests of a run, each with what it excuses.
    pub fn requests<'a>(&'a self, ran: &'a Ran) -> impl Iterator<Item = (&'a LoggedRequest, Option<Excuse>)> {
        let excuse = |place: &usize| *self.excuses.get(place.checked_sub(self.from)?)?;
        ran.log.iter().zip(ran.places.iter().map(excuse))
    }
}

/// What a fault that met this request excuses. One that took no effect, or began nothing, leaves nothing to be done again.
fn excuse(how: &How, request: &LoggedRequest) -> Option<Excuse> {
    let reached = request.reached?;
    let has_state = !request.path.to_lowercase().contains("/roleassignments/");
    match how {
        How::Ends(..) | How::RegionFull(_) if reached.is_success() && has_state => Some(Excuse::Undone),
        How::Late(_) if reached == StatusCode::CREATED => Some(Excuse::Hidden),
        _ => None,
    }
}
