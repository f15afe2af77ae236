//! A request, taken apart: what it is about, and its query.

use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::kinds::{ABSENT_GROUPS, ABSENT_KINDS, Kind};
use super::refusal::Refusal;

/// A request to a cluster's API server.
pub(super) struct Request<'a> {
    pub method: &'a Method,
    /// The path below the API server's address, decoded, in segments.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: &'a http::HeaderMap,
    pub body: &'a [u8],
}

/// What a request is about.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub kind: &'static Kind,
    /// Empty: all namespaces, or the cluster.
    pub namespace: String,
    /// Empty: the collection.
    pub name: String,
    /// Empty: the object itself.
    pub subresource: String,
}

impl<'a> Request<'a> {
    /// # Errors
    /// 400 where the path is no text.
    pub fn parse(
        method: &'a Method,
        path: &str,
        query: &str,
        headers: &'a http::HeaderMap,
        body: &'a [u8],
    ) -> Result<Self, Refusal> {
        let mut segments = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let decoded = percent_encoding::percent_decode_str(part)
                .decode_utf8()
                .map_err(|_| Refusal::bad_request("the path is not UTF-8"))?;
            segments.push(decoded.into_owned());
        }
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { method, path: segments, query, headers, body })
    }

    /// A parameter of the query; empty counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// A parameter that is yes or no.
    pub fn flag(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| matches!(value, "true" | "1"))
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.parameter(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| Refusal::bad_request(format!("{name} is a number, and not '{text}'")))?;
        Ok(Some(number))
    }

    /// Whether nothing is to be kept of what is done.
    ///
    /// # Errors
    /// 400: the only way not to do it is to do none of it.
    pub fn dry_run(&self) -> Result<bool, Refusal> {
        match self.parameter("dryRun") {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => {
                let message = format!("dryRun: Unsupported value: \"{other}\": supported values: \"All\"");
                Err(Refusal::new(422, "Invalid", message))
            }
        }
    }

    /// The type of the body, without its parameters.
    pub fn content_type(&self) -> &str {
        let sent = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        sent.split(';').next().unwrap_or_default().trim()
    }

    /// What the caller would like to get.
    pub fn accept(&self) -> &str {
        self.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Who makes the change: the parameter, else the beginning of the caller's own name, as the API server does.
    pub fn manager(&self) -> String {
        let agent = || {
            let agent = self.headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
            agent.unwrap_or_default().split('/').next().unwrap_or_default()
        };
        let name: String = self.parameter("fieldManager").unwrap_or_else(agent).chars().take(128).collect();
        if name.is_empty() { "unknown".to_owned() } else { name }
    }

    /// What the path is about.
    ///
    /// # Errors
    /// 404 for a path that the API server does not have; 501 for one that only a real one has.
    pub fn address(&self) -> Result<Address, Refusal> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let (group, version, rest) = match path.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return Err(Refusal::no_such_resource()),
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, plural, rest @ ..]
                if Kind::find(group, version, plural).is_some() || !matches!(*plural, "status" | "finalize") =>
            {
                (*namespace, [&[*plural], rest].concat())
            }
            rest => ("", rest.to_vec()),
        };
        let Some((plural, rest)) = rest.split_first() else { return Err(Refusal::no_such_resource()) };
        let Some(kind) = Kind::find(group, version, plural) else { return Err(absent(group, plural)) };
        if !namespace.is_empty() && !kind.namespaced {
            return Err(Refusal::no_such_resource());
        }
        let at = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        let address = Address { kind, namespace: namespace.to_owned(), name: at(0), subresource: at(1) };
        // An object has a namespace, if its kind is in one.
        if rest.len() > 2 || (kind.namespaced && namespace.is_empty() && !address.name.is_empty()) {
            let further = kind.kind == "Pod" && matches!(at(1).as_str(), "proxy");
            return Err(if further { Refusal::not_implemented("pods/proxy") } else { Refusal::no_such_resource() });
        }
        if !address.subresource.is_empty() && !kind.subresources.contains(&address.subresource.as_str()) {
            const OF_PODS: [&str; 9] = [
                "attach",
                "binding",
                "ephemeralcontainers",
                "eviction",
                "exec",
                "portforward",
                "proxy",
                "resize",
                "log",
            ];
            let known = (kind.kind == "Pod" && OF_PODS.contains(&address.subresource.as_str()))
                || (matches!(kind.kind, "Service" | "Node") && address.subresource == "proxy");
            return Err(match known {
                true => Refusal::not_implemented(&format!("{}/{}", kind.plural, address.subresource)),
                false => Refusal::no_such_resource(),
            });
        }
        Ok(address)
    }
}

fn absent(group: &str, plural: &str) -> Refusal {
    if ABSENT_GROUPS.contains(&group) {
        return Refusal::not_implemented(&format!("the API group {group}"));
    }
    if matches!(group, "" | "apps" | "authorization.k8s.io" | "authentication.k8s.io") && ABSENT_KINDS.contains(&plural)
    {
        return Refusal::not_implemented(&format!("the resource {plural}"));
    }
    Refusal::no_such_resource()
}
