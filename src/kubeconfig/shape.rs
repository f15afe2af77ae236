//! What kubectl takes for a kubeconfig: the types of what it knows, which its loader insists on (client-go, *clientcmd/api/v1*).
//! What it does not know it passes over; null it takes for what is left out.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use yaml_serde::{Mapping, Value};

use super::entry::{Kind, name_of};
use super::malformed::Malformed;

/// The type of something.
#[derive(Clone, Copy)]
enum Type {
    Text,
    /// Base64, as Go reads bytes of JSON: with padding, line breaks passed over.
    Data,
    Truth,
    Texts,
    /// Texts, or lists of texts, by name.
    Table(&'static Self),
    Map(&'static [(&'static str, Type)]),
    Maps(&'static [(&'static str, Type)]),
}

use Type::{Data, Map, Maps, Table, Text, Texts, Truth};

const EXTENSIONS: (&str, Type) = ("extensions", Maps(&[("name", Text)]));

const CLUSTER: &[(&str, Type)] = &[
    ("server", Text),
    ("tls-server-name", Text),
    ("insecure-skip-tls-verify", Truth),
    ("certificate-authority", Text),
    ("certificate-authority-data", Data),
    ("proxy-url", Text),
    ("disable-compression", Truth),
    EXTENSIONS,
];

const USER: &[(&str, Type)] = &[
    ("client-certificate", Text),
    ("client-certificate-data", Data),
    ("client-key", Text),
    ("client-key-data", Data),
    ("token", Text),
    ("tokenFile", Text),
    ("as", Text),
    ("as-uid", Text),
    ("as-groups", Texts),
    ("as-user-extra", Table(&Texts)),
    ("username", Text),
    ("password", Text),
    ("auth-provider", Map(&[("name", Text), ("config", Table(&Text))])),
    (
        "exec",
        Map(&[
            ("command", Text),
            ("args", Texts),
            ("env", Maps(&[("name", Text), ("value", Text)])),
            ("apiVersion", Text),
            ("installHint", Text),
            ("provideClusterInfo", Truth),
            ("interactiveMode", Text),
        ]),
    ),
    EXTENSIONS,
];

const CONTEXT: &[(&str, Type)] = &[("cluster", Text), ("user", Text), ("namespace", Text), EXTENSIONS];

const CONFIG: &[(&str, Type)] = &[
    ("kind", Text),
    ("apiVersion", Text),
    ("preferences", Map(&[("colors", Truth), EXTENSIONS])),
    ("clusters", Maps(&[("name", Text), ("cluster", Map(CLUSTER))])),
    ("users", Maps(&[("name", Text), ("user", Map(USER))])),
    ("contexts", Maps(&[("name", Text), ("context", Map(CONTEXT))])),
    ("current-context", Text),
    EXTENSIONS,
];

/// Refuses what kubectl cannot read.
///
/// # Errors
/// [`Malformed`], with the place, and without what is there.
pub(super) fn check(map: &Mapping) -> Result<(), Malformed> {
    if let Some(kind) = map.get("kind").filter(|kind| !kind.is_null() && !matches!(kind.as_str(), Some("Config" | "")))
    {
        let kind = kind.as_str().filter(|kind| kind.len() <= 40).unwrap_or("something else");
        return Err(Malformed(format!("it is of kind {kind}, not Config")));
    }
    for kind in Kind::ALL {
        if !matches!(map.get(kind.key()), None | Some(Value::Null | Value::Sequence(_))) {
            return Err(Malformed(format!("its {} are not a list", kind.key())));
        }
    }
    if let Some((path, wanted)) = CONFIG.iter().find_map(|(name, wanted)| wanted.fault(map.get(*name)?, name)) {
        return Err(Malformed(format!("kubectl cannot read it: {path} is not {wanted}")));
    }
    if let Some(version) =
        map.get("apiVersion").and_then(Value::as_str).filter(|version| !matches!(*version, "v1" | ""))
    {
        let version = Some(version).filter(|version| version.len() <= 80).unwrap_or("something else");
        return Err(Malformed(format!("kubectl cannot read it: its apiVersion is {version}, not v1")));
    }
    let has_twice = |kind: &Kind| {
        let mut names = HashSet::new();
        let entries = map.get(kind.key()).and_then(Value::as_sequence).into_iter().flatten();
        // One without a name has the empty one to kubectl, and null is one without anything.
        entries.map(|entry| entry.as_mapping().and_then(name_of).unwrap_or_default()).any(|name| !names.insert(name))
    };
    match Kind::ALL.into_iter().find(has_twice) {
        Some(kind) => Err(Malformed(format!("two of its {} have one name, which kubectl refuses", kind.key()))),
        None => Ok(()),
    }
}

fn is_base64(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    STANDARD.decode(bytes).is_ok()
}

impl Type {
    /// Where `value`, which is at `path`, is not of the type, and what it should be there.
    fn fault(&self, value: &Value, path: &str) -> Option<(String, &'static str)> {
        let not = |wanted| Some((path.to_owned(), wanted));
        let inside = |members: &[(&str, Self)], map: &Mapping, path: &str| {
            members.iter().find_map(|(name, wanted)| wanted.fault(map.get(*name)?, &format!("{path}.{name}")))
        };
        let each = |list: &[Value], wanted: &Self| {
            list.iter().enumerate().find_map(|(at, one)| wanted.fault(one, &format!("{path}[{at}]")))
        };
        match (self, value) {
            (_, Value::Null) | (Text, Value::String(_)) | (Truth, Value::Bool(_)) => None,
            (Data, Value::String(text)) if is_base64(text) => None,
            (Data, _) => not("base64"),
            (Text, _) => not("text: put it in quotes"),
            (Truth, _) => not("true or false"),
            (Texts, Value::Sequence(list)) => each(list, &Text),
            (Table(of), Value::Mapping(map)) => map.iter().find_map(|(name, one)| {
                let name = name.as_str().unwrap_or("a key of it");
                of.fault(one, &format!("{path}.{name}"))
            }),
            (Map(members), Value::Mapping(map)) => inside(members, map, path),
            (Maps(members), Value::Sequence(list)) => each(list, &Map(members)),
            (Texts | Maps(_), _) => not("a list"),
            (Table(_) | Map(_), _) => not("a map"),
        }
    }
}
