//! Label and field selectors.

use serde_json::Value;

use super::refusal::Refusal;

/// What the labels of an object must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Labels {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    ///
    /// # Errors
    /// 400 where it is something else.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::bad_request(format!("unable to parse requirement: '{text}' is no label selector"));
        let terms = split(text).into_iter().map(str::trim).filter(|term| !term.is_empty());
        terms.map(|term| requirement(term).ok_or_else(wrong)).collect::<Result<_, _>>().map(Self)
    }

    pub fn fits(&self, labels: &Value) -> bool {
        self.0.iter().all(|Requirement { key, test }| {
            let label = labels.get(key.as_str()).and_then(Value::as_str);
            match test {
                Test::In(values) => label.is_some_and(|label| values.iter().any(|value| value == label)),
                Test::NotIn(values) => label.is_none_or(|label| !values.iter().any(|value| value == label)),
                Test::Exists => label.is_some(),
                Test::Absent => label.is_none(),
            }
        })
    }
}

/// The terms between commas, those in brackets left whole.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut terms) = (0_i32, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth <= 0 => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn requirement(term: &str) -> Option<Requirement> {
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let with = |key: &str, test: Test| is_key(key.trim()).then(|| Requirement { key: key.trim().to_owned(), test });
    let set = |rest: &str| {
        let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(inner.split(',').map(|value| value.trim().to_owned()).collect::<Vec<_>>())
    };
    if let Some((key, rest)) = term.split_once(" notin") {
        return with(key, Test::NotIn(set(rest)?));
    }
    if let Some((key, rest)) = term.split_once(" in") {
        return with(key, Test::In(set(rest)?));
    }
    if let Some((key, value)) = term.split_once("!=") {
        return with(key, Test::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = term.split_once('=') {
        return with(key, Test::In(vec![value.trim_start_matches('=').trim().to_owned()]));
    }
    match term.strip_prefix('!') {
        Some(key) => with(key, Test::Absent),
        None => with(term, Test::Exists),
    }
}

/// What fields of an object must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads `metadata.name=x,status.phase!=Running`.
    ///
    /// # Errors
    /// 400 for another form, or a field that no list goes by.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        const KNOWN: [&str; 16] = [
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.serviceAccountName",
            "spec.unschedulable",
            "spec.clusterIP",
            "spec.type",
            "status.phase",
            "status.podIP",
            "type",
            "reason",
            "involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.uid",
        ];
        let mut all = Vec::new();
        for term in text.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            let (field, equal, value) = match (term.split_once("!="), term.split_once('=')) {
                (Some((field, value)), _) => (field, false, value),
                (None, Some((field, value))) => (field, true, value.trim_start_matches('=')),
                _ => {
                    return Err(Refusal::bad_request(format!("invalid selector: '{text}'; can't understand '{term}'")));
                }
            };
            if !KNOWN.contains(&field) {
                return Err(Refusal::bad_request(format!("field label not supported: {field}")));
            }
            all.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(all))
    }

    /// And this one.
    pub fn also(&mut self, field: &str, value: &str) {
        self.0.push((field.to_owned(), true, value.to_owned()));
    }

    pub fn fits(&self, body: &Value) -> bool {
        self.0.iter().all(|(field, equal, value)| {
            let found = field.split('.').fold(body, |at, name| &at[name]);
            let found = match found {
                Value::String(text) => text.clone(),
                Value::Bool(yes) => yes.to_string(),
                _ => String::new(),
            };
            (found == *value) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_mean_what_kubectl_means_by_them() {
        let labels = json!({"app": "store", "tier": "front"});
        for (text, fits) in [
            ("", true),
            ("app=store", true),
            ("app==store,tier!=back", true),
            ("app in (shop, store),tier notin (back)", true),
            ("app,!other", true),
            ("app notin (store)", false),
            ("other", false),
            ("!app", false),
        ] {
            assert_eq!(Labels::parse(text).unwrap().fits(&labels), fits, "{text}");
        }
        for wrong in ["a in b", "=x", "a b", "(", "a in (b"] {
            assert_eq!(Labels::parse(wrong).unwrap_err().code, 400, "{wrong}");
        }
        let pod = json!({"metadata": {"name": "a"}, "status": {"phase": "Running"}});
        assert!(Fields::parse("metadata.name=a,status.phase!=Failed").unwrap().fits(&pod));
        assert!(!Fields::parse("metadata.name=b").unwrap().fits(&pod));
        assert_eq!(Fields::parse("spec.x=1").unwrap_err().code, 400);
        assert_eq!(Fields::parse("metadata.name").unwrap_err().code, 400);
    }
}
