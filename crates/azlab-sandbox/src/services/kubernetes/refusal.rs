//! What the API server says when it does not do what it is asked: a `Status`.

use serde_json::{Value, json};

use super::kinds::Kind;

/// A request that is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

/// One cause of a refusal: its reason, its message, the field.
pub(super) type Cause = (&'static str, String, String);

impl Refusal {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn of(code: u16, reason: &'static str, kind: &Kind, name: &str, message: String) -> Self {
        let mut details = json!({"kind": kind.plural});
        if !name.is_empty() {
            details["name"] = name.into();
        }
        if !kind.group.is_empty() {
            details["group"] = kind.group.into();
        }
        Self { code, reason, message, details }
    }

    pub fn not_found(kind: &Kind, name: &str) -> Self {
        Self::of(404, "NotFound", kind, name, format!("{} \"{name}\" not found", kind.key()))
    }

    /// A path that leads to no kind of object.
    pub fn no_such_resource() -> Self {
        Self { details: json!({}), ..Self::new(404, "NotFound", "the server could not find the requested resource") }
    }

    pub fn already_exists(kind: &Kind, name: &str) -> Self {
        Self::of(409, "AlreadyExists", kind, name, format!("{} \"{name}\" already exists", kind.key()))
    }

    /// The object is another than the caller has seen.
    pub fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.key());
        Self::of(409, "Conflict", kind, name, message)
    }

    pub fn modified(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let what = if name.is_empty() { kind.key() } else { format!("{} \"{name}\"", kind.key()) };
        Self::of(403, "Forbidden", kind, name, format!("{what} is forbidden: {why}"))
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self { details: json!({}), ..Self::new(405, "MethodNotAllowed", message) }
    }

    /// What a real API server does and this one does not.
    pub fn not_implemented(what: &str) -> Self {
        let message = format!("the sandbox's API server does not have {what} (docs/sandbox.md lists what it has)");
        Self::new(501, "NotImplemented", message)
    }

    /// An object with values that are not allowed.
    pub fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let said: Vec<String> = causes.iter().map(|(_, message, field)| format!("{field}: {message}")).collect();
        let said = if said.len() == 1 { said.concat() } else { format!("[{}]", said.join(", ")) };
        let qualified =
            if kind.group.is_empty() { kind.kind.to_owned() } else { format!("{}.{}", kind.kind, kind.group) };
        let mut refusal = Self::of(422, "Invalid", kind, name, format!("{qualified} \"{name}\" is invalid: {said}"));
        refusal.details["kind"] = kind.kind.into();
        refusal.details["causes"] = causes
            .iter()
            .map(|(reason, message, field)| json!({"reason": reason, "message": message, "field": field}))
            .collect();
        refusal
    }

    pub fn with_details(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// The `Status` that tells it.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: the sandbox's database failed: {error}"))
    }
}
