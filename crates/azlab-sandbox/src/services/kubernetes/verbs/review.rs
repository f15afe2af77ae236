//! What the caller may do, and who the caller is.

use serde_json::json;

use super::super::access::{Asked, Caller};
use super::super::body::read_object;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::world::World;

pub(super) fn answer(
    world: &World<'_>,
    caller: &Caller,
    request: &Request<'_>,
    address: &Address,
) -> Result<Reply, Refusal> {
    if *request.method != http::Method::POST || !address.name.is_empty() {
        return Err(Refusal::method_not_allowed());
    }
    let mut body = read_object(request, address)?;
    body["kind"] = address.kind.kind.into();
    body["apiVersion"] = address.kind.api_version().into();
    match address.kind.kind {
        "SelfSubjectReview" => {
            body["status"] = json!({"userInfo": {"username": caller.name, "groups": caller.groups}});
        }
        "SelfSubjectRulesReview" => {
            let everything = caller.allows(world, &Asked::everything())?;
            let rules = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
            body["status"] = json!({
                "resourceRules": if everything { rules } else { json!([]) },
                "nonResourceRules": [],
                // What roles in Azure allow is not listed by rules.
                "incomplete": !everything,
            });
        }
        _ => {
            let attributes = &body["spec"]["resourceAttributes"];
            let text = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
            let allowed = match attributes.is_object() {
                false => true,
                true => {
                    let asked = Asked {
                        verb: text("verb"),
                        group: text("group"),
                        resource: text("resource"),
                        namespace: text("namespace"),
                    };
                    caller.allows(world, &asked)?
                }
            };
            body["status"] = json!({"allowed": allowed});
        }
    }
    Ok(Reply::json(201, body))
}
