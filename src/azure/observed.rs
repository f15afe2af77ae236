//! A resource as a GET gives it, and the PUT that changes a few of its fields. The SDK makes the request and reads the answer;
//! the body is the JSON of the GET, because a PUT takes fields that it leaves out back to their defaults, and the service has
//! fields that are younger than the SDK's models (docs/field-notes.md).

use bytes::Bytes;
use http::HeaderValue;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::body::parse;
use super::error::Error;

/// A resource as a GET gave it.
#[derive(Clone, Debug)]
pub struct Observed<T> {
    /// What the SDK's model makes of it.
    pub(crate) model: T,
    json: Value,
}

impl<T: DeserializeOwned> Observed<T> {
    /// Reads the body of the answer to a GET of `what`.
    ///
    /// # Errors
    /// [`Error::Answer`] if it does not fit the model, or is an error in the place of a resource: whoever stands between may
    /// have changed the status, and a model whose fields are all optional fits anything.
    pub fn read(what: &str, body: &[u8]) -> Result<Self, Error> {
        let json: Value = parse(what, body)?;
        if json.get("error").is_some_and(Value::is_object) && json.get("id").is_none() {
            return Err(Error::answer(what, "it is an error, and its status is that of a success"));
        }
        Ok(Self { model: parse(what, body)?, json })
    }
}

impl<T> Observed<T> {
    /// An update that changes nothing yet.
    pub fn into_update(self) -> Update<T> {
        Update { model: self.model, json: self.json }
    }
}

/// The body of a PUT in the making: the JSON of the GET with the changes to it.
#[derive(Clone, Debug)]
pub struct Update<T> {
    model: T,
    json: Value,
}

impl<T> Update<T> {
    /// Sets the field at a JSON pointer (RFC 6901, names without `/` and `~`), with the objects that lead to it. An item that
    /// a list does not have is left out.
    pub(crate) fn set(&mut self, pointer: &str, value: impl Into<Value>) {
        let mut at = &mut self.json;
        for name in pointer.split('/').skip(1) {
            at = match at {
                Value::Array(all) => {
                    let item = name.parse::<usize>().ok().and_then(|index| all.get_mut(index));
                    let Some(item) = item else { return };
                    item
                }
                other => {
                    if !other.is_object() {
                        *other = json!({});
                    }
                    &mut other[name]
                }
            };
        }
        *at = value.into();
    }

    /// Removes the field at a pointer; `*` stands for every item of a list, and every value of an object.
    pub(crate) fn remove(&mut self, pointer: &str) {
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        remove(&mut self.json, &path);
    }

    /// What is sent: without the fields that the service alone writes (`read_only`, as in [`Self::remove`]).
    pub(super) fn without(mut self, read_only: &[&str]) -> Outgoing<T> {
        let etag = ["eTag", "etag"].iter().find_map(|name| self.json.get(name)?.as_str()).map(str::to_owned);
        read_only.iter().for_each(|pointer| self.remove(pointer));
        let body = Replacement { body: Bytes::from(self.json.to_string()), if_match: None };
        Outgoing { model: self.model, etag, body }
    }
}

fn remove(value: &mut Value, path: &[&str]) {
    match (path, value) {
        ([name], Value::Object(fields)) => {
            fields.remove(*name);
        }
        (["*", rest @ ..], Value::Array(all)) => all.iter_mut().for_each(|item| remove(item, rest)),
        (["*", rest @ ..], Value::Object(fields)) => fields.values_mut().for_each(|item| remove(item, rest)),
        ([name, rest @ ..], Value::Object(fields)) => {
            if let Some(field) = fields.get_mut(*name) {
                remove(field, rest);
            }
        }
        _ => {}
    }
}

/// An update that is about to leave.
pub(super) struct Outgoing<T> {
    /// What the SDK is asked to send.
    pub(crate) model: T,
    /// What is sent in its place.
    pub(crate) body: Replacement,
    etag: Option<String>,
}

impl<T> Outgoing<T> {
    /// Demands that nobody has written since: 412 if somebody has. For services that take `If-Match`.
    pub(crate) fn if_unchanged(mut self) -> Self {
        self.body.if_match = self.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok());
        self
    }
}

/// What leaves in place of the body that the SDK wrote.
#[derive(Clone, Debug)]
pub(crate) struct Replacement {
    /// JSON.
    pub(crate) body: Bytes,
    /// The etag of what is replaced.
    pub(crate) if_match: Option<HeaderValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(json: Value) -> Update<()> {
        Update { model: (), json }
    }

    #[test]
    fn a_field_is_set_with_the_objects_that_lead_to_it() {
        let mut update = update(json!({"a": [{"x": 1}, {"x": 2, "y": 3}], "b": null}));
        update.set("/a/1/x", 5);
        update.set("/a/7/x", 5);
        update.set("/b/c/d", true);
        assert_eq!(update.json, json!({"a": [{"x": 1}, {"x": 5, "y": 3}], "b": {"c": {"d": true}}}));
    }

    #[test]
    fn read_only_fields_are_left_out_of_lists_and_maps_and_nothing_beside_them() {
        let all = json!({"id": 1, "eTag": "e", "a": [{"id": 1, "x": 2}], "m": {"k": {"id": 1, "y": {"id": 4}}}});
        let outgoing = update(all).without(&["/id", "/eTag", "/a/*/id", "/m/*/id", "/absent/id"]).if_unchanged();
        let sent: Value = serde_json::from_slice(&outgoing.body.body).expect("JSON");
        assert_eq!(sent, json!({"a": [{"x": 2}], "m": {"k": {"y": {"id": 4}}}}));
        assert_eq!(outgoing.body.if_match.expect("an etag"), "e");
    }
}
