//! An object, as it is kept.

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use crate::state::timestamps::{Millis, time_of};

/// An object and when its controller looks at it next.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub kind: &'static Kind,
    pub body: Value,
    pub due: Option<Millis>,
}

impl Object {
    pub fn name(&self) -> &str {
        self.meta("name")
    }

    /// Empty for what is of the whole cluster.
    pub fn namespace(&self) -> &str {
        self.meta("namespace")
    }

    pub fn uid(&self) -> &str {
        self.meta("uid")
    }

    fn meta(&self, name: &str) -> &str {
        self.body["metadata"][name].as_str().unwrap_or_default()
    }

    /// The version of its last change.
    pub fn version(&self) -> i64 {
        self.meta("resourceVersion").parse().unwrap_or_default()
    }

    pub fn generation(&self) -> i64 {
        self.body["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    /// The uid of the controller that owns it, else of whoever owns it first.
    pub fn controller(&self) -> Option<&str> {
        let owners = self.body["metadata"]["ownerReferences"].as_array()?;
        let chosen = owners.iter().find(|owner| owner["controller"] == true).or_else(|| owners.first());
        chosen?["uid"].as_str()
    }

    pub fn is_deleting(&self) -> bool {
        self.body["metadata"]["deletionTimestamp"].is_string()
    }

    pub fn finalizers(&self) -> Vec<&str> {
        let listed = self.body["metadata"]["finalizers"].as_array();
        listed.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        member_mut(&mut self.body, "metadata")
    }

    /// The status, made where there is none.
    pub fn status_mut(&mut self) -> &mut Map<String, Value> {
        member_mut(&mut self.body, "status")
    }

    /// `apiVersion`, `kind`, `name` and `uid`, as what it controls names it.
    pub fn as_controller(&self) -> Value {
        json!({
            "apiVersion": self.kind.api_version(),
            "kind": self.kind.kind,
            "name": self.name(),
            "uid": self.uid(),
            "controller": true,
            "blockOwnerDeletion": true,
        })
    }
}

/// The object that `of` has as `name`; anything else in its place is replaced.
pub(super) fn member_mut<'a>(of: &'a mut Value, name: &str) -> &'a mut Map<String, Value> {
    if !of.is_object() {
        *of = json!({});
    }
    let place = &mut of[name];
    if !place.is_object() {
        *place = json!({});
    }
    match place {
        Value::Object(map) => map,
        _ => unreachable!("it was made one"),
    }
}

/// A moment as Kubernetes writes it: in seconds.
pub(super) fn stamp(at: Millis) -> String {
    let time = time_of(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The moment that a stamp tells.
pub(super) fn moment(stamp: &Value) -> Option<Millis> {
    let time = time::OffsetDateTime::parse(stamp.as_str()?, &time::format_description::well_known::Rfc3339).ok()?;
    Some(crate::state::timestamps::millis(time))
}
