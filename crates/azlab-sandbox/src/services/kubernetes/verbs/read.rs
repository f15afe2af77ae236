//! `GET`: one object, or a list with its selectors and pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::reply::{Content, Reply};
use super::super::request::{Address, Request};
use super::super::selectors::{Fields, Labels};
use super::super::table;
use super::super::world::World;

/// Which objects a request means.
#[derive(Clone, Debug)]
pub(in crate::services::kubernetes) struct Selection {
    labels: Labels,
    fields: Fields,
}

impl Selection {
    /// # Errors
    /// 400 for a selector that cannot be read.
    pub fn of(request: &Request<'_>) -> Result<Self, Refusal> {
        let text = |name: &str| request.parameter(name).unwrap_or_default();
        Ok(Self { labels: Labels::parse(text("labelSelector"))?, fields: Fields::parse(text("fieldSelector"))? })
    }

    pub fn fits(&self, body: &Value) -> bool {
        self.labels.fits(&body["metadata"]["labels"]) && self.fields.fits(body)
    }

    /// Only the object of that name.
    #[must_use]
    pub fn of_name(mut self, name: &str) -> Self {
        self.fields.also("metadata.name", name);
        self
    }
}

/// `GET …/{plural}/{name}`
pub(super) fn one(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let found = world.get(address.kind, &address.namespace, &address.name)?;
    let object = found.ok_or_else(|| Refusal::not_found(address.kind, &address.name))?;
    if let Some(form) = table::asked(request) {
        let version = object.version();
        let table = table::table(world, address.kind, &[object.body], version, form);
        return Ok(Reply { content: Content::Json(table), ..Reply::ok(Value::Null) });
    }
    Ok(Reply::ok(object.body))
}

/// `GET …/{plural}`
pub(super) fn list(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let kind = address.kind;
    let selection = Selection::of(request)?;
    let limit = request.number("limit")?.filter(|limit| *limit > 0).and_then(|limit| usize::try_from(limit).ok());
    let version = world.version()?;
    let (after, listed) = match request.parameter("continue") {
        None => (String::new(), version),
        Some(token) => read_token(token)?,
    };
    if listed < version - super::super::world::REMEMBERED {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new \
                       list without the continue parameter, or use the continue token in this response to retrieve the \
                       remainder of the results.";
        return Err(Refusal::new(410, "Expired", message));
    }
    let mut items: Vec<Value> = world
        .list(kind, &address.namespace)?
        .into_iter()
        .map(|it| it.body)
        .filter(|body| selection.fits(body))
        .collect();
    items.retain(|body| place(body) > after);
    let mut metadata = json!({"resourceVersion": listed.to_string()});
    if let Some(limit) = limit
        && items.len() > limit
    {
        metadata["remainingItemCount"] = (items.len() - limit).into();
        items.truncate(limit);
        metadata["continue"] = token(&items.last().map(place).unwrap_or_default(), listed).into();
    }
    if let Some(form) = table::asked(request) {
        let mut table = table::table(world, kind, &items, listed, form);
        table["metadata"] = metadata;
        return Ok(Reply::ok(table));
    }
    for item in &mut items {
        // Entries of a list do not say what they are.
        if let Some(item) = item.as_object_mut() {
            item.remove("kind");
            item.remove("apiVersion");
        }
    }
    Ok(Reply::ok(json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": metadata,
        "items": items,
    })))
}

/// Where an object stands in a list.
fn place(body: &Value) -> String {
    let text = |name: &str| body["metadata"][name].as_str().unwrap_or_default().to_owned();
    format!("{}\u{0}{}", text("namespace"), text("name"))
}

fn token(after: &str, version: i64) -> String {
    URL_SAFE_NO_PAD.encode(json!([after, version]).to_string())
}

fn read_token(token: &str) -> Result<(String, i64), Refusal> {
    let read = || {
        let (after, version): (String, i64) = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        Some((after, version))
    };
    read().ok_or_else(|| Refusal::bad_request("continue key is not valid: it is not one that a list has given"))
}
