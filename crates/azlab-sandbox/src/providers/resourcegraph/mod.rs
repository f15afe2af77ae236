//! Microsoft.ResourceGraph ("Resources", 2021-03-01): queries over what there is, in a part of its language.

mod api_versions;
mod expression;
mod pipeline;
mod tables;
mod tokens;

use std::sync::LazyLock;

use http::Method;
use serde_json::{Map, Value, json};

use self::pipeline::Pipeline;
use crate::arm::api_versions::ApiVersions;
use crate::arm::facts::Facts;
use crate::arm::facts::judge::Sent;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::provider::{Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::response::Answer;

/// What its bodies hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// The most rows of an answer, and how many there are unless `$top` says so (the reference of `QueryRequestOptions`).
const MOST: usize = 1000;
/// A query has at most so many bytes: what a longer one asks for is not simulated.
const LONGEST: usize = 16 * 1024;

/// The provider.
pub(crate) struct ResourceGraph;

impl Provider for ResourceGraph {
    fn namespace(&self) -> &'static str {
        "Microsoft.ResourceGraph"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[ResourceType::new("resources", "")];
        TYPES
    }

    fn bodies(&self) -> &'static [Facts] {
        FACTS.all()
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        match (request.inner, request.group) {
            (["resources"], None) if request.call.path.len() == 3 => resources(request),
            _ => Err(request.call.unknown_type(self.namespace(), request.inner)),
        }
    }
}

/// Why a query has no answer.
#[derive(Debug, PartialEq)]
enum QueryError {
    /// It is not of the language.
    Invalid(String),
    /// It is, and the sandbox does not know that part.
    NotServed(String),
}

/// `POST /providers/Microsoft.ResourceGraph/resources`
fn resources(request: &Routed<'_>) -> Outcome {
    let call = request.call;
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let asked = FACTS.judged(call, "resources", Sent::Whole)?;
    let Some(query) = asked["query"].as_str().filter(|query| !query.trim().is_empty()) else {
        return Err(Failure::bad_request("BadRequest", "Please provide a query: 'query' is required."));
    };
    if query.len() > LONGEST {
        return Err(refusal(QueryError::Invalid(format!("The query is longer than {LONGEST} bytes."))));
    }
    let options = &asked["options"];
    let number = |name: &str, short: &str| {
        options[name].as_u64().or_else(|| options[short].as_u64()).and_then(|number| usize::try_from(number).ok())
    };
    let top = number("$top", "top").unwrap_or(MOST).clamp(1, MOST);
    let token = options["$skipToken"].as_str().or_else(|| options["skipToken"].as_str());
    let skip = token.and_then(|token| token.parse().ok()).or_else(|| number("$skip", "skip")).unwrap_or(0);
    let pipeline = Pipeline::read(query).map_err(refusal)?;
    let named = asked["subscriptions"].as_array();
    let is_asked = named.is_none_or(|all| {
        all.is_empty()
            || all.iter().any(|id| id.as_str().is_some_and(|id| id.eq_ignore_ascii_case(call.subscription())))
    });
    let rows = if is_asked { tables::rows(request, &pipeline.table).map_err(refusal_of)? } else { Vec::new() };
    let rows = pipeline.run(rows).map_err(refusal)?;
    let total = rows.len();
    let page: Vec<Map<String, Value>> = rows.into_iter().skip(skip).take(top).collect();
    let mut body = json!({
        "totalRecords": total,
        "count": page.len(),
        "resultTruncated": "false",
        "facets": [],
    });
    let next = skip.saturating_add(page.len());
    if next < total && !page.is_empty() {
        body["$skipToken"] = next.to_string().into();
    }
    let is_table = options["resultFormat"].as_str().is_some_and(|format| format.eq_ignore_ascii_case("table"));
    body["data"] = if is_table { table(&page) } else { page.into_iter().map(Value::Object).collect() };
    Ok(Answer::ok(body))
}

/// Rows as columns and lists of values.
fn table(rows: &[Map<String, Value>]) -> Value {
    let names: Vec<&String> = rows.first().into_iter().flat_map(Map::keys).collect();
    let kind = |name: &str| match rows.iter().map(|row| &row[name]).find(|value| !value.is_null()) {
        Some(Value::Object(_) | Value::Array(_)) => "object",
        Some(Value::Number(_)) => "integer",
        Some(Value::Bool(_)) => "boolean",
        _ => "string",
    };
    let columns: Vec<Value> = names.iter().map(|name| json!({"name": name, "type": kind(name)})).collect();
    let rows: Vec<Vec<&Value>> = rows.iter().map(|row| names.iter().map(|name| &row[*name]).collect()).collect();
    json!({"columns": columns, "rows": rows})
}

/// Either error of a table: the query's, or the state's.
enum TableError {
    Query(QueryError),
    Failed(Failure),
}

impl From<Failure> for TableError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<rusqlite::Error> for TableError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn refusal_of(error: TableError) -> Failure {
    match error {
        TableError::Query(error) => refusal(error),
        TableError::Failed(failure) => failure,
    }
}

fn refusal(error: QueryError) -> Failure {
    match error {
        QueryError::Invalid(why) => {
            let message = "Please provide below info when asking for support: timestamp, correlationId.";
            let detail = |code: &str, message: &str| json!({"code": code, "message": message});
            Failure::bad_request("BadRequest", message)
                .detail(detail("InvalidQuery", "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."))
                .detail(detail("ParserFailure", &why))
        }
        QueryError::NotServed(what) => {
            crate::arm::elsewhere::not_served("POST Microsoft.ResourceGraph/resources", &what)
        }
    }
}
