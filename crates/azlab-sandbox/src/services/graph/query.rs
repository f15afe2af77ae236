//! A request to Graph, taken apart: path, `$filter`, `$select`, `$top`.

use axum::http::Uri;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::errors::GraphError;

/// Objects in a page unless `$top` says otherwise (Graph's default).
const PAGE: usize = 100;
/// The most that `$top` may ask for.
const MAX_PAGE: usize = 999;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Query {
    segments: Vec<String>,
    /// `$filter`.
    pub filter: Option<String>,
    select: Option<Vec<String>>,
    top: Option<usize>,
    skip: usize,
}

impl Query {
    /// Takes a request to `/graph/{version}/…` apart.
    pub fn parse(uri: &Uri) -> Result<Self, GraphError> {
        let mut segments = Vec::new();
        for part in uri.path().split('/').filter(|part| !part.is_empty()).skip(1) {
            let part = percent_encoding::percent_decode_str(part)
                .decode_utf8()
                .map_err(|_| GraphError::bad_request("The request URI cannot be decoded."))?;
            // `users('x')` is `users/x`.
            match part.strip_suffix(')').and_then(|part| part.split_once('(')) {
                Some((collection, key)) => segments.extend([collection.to_owned(), key.trim_matches('\'').to_owned()]),
                None => segments.push(part.into_owned()),
            }
        }
        let mut query = Self { segments, filter: None, select: None, top: None, skip: 0 };
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "$filter" => query.filter = Some(value.into_owned()),
                "$select" => query.select = Some(value.split(',').map(|name| name.trim().to_owned()).collect()),
                "$top" => query.top = Some(number(&name, &value, 1, MAX_PAGE)?),
                "$skiptoken" => query.skip = number(&name, &value, 0, usize::MAX)?,
                _ => {}
            }
        }
        Ok(query)
    }

    /// The segments below `/graph`; a key in parentheses is a segment of its own.
    pub fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The properties that `$select` names, or all.
    pub fn select(&self, body: Value) -> Value {
        match (&self.select, body) {
            (Some(names), Value::Object(body)) => {
                let named = |name: &String| name.starts_with("@odata.") || names.iter().any(|wanted| wanted == name);
                Value::Object(body.into_iter().filter(|(name, _)| named(name)).collect::<Map<_, _>>())
            }
            (_, body) => body,
        }
    }

    /// This page of `all`, and the query of the next one.
    pub fn page(&self, all: Vec<Value>) -> (Vec<Value>, Option<String>) {
        let size = self.top.unwrap_or(PAGE);
        let end = self.skip.saturating_add(size);
        let next = (all.len() > end).then(|| {
            let mut next = form_urlencoded::Serializer::new(String::new());
            if let Some(filter) = &self.filter {
                next.append_pair("$filter", filter);
            }
            if let Some(select) = &self.select {
                next.append_pair("$select", &select.join(","));
            }
            if let Some(top) = self.top {
                next.append_pair("$top", &top.to_string());
            }
            next.append_pair("$skiptoken", &end.to_string());
            next.finish()
        });
        (all.into_iter().skip(self.skip).take(size).collect(), next)
    }
}

fn number(name: &str, value: &str, least: usize, most: usize) -> Result<usize, GraphError> {
    let number = value.parse().ok().filter(|number| (least..=most).contains(number));
    number
        .ok_or_else(|| GraphError::bad_request(&format!("Invalid value '{value}' specified for {name} query option.")))
}
