//! `$filter`: conjunctions of `name eq 'value'` and calls such as `atScope()`.

use super::call::Call;
use super::failure::Failure;

/// One condition.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// `name eq 'value'`; the name in lower case.
    Equals(String, String),
    /// `name()` or `name('argument')`; the name in lower case.
    Function(String, String),
}

/// The conditions of the request's `$filter`; none if it has no filter.
pub(crate) fn terms(call: &Call<'_>) -> Result<Vec<Term>, Failure> {
    let Some(filter) = call.query("$filter").filter(|filter| !filter.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    parse(&filter).ok_or_else(|| invalid(&filter))
}

/// The refusal of a filter that the operation does not know.
pub(crate) fn invalid(filter: &str) -> Failure {
    Failure::bad_request(
        "InvalidFilterInQueryString",
        format!("Invalid $filter '{filter}' specified in the query string."),
    )
    .gateway()
}

fn parse(text: &str) -> Option<Vec<Term>> {
    let mut terms = Vec::new();
    let mut rest = text.trim();
    loop {
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '/' && c != '_').unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        let tail = tail.trim_start();
        let after = if let Some(inside) = tail.strip_prefix('(') {
            let inside = inside.trim_start();
            let (argument, after) = if inside.starts_with('\'') { literal(inside)? } else { (String::new(), inside) };
            terms.push(Term::Function(name.to_lowercase(), argument));
            after.trim_start().strip_prefix(')')?
        } else {
            let (keyword, value) = tail.split_at_checked(2)?;
            if !keyword.eq_ignore_ascii_case("eq") {
                return None;
            }
            let (value, after) = literal(value.trim_start())?;
            terms.push(Term::Equals(name.to_lowercase(), value));
            after
        };
        let after = after.trim_start();
        if after.is_empty() {
            return Some(terms);
        }
        let (keyword, tail) = after.split_at_checked(4)?;
        if !keyword.eq_ignore_ascii_case("and ") {
            return None;
        }
        rest = tail.trim_start();
    }
}

/// A quoted literal, in which a quote is doubled, and what follows it.
pub(crate) fn literal(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (head, tail) = rest.split_once('\'')?;
        value.push_str(head);
        match tail.strip_prefix('\'') {
            Some(tail) => {
                value.push('\'');
                rest = tail;
            }
            None => return Some((value, tail)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Term, parse};

    #[test]
    fn conjunctions_quotes_and_functions_are_understood() {
        let equals = |name: &str, value: &str| Term::Equals(name.into(), value.into());
        assert_eq!(
            parse("tagName eq 'a''b' and tagValue EQ 'x y'"),
            Some(vec![equals("tagname", "a'b"), equals("tagvalue", "x y")])
        );
        assert_eq!(
            parse("atScope() and principalId eq 'p'"),
            Some(vec![Term::Function("atscope".into(), String::new()), equals("principalid", "p")])
        );
    }

    #[test]
    fn nonsense_is_refused_not_guessed() {
        for text in
            ["", "a", "a eq", "a eq 'b", "a eq b", "a ne 'b'", "a eq 'b' or c eq 'd'", "f(", "é eq 'x'", "a eq 'b' é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
