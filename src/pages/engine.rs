//! The template engine, as all pages use it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// How many of the engine's instructions a page takes at most: some hundred times what a class of 1,000 labs needs, and a second or
/// two of work. A host's own template may have loops that go on for years.
const MOST_WORK: u64 = 20_000_000;

/// Fills `template` with `context`. Every value is escaped for HTML (which is XML's rule as well); a name that the context does
/// not have is an error.
///
/// # Errors
/// What is wrong with the template, with its line.
pub(super) fn render(name: &str, template: &str, context: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(MOST_WORK));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template(name, template)?;
    environment.get_template(name)?.render(Serde(context))
}

/// What stands in a policy for one inline script or style: its hash.
pub(super) fn inline_source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// The Content-Security-Policy of a page: nothing is loaded from anywhere, no form is sent, and of scripts the one that
/// `template` has runs.
pub(super) fn policy(template: &str) -> String {
    let script = template.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
    let script = script.map(|(script, _)| format!("; script-src {}", inline_source(script)));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'{}",
        script.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_escaped() {
        let context = serde_json::json!({"name": "<script>alert('x')</script> & \"y\""});
        let page = render("page", "<b title=\"{{ name }}\">{{ name }}</b>", &context).unwrap();
        assert!(!page.contains("<script>") && !page.contains("\"y\"") && !page.contains("'x'"), "{page}");
    }

    #[test]
    fn loops_without_an_end_in_sight_end() {
        let forever = "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}{% endfor %}{% endfor %}{% endfor %}";
        let ended = render("page", forever, &serde_json::json!({"name": 1})).unwrap_err();
        assert_eq!(ended.kind(), minijinja::ErrorKind::OutOfFuel, "{ended}");
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error() {
        assert!(render("page", "{{ nmae }}", &serde_json::json!({"name": 1})).is_err());
    }
}
