//! The Retail Prices API: what answers at `https://prices.azure.com/api/retail/prices`. Public: it asks for no token.
//!
//! It is told from Resource Manager by the host of the request, as the data plane of Azure OpenAI is. The prices are those of
//! a small table ([`table`]); what is not in it has no price. Refusals are inferred: the page does not show any.
//!
//! Source: <https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices>.

mod filter;
mod table;

use http::header::HOST;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::arm::response::Answer;
use crate::sandbox::Sandbox;
use filter::Filter;
use table::Row;

/// Where it answers.
const API_HOST: &str = "prices.azure.com";
const PATH: &str = "/api/retail/prices";
/// Records of a page, at most.
const PAGE: usize = 1000;

/// Whether a request is addressed to the prices.
pub(crate) fn is_meant(parts: &http::request::Parts) -> bool {
    let sent = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(sent).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host.eq_ignore_ascii_case(API_HOST)
}

/// Answers a request to the prices.
pub(crate) fn answer(sandbox: &Sandbox, parts: &http::request::Parts) -> Answer {
    let page = sandbox.settings().map_or(PAGE, |settings| settings.page_size.min(PAGE));
    run(parts, page).unwrap_or_else(|(status, message)| {
        Answer::json(status, json!({"Error": {"Code": status.as_u16().to_string(), "Message": message}}))
    })
}

fn run(parts: &http::request::Parts, page: usize) -> Result<Answer, (StatusCode, String)> {
    let bad = |message: String| (StatusCode::BAD_REQUEST, message);
    if !parts.uri.path().trim_end_matches('/').eq_ignore_ascii_case(PATH) {
        return Err((StatusCode::NOT_FOUND, "Resource not found".to_owned()));
    }
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "The prices can only be read.".to_owned()));
    }
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let sent = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let currency = sent("currencyCode").unwrap_or("USD").trim_matches('\'').to_uppercase();
    let Some(rate) = table::rate(&currency) else {
        return Err(bad(format!("Currency code '{currency}' is not supported.")));
    };
    let text = sent("$filter").unwrap_or_default();
    let filter = Filter::parse(text).ok_or_else(|| bad(format!("Invalid OData parameters supplied: {text}")))?;
    let skip: usize = match sent("$skip") {
        Some(text) => text.parse().map_err(|_| bad(format!("Invalid OData parameters supplied: $skip={text}")))?,
        None => 0,
    };
    let rows: Vec<Row> = table::rows().filter(|row| filter.holds(&|field| row.field(field))).collect();
    let items: Vec<Value> = rows.iter().skip(skip).take(page).map(|row| row.shown(&currency, rate)).collect();
    let next = skip.saturating_add(page);
    let link = (next < rows.len()).then(|| {
        let mut link = url::form_urlencoded::Serializer::new(format!("https://{API_HOST}:443{PATH}?"));
        for (name, value) in query.iter().filter(|(name, _)| name != "$skip") {
            link.append_pair(name, value);
        }
        link.append_pair("$skip", &next.to_string()).finish()
    });
    Ok(Answer::ok(json!({
        "BillingCurrency": currency,
        "CustomerEntityId": "Default",
        "CustomerEntityType": "Retail",
        "Count": items.len(),
        "Items": items,
        "NextPageLink": link,
    })))
}
