//! Why the Pods of a StatefulSet are not created. A Deployment has a condition that says so; of a StatefulSet its controller's events
//! alone tell (Kubernetes, `pkg/controller/statefulset/stateful_pod_control.go`).

use kube::api::ListParams;

use super::cluster::Cluster;
use super::error::Error;
use super::kind::Kind;
use super::object::Object;
use super::workload::Condition;

/// The reason of an event, and that of the condition.
const FAILED: &str = "FailedCreate";

impl Cluster {
    /// What the controller of `set` said the last time that it created something for it, if that failed. `None` too where events may not
    /// be read.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn failed_creation(&self, set: &Object) -> Result<Option<Condition>, Error> {
        let uid = set.uid().unwrap_or_default();
        let fields = format!("involvedObject.kind={},involvedObject.uid={uid}", set.kind());
        let events = match self.list_by(Kind::Event, ListParams::default().fields(&fields)).await {
            Ok(events) => events,
            Err(error) if error.refusal().is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(last(&events))
    }
}

/// The failure that the last event of a creation tells.
fn last(events: &[Object]) -> Option<Condition> {
    let at = |event: &Object| {
        let said = event.text("/lastTimestamp").or_else(|| event.text("/eventTime"));
        (said.unwrap_or_default().to_owned(), event.text("/reason") == Some(FAILED))
    };
    let is_of_creation = |event: &&Object| event.text("/reason").is_some_and(|reason| reason.ends_with("Create"));
    let latest = events.iter().filter(is_of_creation).max_by_key(|event| at(event))?;
    (latest.text("/reason") == Some(FAILED)).then(|| Condition {
        kind: "ReplicaFailure".to_owned(),
        is_true: true,
        reason: FAILED.to_owned(),
        message: latest.text("/message").unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_creation_tells_whether_it_failed() {
        let event = |reason: &str, at: &str, message: &str| {
            Object::new(Kind::Event, json!({"reason": reason, "lastTimestamp": at, "message": message}))
        };
        let said = |events: &[Object]| last(events).map(|one| one.message);
        let failed = event(FAILED, "2026-11-30T10:00:00Z", "quota");
        assert_eq!(said(std::slice::from_ref(&failed)), Some("quota".to_owned()));
        let created = event("SuccessfulCreate", "2026-11-30T10:00:01Z", "created");
        assert_eq!(said(&[created, failed.clone()]), None);
        let deleted = event("SuccessfulDelete", "2026-11-30T10:00:02Z", "deleted");
        assert_eq!(said(&[failed, deleted]), Some("quota".to_owned()));
        assert_eq!(said(&[]), None);
    }
}
