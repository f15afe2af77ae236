//! The request limits of AKS (azure-facts.md, section 3).

use http::{Method, StatusCode};

use crate::arm::failure::Failure;
use crate::arm::limit::{Limit, Metered};

/// The limit that a request counts on; all callers share it.
pub(super) fn of(request: &Metered<'_>) -> Limit {
    let path = || request.path(request.inner.len());
    let grouped = request.segments.contains(&"resourcegroups");
    let (key, size, refill) = match (request.inner, request.method) {
        (["managedclusters"], _) if grouped => (format!("list/{}", path()), 60.0, 1.0),
        (["managedclusters"], _) => ("list".to_owned(), 500.0, 1.0),
        (["managedclusters", _], &Method::PUT) => (format!("put/{}", path()), 20.0, 1.0 / 60.0),
        (["managedclusters", _], &Method::GET) => (format!("get/{}", path()), 60.0, 1.0),
        (["locations", region, "operations" | "operationresults", _], _) => {
            (format!("operations/{region}"), 200.0, 2.0)
        }
        _ => ("other".to_owned(), 60.0, 1.0),
    };
    Limit { key: format!("aks/{key}"), size, refill, refusal }
}

fn refusal(_seconds: &str) -> Failure {
    let message = "The request is throttled by the resource provider. Please try again later.";
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "Throttled", message).flat()
}
