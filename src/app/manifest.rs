//! Manifests: text -> objects, or all that is wrong with them, each with its file and line.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

use super::places::{Places, documents};
use crate::kubernetes::{Kind, Object, Refusal};

/// The most text that is read of one file; the whole store demo has 13 KB.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// An object as it should be, and where that stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    /// The object.
    pub(crate) object: Object,
    /// What messages call its file; `None` for azlab's own.
    file: Option<String>,
    places: Places,
}

/// What is wrong with manifests, a line each: `manifests/app.yaml:12: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct Mistakes(pub(crate) Vec<String>);

impl Manifest {
    /// An object that azlab makes itself.
    pub(crate) fn own(object: Object) -> Self {
        Self { object, file: None, places: Places::default() }
    }

    /// Where a field of it stands, or it itself, if somebody has written it: `manifests/app.yaml:12`.
    pub(crate) fn place(&self, field: &str) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(format!("{file}:{}", self.places.line(field)))
    }

    /// Where that stands which the API server refuses.
    pub(crate) fn place_of(&self, refusal: &Refusal) -> Option<String> {
        self.place(refusal.field().unwrap_or_default())
    }
}

/// The manifests of a text that azlab brings along.
pub(super) fn own(text: &str) -> Vec<Manifest> {
    let mut mistakes = Vec::new();
    let all = read("azlab's own", text, &mut mistakes);
    debug_assert!(mistakes.is_empty(), "{mistakes:?}");
    all.into_iter().map(|manifest| Manifest { file: None, ..manifest }).collect()
}

/// The manifests of a folder: its files `*.yaml` and `*.yml`, by their names.
///
/// # Errors
/// [`Mistakes`], also for a folder without any.
pub(crate) fn of_folder(folder: &Path) -> Result<Vec<Manifest>, Mistakes> {
    let shown = folder.display();
    let unreadable = |error: std::io::Error| Mistakes(vec![format!("{shown} cannot be read: {error}")]);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    let (mut all, mut mistakes) = (Vec::<Manifest>::new(), Vec::new());
    for file in &files {
        let name = file.display().to_string();
        let text = match std::fs::metadata(file) {
            Ok(about) if about.len() > MOST_BYTES => Err(format!("{name}: it is larger than 4 MB")),
            Ok(_) => std::fs::read_to_string(file).map_err(|error| format!("{name} cannot be read: {error}")),
            Err(error) => Err(format!("{name} cannot be read: {error}")),
        };
        match text {
            Ok(text) => all.extend(read(&name, &text, &mut mistakes)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    for (index, one) in all.iter().enumerate() {
        let is_same =
            |other: &&Manifest| (other.object.kind(), other.object.name()) == (one.object.kind(), one.object.name());
        if let Some(other) = all[..index].iter().find(is_same) {
            let [here, there] = [one, other].map(|one| one.place("metadata.name").unwrap_or_default());
            mistakes.push(format!("{here}: {} is at {there} already", one.object));
        }
    }
    if all.is_empty() && mistakes.is_empty() {
        mistakes
            .push(format!("{shown} holds no manifests: no file there ends in .yaml or .yml and has an object in it"));
    }
    if mistakes.is_empty() { Ok(all) } else { Err(Mistakes(mistakes)) }
}

fn read(file: &str, text: &str, mistakes: &mut Vec<String>) -> Vec<Manifest> {
    let mut all = Vec::new();
    let mut places = documents(text).into_iter();
    for document in yaml_serde::Deserializer::from_str(text) {
        let body = match Value::deserialize(document) {
            Ok(Value::Null) => continue,
            Ok(body) => body,
            Err(error) => {
                let line = error.location().map_or(1, |location| location.line());
                mistakes.push(format!("{file}:{line}: it is not YAML that Kubernetes reads: {error}"));
                // Where the next document begins, nobody knows.
                break;
            }
        };
        let places = places.next().unwrap_or_default();
        match checked(&body) {
            Ok(kind) => all.push(Manifest { object: Object::new(kind, body), file: Some(file.to_owned()), places }),
            Err((field, mistake)) => mistakes.push(format!("{file}:{}: {mistake}", places.line(field))),
        }
    }
    all
}

/// The kind of an object that can be applied, or what is wrong with it, and where.
fn checked(body: &Value) -> Result<Kind, (&'static str, String)> {
    if !body.is_object() {
        return Err(("", "it is not an object".to_owned()));
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("/kind").ok_or(("", "it has no kind".to_owned()))?;
    let kind = Kind::named(name).ok_or_else(|| {
        let known = Kind::APPLIED.map(Kind::name).join(", ");
        ("kind", format!("azlab applies no {name}; it applies {known}"))
    })?;
    if text("/apiVersion") != Some(kind.api_version()) {
        return Err(("apiVersion", format!("the apiVersion of a {kind} is {}", kind.api_version())));
    }
    if text("/metadata/name").is_none() {
        return Err(("metadata", format!("the {kind} has no name")));
    }
    if text("/metadata/namespace").is_some() {
        let mistake = "leave the namespace out: it is that of the lab's federated credential";
        return Err(("metadata.namespace", mistake.to_owned()));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        read("a.yaml", text, &mut found);
        found
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
        for (text, says) in [
            ("---\nkind: [", "a.yaml:"),
            (&format!("{service}---\napiVersion: v1\nkind: Namespace\n"), "a.yaml:6: azlab applies no Namespace"),
            (&format!("{service}---\napiVersion: v1\n"), "a.yaml:5: it has no kind"),
            ("kind: Deployment\napiVersion: v1\n", "a.yaml:2: the apiVersion of a Deployment is apps/v1"),
            ("kind: Secret\napiVersion: v1\nmetadata:\n  labels: {}\n", "a.yaml:3: the Secret has no name"),
            (
                "kind: Secret\napiVersion: v1\nmetadata:\n  name: x\n  namespace: y\n",
                "a.yaml:5: leave the namespace out",
            ),
            ("- 1\n", "a.yaml:1: it is not an object"),
        ] {
            let found = mistakes(text);
            assert!(found.len() == 1 && found[0].starts_with(says), "{found:?}, not {says}");
        }
        assert!(mistakes(&format!("# nothing\n---\n{service}---\n")).is_empty());
    }

    #[test]
    fn what_the_api_server_refuses_is_found_in_the_file() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replica: 1\n  replicas: -1\n";
        let manifest = read("a.yaml", text, &mut Vec::new()).remove(0);
        let refusal = |message: &str, causes: &[(&str, &str)]| Refusal {
            what: String::new(),
            status: 422,
            reason: "Invalid".into(),
            message: message.into(),
            causes: causes.iter().map(|(field, why)| ((*field).to_owned(), (*why).to_owned())).collect(),
            conflicts: Vec::new(),
            place: None,
        };
        let unknown = refusal("strict decoding error: unknown field \"spec.replica\"", &[]);
        assert_eq!(manifest.place_of(&unknown).as_deref(), Some("a.yaml:5"));
        let invalid = refusal("is invalid", &[("spec.replicas", "Invalid value: -1")]);
        assert_eq!(manifest.place_of(&invalid).as_deref(), Some("a.yaml:6"));
        // In server-side apply it is told so, with 500.
        let one = "failed to create typed patch object (/a; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema";
        assert_eq!(manifest.place_of(&refusal(one, &[])).as_deref(), Some("a.yaml:5"));
        let two = "failed to create typed patch object (/a; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected \
                   numeric (int or float), got string\n  .spec.replica: field not declared in schema";
        assert_eq!(manifest.place_of(&refusal(two, &[])).as_deref(), Some("a.yaml:6"));
    }
}
