//! `$filter` of Graph: comparisons joined by `and`, `or`, `not` and parentheses.
//!
//! Known are `p eq 'x'`, `p ne 'x'`, `p in ('x', 'y')`, `startswith(p, 'x')` and `ps/any(v:v eq 'x')`. Text compares without
//! regard to case, as in the directory.

use serde_json::Value;

use super::errors::GraphError;
use crate::arm::filter::literal;

/// How deep parentheses and `not` may nest: what comes in is not ours.
const DEPTH: usize = 16;

/// A condition on an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// `p eq 'x'`
    Equals(String, String),
    /// `startswith(p, 'x')`
    StartsWith(String, String),
    /// `ps/any(v:v eq 'x')`
    Any(String, String),
    /// `not …`
    Not(Box<Self>),
    /// `… and …`
    And(Vec<Self>),
    /// `… or …`
    Or(Vec<Self>),
}

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, GraphError> {
        let mut parser = Parser { rest: text.trim() };
        parser
            .either(DEPTH)
            .filter(|_| parser.rest.is_empty())
            .ok_or_else(|| GraphError::bad_request(&format!("Invalid filter clause: '{text}' cannot be read.")))
    }

    /// The one id that the filter asks for, if that is all it does.
    pub fn only_id(&self) -> Option<&str> {
        match self {
            Self::Equals(property, value) if matches!(property.as_str(), "id" | "appId") => Some(value),
            Self::Any(property, value) if property == "servicePrincipalNames" => Some(value),
            _ => None,
        }
    }

    /// The addresses that it names: what is looked up by them may be there without being in a list.
    pub fn addresses(&self) -> Vec<&str> {
        match self {
            Self::Equals(property, value) if matches!(property.as_str(), "mail" | "userPrincipalName") => vec![value],
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::addresses).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it holds for an object.
    pub fn holds(&self, object: &Value) -> Result<bool, GraphError> {
        let text = |property: &str| match object.get(property) {
            Some(Value::String(text)) => Ok(text.to_lowercase()),
            Some(Value::Null) => Ok(String::new()),
            _ => Err(GraphError::unsupported_filter(property)),
        };
        Ok(match self {
            Self::Equals(property, value) => text(property)? == value.to_lowercase(),
            Self::StartsWith(property, value) => text(property)?.starts_with(&value.to_lowercase()),
            Self::Any(property, value) => {
                let all = object.get(property).and_then(Value::as_array);
                let all = all.ok_or_else(|| GraphError::unsupported_filter(property))?;
                all.iter().filter_map(Value::as_str).any(|one| one.to_lowercase() == value.to_lowercase())
            }
            Self::Not(inner) => !inner.holds(object)?,
            Self::And(all) => {
                for one in all {
                    if !one.holds(object)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Or(all) => {
                for one in all {
                    if one.holds(object)? {
                        return Ok(true);
                    }
                }
                false
            }
        })
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn either(&mut self, depth: usize) -> Option<Filter> {
        let mut all = vec![self.both(depth)?];
        while self.keyword("or") {
            all.push(self.both(depth)?);
        }
        if all.len() > 1 { Some(Filter::Or(all)) } else { all.pop() }
    }

    fn both(&mut self, depth: usize) -> Option<Filter> {
        let mut all = vec![self.one(depth)?];
        while self.keyword("and") {
            all.push(self.one(depth)?);
        }
        if all.len() > 1 { Some(Filter::And(all)) } else { all.pop() }
    }

    fn one(&mut self, depth: usize) -> Option<Filter> {
        let depth = depth.checked_sub(1)?;
        if self.keyword("not") {
            return Some(Filter::Not(Box::new(self.one(depth)?)));
        }
        if self.symbol('(') {
            let inner = self.either(depth)?;
            return self.symbol(')').then_some(inner);
        }
        let name = self.name()?;
        if name.eq_ignore_ascii_case("startswith") && self.symbol('(') {
            let property = self.name()?;
            let value = if self.symbol(',') { self.literal()? } else { return None };
            return self.symbol(')').then_some(Filter::StartsWith(property, value));
        }
        if let Some(collection) = name.strip_suffix("/any") {
            return self.any(collection);
        }
        if self.keyword("eq") {
            return Some(Filter::Equals(name, self.literal()?));
        }
        if self.keyword("ne") {
            return Some(Filter::Not(Box::new(Filter::Equals(name, self.literal()?))));
        }
        if self.keyword("in") && self.symbol('(') {
            let mut all = vec![Filter::Equals(name.clone(), self.literal()?)];
            while self.symbol(',') {
                all.push(Filter::Equals(name.clone(), self.literal()?));
            }
            return self.symbol(')').then_some(Filter::Or(all));
        }
        None
    }

    /// `(v:v eq 'x')`
    fn any(&mut self, collection: &str) -> Option<Filter> {
        let variable = if self.symbol('(') { self.name()? } else { return None };
        let value = (self.symbol(':') && self.name()? == variable && self.keyword("eq")).then(|| self.literal())??;
        self.symbol(')').then(|| Filter::Any(collection.to_owned(), value))
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(symbol) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let Some((head, rest)) = self.rest.split_at_checked(keyword.len()) else { return false };
        if !head.eq_ignore_ascii_case(keyword) || rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/') {
            return false;
        }
        self.rest = rest.trim_start();
        true
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '_');
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// A quoted literal, in which a quote is doubled.
    fn literal(&mut self) -> Option<String> {
        let (value, rest) = literal(self.rest)?;
        self.rest = rest.trim_start();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: &str) -> bool {
        let object = json!({"id": "ab", "appId": "cd", "displayName": "It's", "servicePrincipalNames": ["cd", "x"]});
        Filter::parse(filter).unwrap().holds(&object).unwrap()
    }

    #[test]
    fn what_az_asks_is_understood() {
        for (filter, expected) in [
            ("servicePrincipalNames/any(c:c eq 'CD')", true),
            ("servicePrincipalNames/any(c:c eq 'ab')", false),
            ("appId eq 'cd'", true),
            ("id in ('x', 'ab')", true),
            ("startswith(displayName,'it''s')", true),
            ("displayName eq 'it' or id eq 'ab'", true),
            ("displayName eq 'it' or id eq 'ab' and appId eq 'x'", false),
            ("(displayName eq 'it' or id eq 'ab') and not (appId ne 'cd')", true),
        ] {
            assert_eq!(holds(filter), expected, "{filter}");
        }
        assert_eq!(Filter::parse("servicePrincipalNames/any(c:c eq 'z')").unwrap().only_id(), Some("z"));
        assert_eq!(Filter::parse("appId eq 'z' and id eq 'y'").unwrap().only_id(), None);
    }

    #[test]
    fn nonsense_is_refused_not_guessed() {
        let deep = format!("{}id eq 'x'{}", "(".repeat(10_000), ")".repeat(10_000));
        for text in
            ["", "id", "id eq", "id eq 'x", "id eq x", "id gt 'x'", "ids/any(a:b eq 'x')", "id eq 'x' id", "é", &deep]
        {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse("colour eq 'red'").unwrap().holds(&json!({"id": "x"})).is_err());
    }
}
