//! Questions before an account is made ("Check Domain Availability", "Check Sku Availability").

use http::Method;
use serde_json::{Value, json};

use super::FACTS;
use super::accounts::{self, KINDS, SKU};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::regions;
use crate::arm::response::Answer;

/// What both ask about.
const TYPE: &str = "Microsoft.CognitiveServices/accounts";

/// `POST …/checkDomainAvailability`
pub(super) fn domain(call: &Call<'_>) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let asked = FACTS.judged(call, "checkDomainAvailability", Sent::Whole)?;
    let name = required(&asked, "subdomainName")?;
    check_type(required(&asked, "type")?)?;
    let taken = accounts::is_subdomain_taken(call, "", name)?;
    let reason = format!("The subdomain name '{name}' is already used. Please pick a different name.");
    Ok(Answer::ok(json!({
        "isSubdomainAvailable": !taken,
        "reason": if taken { Value::from(reason) } else { Value::Null },
        "subdomainName": name,
        "type": TYPE,
        "kind": asked["kind"],
    })))
}

/// `POST …/locations/{l}/checkSkuAvailability`
pub(super) fn sku(call: &Call<'_>, location: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    if !regions::known(location) {
        return Err(Failure::bad_request("InvalidLocation", format!("The location '{location}' is not valid.")));
    }
    let asked = FACTS.judged(call, "checkSkuAvailability", Sent::Whole)?;
    let kind = required(&asked, "kind")?;
    check_type(required(&asked, "type")?)?;
    let Some(skus) = asked["skus"].as_array() else { return Err(Failure::content("'skus' is required")) };
    let entry = |sku: &Value| {
        let sku = sku.as_str().unwrap_or_default();
        let (reason, message) = match (KINDS.contains(&kind), sku == SKU) {
            (true, true) => (Value::Null, Value::Null),
            (false, _) => ("NotAvailableForSubscription".into(), format!("The kind '{kind}' is not offered.").into()),
            (true, false) => (
                "NotAvailableForSubscription".into(),
                format!("The account type '{kind}' does not support SKU '{sku}'.").into(),
            ),
        };
        json!({"kind": kind, "type": TYPE, "skuName": sku, "skuAvailable": reason.is_null(), "reason": reason, "message": message})
    };
    let value: Vec<Value> = skus.iter().map(entry).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

fn required<'a>(asked: &'a Value, name: &str) -> Result<&'a str, Failure> {
    asked[name].as_str().ok_or_else(|| Failure::content(format!("'{name}' is required")))
}

fn check_type(kind: &str) -> Result<(), Failure> {
    if kind.eq_ignore_ascii_case(TYPE) {
        return Ok(());
    }
    // The code is inferred.
    Err(Failure::bad_request("InvalidResourceType", format!("The type '{kind}' is not valid. It must be '{TYPE}'.")))
}
