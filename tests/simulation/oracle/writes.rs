//! Nothing is created or written twice: counted by what took effect in the service, whatever became of the answers.

use std::collections::BTreeMap;

use azlab::sandbox::LoggedRequest;
use http::Method;
use time::OffsetDateTime;

use super::{Invariant, Violation};

/// PUTs that took effect, by resource, since it was last deleted or another command was given.
#[derive(Default)]
pub struct Writes {
    count: BTreeMap<String, usize>,
}

fn resource(request: &LoggedRequest) -> String {
    request.path.split('?').next().unwrap_or_default().to_lowercase()
}

impl Writes {
    /// Something else is asked for from now on.
    pub fn forget(&mut self) {
        self.count.clear();
    }

    /// Counts what `log` shows; `most` is how many times a resource may be written.
    pub fn judge(&mut self, log: &[LoggedRequest], most: usize) -> Vec<Violation> {
        let mut twice = Vec::new();
        for request in log {
            if !request.reached.is_some_and(|status| status.is_success()) {
                continue;
            }
            let id = resource(request);
            if request.method == Method::DELETE {
                self.count.retain(|written, _| written != &id && !written.starts_with(&format!("{id}/")));
            }
            if request.method != Method::PUT {
                continue;
            }
            let count = self.count.entry(id).or_default();
            *count += 1;
            if *count == most + 1 {
                let what = format!("{} was written {count} times", resource(request));
                twice.push(Invariant::NothingTwice.broken(what));
            }
        }
        twice
    }
}

/// One writer per parent: no run writes below an account or an identity while its last write there is not answered.
pub fn one_writer(log: &[LoggedRequest]) -> Option<Violation> {
    let mut until: BTreeMap<String, OffsetDateTime> = BTreeMap::new();
    for request in log.iter().filter(|request| request.is_write()) {
        let path = resource(request);
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
