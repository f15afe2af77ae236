//! One request, taken apart: path segments, query, body, the moment it arrived, and the store it works on.

use std::cell::{Cell, RefCell};

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::conditions::Conditions;
use super::failure::Failure;
use super::host::Served;
use super::json_object::Object;
use super::{api_versions, elsewhere};
use crate::state::operations::Operation;
use crate::state::pace::Pace;
use crate::state::settings::Settings;
use crate::state::store::{Resource, Store, kind};
use crate::state::timestamps::Millis;

/// A decoded path: ids compare without regard to case, names keep theirs.
#[derive(Debug)]
pub(crate) struct Path {
    segments: Vec<String>,
    lower: Vec<String>,
}

impl Path {
    /// Decodes a path; empty segments are skipped, as ARM does.
    pub fn parse(path: &str) -> Result<Self, Failure> {
        let mut segments = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let decoded = percent_encoding::percent_decode_str(part).decode_utf8().map_err(|_| bad_url())?;
            if decoded.contains(['/', '\\']) || decoded.chars().any(char::is_control) {
                return Err(bad_url());
            }
            segments.push(decoded.into_owned());
        }
        let lower = segments.iter().map(|segment| segment.to_lowercase()).collect();
        Ok(Self { segments, lower })
    }

    /// The segments in lower case, for matching.
    pub fn lower(&self) -> Vec<&str> {
        self.lower.iter().map(String::as_str).collect()
    }

    /// A segment as the caller wrote it; empty if there is none.
    pub fn raw(&self, at: usize) -> &str {
        self.segments.get(at).map_or("", String::as_str)
    }

    /// `/a/b/c` of the first `count` segments, as the caller wrote them.
    pub fn up_to(&self, count: usize) -> String {
        self.segments.iter().take(count).fold(String::new(), |path, segment| path + "/" + segment)
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.segments.len()
    }
}

fn bad_url() -> Failure {
    Failure::bad_request("InvalidRequestUri", "The request URI is malformed: a path segment cannot be decoded.")
        .gateway()
}

/// A request within its transaction.
pub(crate) struct Call<'a> {
    pub method: &'a Method,
    pub path: &'a Path,
    /// The path as sent, for links.
    pub raw_path: &'a str,
    /// The query as sent, for signed polling URLs.
    pub raw_query: &'a str,
    pub body: &'a [u8],
    pub conditions: Conditions<'a>,
    /// Scheme and authority under which the service was reached, for polling URLs.
    pub base: &'a str,
    /// By whom the request was received, if it came over a socket.
    pub served: Option<&'a Served>,
    pub now: Millis,
    pub pace: Pace,
    pub store: Store<'a>,
    pub settings: &'a Settings,
    /// What the active scenario changes of a provider's data, by type.
    pub overrides: &'a http::Extensions,
    /// The caller's object id.
    pub principal: &'a str,
    /// The operations that the request has begun.
    pub started: RefCell<Vec<Operation>>,
    /// Whether a read has changed the state, which is then kept.
    pub changed: Cell<bool>,
}

impl Call<'_> {
    /// A query parameter, by name without regard to case.
    pub fn query(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.raw_query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// Whether the request changes something.
    pub fn writes(&self) -> bool {
        !matches!(*self.method, Method::GET | Method::HEAD)
    }

    /// The body, a JSON object, as `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if self.body.is_empty() {
            return Err(Failure::bad_request(
                "MissingRequestBody",
                "The request body is missing. Please provide a valid JSON object.",
            ));
        }
        let Object(body) = serde_json::from_slice(self.body).map_err(Failure::content)?;
        Ok(body)
    }

    /// The body as a JSON object.
    pub fn object(&self) -> Result<Value, Failure> {
        self.parse()
    }

    /// A member of the body, by its name without regard to case; of several the last one counts.
    pub fn member(&self, name: &str) -> Option<Value> {
        let Ok(Value::Object(all)) = self.object() else { return None };
        all.into_iter().rfind(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The date of the `api-version` that was asked for.
    pub fn version(&self) -> String {
        self.query("api-version").unwrap_or_default()
    }

    /// The id of the subscription that the request is for.
    pub fn subscription(&self) -> &str {
        self.store.subscription
    }

    /// The moment at which so many seconds of the service will have passed.
    pub fn later(&self, seconds: f64) -> Millis {
        self.pace.after(self.now, seconds)
    }

    /// The resource group that a request names.
    pub fn group(&self, name: &str) -> Result<Resource, Failure> {
        self.store
            .get(&format!("/subscriptions/{}/resourcegroups/{name}", self.subscription()))?
            .filter(|found| found.kind == kind::GROUP)
            .ok_or_else(|| Failure::group_missing(name))
    }

    /// The refusal of a method that a path does not take.
    pub fn method_not_allowed(&self) -> Failure {
        Failure::new(
            http::StatusCode::METHOD_NOT_ALLOWED,
            "HttpMethodNotSupported",
            format!("The HTTP method '{}' is not supported at scope '{}'.", self.method, self.path.up_to(usize::MAX)),
        )
        .gateway()
    }

    /// The refusal of a type that the namespace does not have, or that the sandbox does not simulate; `inner` is what follows
    /// the namespace in the path.
    pub fn unknown_type(&self, namespace: &str, inner: &[&str]) -> Failure {
        // What stands last is meant: a type of one provider below a resource of another is not the other's.
        let last = self.path.lower().iter().rposition(|segment| *segment == "providers").map(|at| at + 2);
        let at = last.unwrap_or(0).max(self.path.len() - inner.len());
        let namespace = if at == 0 { namespace } else { self.path.raw(at - 1) };
        let types: Vec<&str> = (at..self.path.len()).step_by(2).map(|at| self.path.raw(at)).collect();
        if let Some(other) = elsewhere::namespace(namespace) {
            return elsewhere::not_served(&format!("{} {other}/{}", self.method, types.join("/")), "");
        }
        if let Some(known) = elsewhere::type_named(namespace, &types.join("/")) {
            return elsewhere::not_served(&format!("{} {namespace}/{known}", self.method), "");
        }
        api_versions::invalid_type(namespace, &types.join("/"), &self.version(), "")
    }
}
