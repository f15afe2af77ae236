//! Server-side apply, under azlab's own name.

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Map, Value, json};

use super::cluster::{Cluster, read};
use super::error::Error;
use super::object::Object;
use super::ownership;

/// azlab's name among the managers of fields.
pub(crate) const MANAGER: &str = "azlab";

/// How an object is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Apply {
    /// The server says what would come of it, and keeps nothing.
    pub(crate) is_dry: bool,
    /// What others have set is set all the same.
    pub(crate) force: bool,
}

/// What an apply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It was not there.
    Created,
    /// It was there, and something of it changed.
    Updated,
    /// It was as it should be.
    Unchanged,
}

impl Cluster {
    /// Applies `object`, which was found as `before`.
    ///
    /// # Errors
    /// [`Error::Refused`] with conflicts where somebody else has set a field to another value, unless that is forced.
    pub(crate) async fn apply(
        &self,
        object: &Object,
        before: Option<&Object>,
        how: Apply,
    ) -> Result<(Written, Object), Error> {
        let params = PatchParams {
            dry_run: how.is_dry,
            force: how.force,
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default().validation_strict()
        };
        let sent = self.api(object.kind()).patch(object.name(), &params, &Patch::Apply(object.body())).await;
        let after = read(object.kind(), &sent.map_err(|error| Error::of(&object.to_string(), error))?)?;
        let written = match before {
            None => Written::Created,
            Some(before) if before.uid() != after.uid() => Written::Created,
            Some(before) if is_same(object, before, &after) => Written::Unchanged,
            Some(_) => Written::Updated,
        };
        Ok((written, after))
    }

    /// Takes over what `managers` have set in `object`, as it was read: those fields are azlab's from then on, so that the apply that
    /// follows removes what it does not have. Gives the object as it is afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] with 409 if it was changed since it was read.
    pub(crate) async fn take_over(&self, object: &Object, managers: &[&str]) -> Result<Object, Error> {
        let Some(fields) = ownership::taken_over(object, MANAGER, managers) else { return Ok(object.clone()) };
        // With the version that was read, so that nothing that is written in the meantime is lost. kubectl's own record of what it
        // applied goes too: its next apply would take fields for removed that it never had.
        let patch = json!({"metadata": {
            "resourceVersion": object.version(),
            "managedFields": fields,
            "annotations": {LAST_APPLIED: null},
        }});
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let api = self.api(object.kind());
        let sent = api.patch(object.name(), &params, &Patch::<Value>::Merge(patch)).await;
        let after: DynamicObject = sent.map_err(|error| Error::of(&object.to_string(), error))?;
        read(object.kind(), &after)
    }
}

/// Where `kubectl apply` keeps what it has applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether an apply of `wanted` changed nothing. The version alone does not tell: it moves when a controller writes a status between
/// the look and the apply, and stays in a dry run whatever would change. So the values of what is applied are compared, and which fields
/// are azlab's, since an apply also removes what it no longer has.
fn is_same(wanted: &Object, before: &Object, after: &Object) -> bool {
    let fields = |object| ownership::applied(object, MANAGER);
    fields(before) == fields(after) && are_alike(wanted.body(), before.body(), after.body())
}

/// Whether `before` and `after` have the same values where `wanted` has any. A list counts as one value.
fn are_alike(wanted: &Value, before: &Value, after: &Value) -> bool {
    match (wanted, before, after) {
        (Value::Object(wanted), Value::Object(before), Value::Object(after)) => wanted.iter().all(|(key, below)| {
            let of = |object: &Map<String, Value>| object.get(key).cloned().unwrap_or_default();
            are_alike(below, &of(before), &of(after))
        }),
        _ => before == after,
    }
}
