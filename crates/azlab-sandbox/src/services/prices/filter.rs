//! `$filter` of the prices: `eq` and `ne` with texts, `contains`, `startswith`, `endswith`, joined by `and`, `or` and
//! parentheses. Texts are compared with regard to case, as the version 2023-01-01-preview does.

use crate::arm::filter::literal;

/// Parentheses within each other, at most.
const DEPTH: usize = 20;

/// A filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Everything passes.
    All,
    /// A field and a text.
    Is(Test, String, String),
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
}

/// How a field compares with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Unequal,
    Contains,
    Begins,
    Ends,
}

impl Filter {
    /// Reads a filter; `None` for what it does not understand.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::All);
        }
        let (filter, rest) = either(text, DEPTH)?;
        rest.trim().is_empty().then_some(filter)
    }

    /// Whether a record passes whose fields `field` tells; a field that it does not have is nothing.
    pub(super) fn holds(&self, field: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::All => true,
            Self::And(one, other) => one.holds(field) && other.holds(field),
            Self::Or(one, other) => one.holds(field) || other.holds(field),
            Self::Is(test, name, text) => {
                let have = field(name).unwrap_or_default();
                match test {
                    Test::Equal => have == *text,
                    Test::Unequal => have != *text,
                    Test::Contains => have.contains(text),
                    Test::Begins => have.starts_with(text),
                    Test::Ends => have.ends_with(text),
                }
            }
        }
    }
}

fn either(text: &str, depth: usize) -> Option<(Filter, &str)> {
    let (mut left, mut rest) = both(text, depth)?;
    while let Some(tail) = keyword(rest, "or") {
        let (right, tail) = both(tail, depth)?;
        (left, rest) = (Filter::Or(Box::new(left), Box::new(right)), tail);
    }
    Some((left, rest))
}

fn both(text: &str, depth: usize) -> Option<(Filter, &str)> {
    let (mut left, mut rest) = one(text, depth)?;
    while let Some(tail) = keyword(rest, "and") {
        let (right, tail) = one(tail, depth)?;
        (left, rest) = (Filter::And(Box::new(left), Box::new(right)), tail);
    }
    Some((left, rest))
}

fn one(text: &str, depth: usize) -> Option<(Filter, &str)> {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('(') {
        let (filter, rest) = either(inside, depth.checked_sub(1)?)?;
        return Some((filter, rest.trim_start().strip_prefix(')')?));
    }
    let (name, rest) = word(text)?;
    let function = match name.as_str() {
        "contains" => Some(Test::Contains),
        "startswith" => Some(Test::Begins),
        "endswith" => Some(Test::Ends),
        _ => None,
    };
    if let Some(test) = function {
        let (field, rest) = word(rest.trim_start().strip_prefix('(')?.trim_start())?;
        let (text, rest) = literal(rest.trim_start().strip_prefix(',')?.trim_start())?;
        return Some((Filter::Is(test, field, text), rest.trim_start().strip_prefix(')')?));
    }
    let (test, rest) = match (keyword(rest, "eq"), keyword(rest, "ne")) {
        (Some(rest), _) => (Test::Equal, rest),
        (None, Some(rest)) => (Test::Unequal, rest),
        (None, None) => return None,
    };
    let (text, rest) = literal(rest.trim_start())?;
    Some((Filter::Is(test, name, text), rest))
}

/// A name in lower case, and what follows it.
fn word(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then(|| (name.to_ascii_lowercase(), rest))
}

/// What follows a keyword.
fn keyword<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let (name, rest) = word(text.trim_start())?;
    (name == wanted).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Option<bool> {
        let field = |name: &str| match name {
            "armregionname" => Some("westeurope".to_owned()),
            "skuname" => Some("D2s v5 Spot".to_owned()),
            "productname" => Some("it's".to_owned()),
            _ => None,
        };
        Filter::parse(text).map(|filter| filter.holds(&field))
    }

    #[test]
    fn what_people_and_azlab_send_is_understood() {
        for (text, passes) in [
            ("", true),
            ("armRegionName eq 'westeurope'", true),
            ("armRegionName eq 'WestEurope'", false),
            ("armRegionName ne 'westeurope'", false),
            ("armRegionName eq 'westeurope' and contains(skuName, 'Spot')", true),
            ("armRegionName eq 'x' or armRegionName eq 'westeurope' and skuName eq 'y'", false),
            ("(armRegionName eq 'x' or armRegionName eq 'westeurope') and endswith(skuName,'Spot')", true),
            ("startswith(skuName, 'D2') and productName eq 'it''s'", true),
            ("reservationTerm eq '1 Year'", false),
        ] {
            assert_eq!(holds(text), Some(passes), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["a", "a eq", "a eq b", "a eq 'b", "(a eq 'b'", "a eq 'b')", "a gt 'b'", "contains(a)", "a eq 'b' and"]
        {
            assert_eq!(Filter::parse(text), None, "{text}");
        }
        assert_eq!(Filter::parse(&format!("{}a eq 'b'", "(".repeat(100_000))), None, "no stack is used up");
    }
}
