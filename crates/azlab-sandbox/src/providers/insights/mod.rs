//! Microsoft.Insights, as far as a lab asks: the activity log, and that nothing is measured and nothing sent anywhere, which is
//! what a fresh account tells.

mod activity;
mod api_versions;

use serde_json::{Value, json};

use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::response::Answer;
use crate::providers::authorization::checked;
use crate::state::timestamps::{plus, stamp};

/// Seconds that metrics tell of where no `timespan` is asked for: an hour.
const HOUR: f64 = 3600.0;

/// The provider.
pub(crate) struct Insights;

impl Provider for Insights {
    fn namespace(&self) -> &'static str {
        "Microsoft.Insights"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("diagnosticSettings", ""),
            ResourceType::new("metrics", ""),
            ResourceType::new("metricDefinitions", ""),
            ResourceType::new("eventtypes", ""),
        ];
        TYPES
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn extends_scopes(&self) -> bool {
        true
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, .. } = *request;
        let at = call.path.len() - inner.len() - 2;
        let scope = call.path.up_to(at);
        match inner {
            ["eventtypes", "management", "values"] if at == 2 => activity::list(request),
            ["diagnosticsettings"] => none(call, &scope, &json!({"value": []})),
            ["metricdefinitions"] => none(call, &scope, &json!({"value": []})),
            ["metrics"] => metrics(call, &scope),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}

/// An answer without entries, about a resource that exists.
fn none(call: &Call<'_>, scope: &str, body: &Value) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    checked(call, scope.to_owned())?;
    Ok(Answer::ok(body.clone()))
}

/// `GET {resource}/…/metrics`: nothing is measured, so no metric has a value.
fn metrics(call: &Call<'_>, scope: &str) -> Outcome {
    let timespan =
        call.query("timespan").unwrap_or_else(|| format!("{}/{}", stamp(plus(call.now, -HOUR)), stamp(call.now)));
    let found = call.store.get(scope)?;
    let body = json!({
        "cost": 0,
        "timespan": timespan,
        "interval": call.query("interval").unwrap_or_else(|| "PT1M".to_owned()),
        "namespace": found.as_ref().map_or(Value::Null, |it| it.body["type"].clone()),
        "resourceregion": found.as_ref().map_or_else(String::new, |it| it.location.clone()),
        "value": [],
    });
    none(call, scope, &body)
}
