//! The addresses that a cloud's load balancer would give.

use serde_json::{Value, json};

use super::stand_in::{Change, Drawn, Step};

/// From a Service's creation until it has an address: least and most seconds.
const ADDRESS_S: (f64, f64) = (5.0, 20.0);

/// What happens to a Service next; `None` where nothing does.
pub(super) fn next(service: &Value, drawn: &Drawn<'_>) -> Option<Step> {
    let has_address =
        service["status"]["loadBalancer"]["ingress"].as_array().is_some_and(|ingress| !ingress.is_empty());
    if service["spec"]["type"] != "LoadBalancer" || has_address || !drawn.has_address() {
        return None;
    }
    let status = json!({"loadBalancer": {"ingress": [{"ip": drawn.address([20, 61]), "ipMode": "VIP"}]}});
    let after_s = drawn.between("address", ADDRESS_S);
    Some(Step { what: "address".into(), after_s, change: Change::Status(status) })
}
