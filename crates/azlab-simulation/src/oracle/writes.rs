//! Nothing is created or written twice: counted by what took effect in the service, whatever became of the answers.

use std::collections::BTreeMap;

use azlab_sandbox::LoggedRequest;
use http::Method;
use time::OffsetDateTime;

use super::lease::is_write_of_lease;
use super::{Invariant, Violation};
use crate::matched_fault::Excuse;

/// PUTs and PATCHes that took effect, each by resource, since it was last deleted or another command was given.
#[derive(Default)]
pub struct Writes {
    count: BTreeMap<(String, String), Count>,
}

/// How often one resource was written.
#[derive(Default)]
struct Count {
    written: usize,
    /// How often it may be written beside the first time.
    excused: usize,
    /// The same, from the next run on.
    excused_later: usize,
}

fn resource(request: &LoggedRequest) -> String {
    request.path.split('?').next().unwrap_or_default().to_lowercase()
}

impl Writes {
    /// Something else is asked for from now on.
    pub fn forget(&mut self) {
        self.count.clear();
    }

    /// Counts what a run sent, each request with what a fault that met it excuses: a resource may be written once more for
    /// each such fault that met a write of itself.
    pub fn judge<'a>(&mut self, requests: impl Iterator<Item = (&'a LoggedRequest, Option<Excuse>)>) -> Vec<Violation> {
        let mut twice = Vec::new();
        for (request, excuse) in requests {
            if !request.reached.is_some_and(|status| status.is_success()) {
                continue;
            }
            let id = resource(request);
            if request.method == Method::DELETE {
                self.count.retain(|(written, _), _| written != &id && !written.starts_with(&format!("{id}/")));
            }
            // The lease has a judge of its own. What is applied to a cluster by the server changes nothing the second time.
            let is_applied = request.path.starts_with("/apis/") || request.path.starts_with("/api/");
            if !matches!(request.method, Method::PUT | Method::PATCH) || is_applied || is_write_of_lease(request) {
                continue;
            }
            let count = self.count.entry((id, request.method.to_string())).or_default();
            count.written += 1;
            if count.written == count.excused + 2 {
                let what = format!("{} was written {} times by {}", resource(request), count.written, request.method);
                twice.push(Invariant::NothingTwice.broken(what));
            }
            match excuse {
                Some(Excuse::Undone) => count.excused += 1,
                Some(Excuse::Hidden) => count.excused_later += 1,
                None => {}
            }
        }
        for count in self.count.values_mut() {
            count.excused += std::mem::take(&mut count.excused_later);
        }
        twice
    }
}

/// The requests of a run with the deletions of another one between them, in the order in which they arrived: who waits until
/// a group that the other deletes has gone creates it again, and rightly so.
pub fn with_deletions<'a>(
    own: impl Iterator<Item = (&'a LoggedRequest, Option<Excuse>)>,
    other: &'a [LoggedRequest],
) -> impl Iterator<Item = (&'a LoggedRequest, Option<Excuse>)> {
    let deletions = other.iter().filter(|request| request.method == Method::DELETE).map(|request| (request, None));
    let mut all: Vec<_> = own.chain(deletions).collect();
    all.sort_by_key(|(request, _)| request.at);
    all.into_iter()
}

/// One writer per parent: no run writes below an account or an identity while its last write there is not answered.
pub fn one_writer(log: &[LoggedRequest]) -> Option<Violation> {
    let mut until: BTreeMap<String, OffsetDateTime> = BTreeMap::new();
    for request in log.iter().filter(|request| request.is_write()) {
        let path = resource(request);
        // A model is asked by its deployment, and a cluster takes writes of many objects at once.
        if !path.starts_with("/subscriptions/") {
            continue;
        }
        let child = ["/deployments/", "/federatedidentitycredentials/"].iter().find_map(|kind| path.find(kind));
        let Some(parent) = child.map(|at| path[..at].to_owned()) else { continue };
        if until.get(&parent).is_some_and(|until| request.at < *until) {
            return Some(Invariant::NothingTwice.broken(format!("two writes at once below {parent}")));
        }
        // Longer than this nobody waits for an answer.
        let answered = request.answered.filter(|at| *at - request.at < time::Duration::seconds(119));
        until.insert(parent, answered.unwrap_or(request.at));
    }
    None
}
