//! Objects in protobuf, as kubectl's typed commands send them: an envelope, and in it a message of the table (`messages.txt`).
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding>.

mod wire;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wire::{Field, Reader};

use super::object::stamp;

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What an object in protobuf begins with.
const MAGIC: &[u8] = b"k8s\0";
/// Messages in messages: more than any object has.
const DEEPEST: usize = 32;

/// A message: its fields by number, with their names and shapes.
type Message = BTreeMap<u64, (&'static str, &'static str)>;

static MESSAGES: LazyLock<BTreeMap<&'static str, Message>> = LazyLock::new(|| {
    let mut messages: BTreeMap<&str, Message> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("messages.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        match (line.starts_with(' '), words.next(), words.next(), words.next()) {
            (false, Some(name), ..) => {
                current = name;
                messages.insert(name, Message::new());
            }
            (true, Some(number), Some(name), Some(shape)) => {
                if let (Some(message), Ok(number)) = (messages.get_mut(current), number.parse()) {
                    message.insert(number, (name, shape));
                }
            }
            _ => {}
        }
    }
    messages
});

/// The object as JSON; else what it has that the table does not, or that it is no such object.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin as an object in protobuf does")?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), Vec::new());
    let mut envelope = Reader::new(rest);
    while let Some((number, field)) = envelope.next()? {
        match (number, field) {
            (1, Field::Bytes(about)) => {
                let mut about = Reader::new(about);
                while let Some((number, field)) = about.next()? {
                    match (number, field) {
                        (1, Field::Bytes(text)) => api_version = wire::text(text)?,
                        (2, Field::Bytes(text)) => kind = wire::text(text)?,
                        _ => {}
                    }
                }
            }
            (2, Field::Bytes(object)) => raw = object.to_vec(),
            _ => {}
        }
    }
    if !MESSAGES.contains_key(kind.as_str()) {
        return Err(format!("the sandbox's API server reads no {kind} in protobuf, but in JSON"));
    }
    let mut object = message(&kind, &raw, 0)?;
    object.insert("apiVersion".into(), api_version.into());
    object.insert("kind".into(), kind.into());
    Ok(Value::Object(object))
}

fn message(name: &str, bytes: &[u8], depth: usize) -> Result<Map<String, Value>, String> {
    let known = MESSAGES.get(name).filter(|_| depth < DEEPEST).ok_or("a message lies too deep")?;
    let mut object = Map::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        let Some((field_name, shape)) = known.get(&number) else {
            // Nothing is lost where nothing was said.
            if field.is_empty() {
                continue;
            }
            return Err(format!(
                "the sandbox's API server does not read field {number} of {name} in protobuf, but in JSON"
            ));
        };
        if let Some(shape) = shape.strip_prefix('*') {
            let value = value(shape, &field, depth)?;
            if let Some(list) = object.entry(*field_name).or_insert_with(|| json!([])).as_array_mut() {
                list.push(value);
            }
        } else if let Some(shape) = shape.strip_prefix("map-") {
            let Field::Bytes(entry) = field else { return Err(format!("{field_name} is no map")) };
            let (key, value) = entry_of(shape, entry, depth)?;
            if let Some(map) = object.entry(*field_name).or_insert_with(|| json!({})).as_object_mut() {
                map.insert(key, value);
            }
        } else {
            let value = value(shape, &field, depth)?;
            // Go writes empty texts and zeros that its JSON leaves out.
            let is_nothing = value == "" || value.is_null();
            if !is_nothing {
                object.insert((*field_name).into(), value);
            }
        }
    }
    Ok(object)
}

fn entry_of(shape: &str, bytes: &[u8], depth: usize) -> Result<(String, Value), String> {
    let (mut key, mut found) = (String::new(), if shape == "bytes" { "".into() } else { Value::from("") });
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        match (number, &field) {
            (1, Field::Bytes(text)) => key = wire::text(text)?,
            (2, _) => found = value(shape, &field, depth)?,
            _ => {}
        }
    }
    Ok((key, found))
}

fn value(shape: &str, field: &Field<'_>, depth: usize) -> Result<Value, String> {
    Ok(match (shape, field) {
        ("string", Field::Bytes(text)) => wire::text(text)?.into(),
        ("bytes", Field::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        ("int", Field::Number(number)) => (*number as i64).into(),
        ("bool", Field::Number(number)) => (*number != 0).into(),
        ("time", Field::Bytes(bytes)) => match parts(bytes)?.remove(&1) {
            Some(Value::Number(seconds)) => {
                let seconds = seconds.as_i64().unwrap_or_default();
                stamp(seconds.saturating_mul(1000)).into()
            }
            _ => Value::Null,
        },
        ("port", Field::Bytes(bytes)) => {
            let mut parts = parts(bytes)?;
            let is_text = parts.get(&1).is_some_and(|kind| *kind == 1);
            match is_text {
                true => parts.remove(&3).unwrap_or_default(),
                // An unset port is written as 0.
                false => parts.remove(&2).filter(|port| *port != 0).unwrap_or_default(),
            }
        }
        (name, Field::Bytes(bytes)) if MESSAGES.contains_key(name) => Value::Object(message(name, bytes, depth + 1)?),
        (shape, _) => return Err(format!("a field that is {shape} holds something else")),
    })
}

/// The fields of a small message by number, texts and numbers.
fn parts(bytes: &[u8]) -> Result<BTreeMap<u64, Value>, String> {
    let mut found = BTreeMap::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        let value = match field {
            Field::Number(value) => (value as i64).into(),
            Field::Bytes(text) => wire::text(text)?.into(),
            Field::Fixed => continue,
        };
        found.insert(number, value);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    fn enveloped(kind: &str, object: &[u8]) -> Vec<u8> {
        let about = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
        [MAGIC, &field(1, &about), &field(2, object), &field(3, b""), &field(4, b"")].concat()
    }

    #[test]
    fn a_config_map_is_read_and_what_is_not_known_is_named() {
        let entry = [field(1, b"k"), field(2, b"v")].concat();
        let metadata = [field(1, b"name"), field(3, b""), vec![7 << 3, 0]].concat();
        let object = [field(1, &metadata), field(2, &entry)].concat();
        let read_back = read(&enveloped("ConfigMap", &object)).unwrap();
        let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "name", "generation": 0},
            "data": {"k": "v"}});
        assert_eq!(read_back, expected);
        assert!(read(&enveloped("Pod", &object)).unwrap_err().contains("no Pod in protobuf"));
        assert!(read(&enveloped("ConfigMap", &field(9, b"x"))).unwrap_err().contains("field 9 of ConfigMap"));
        for broken in [&b""[..], b"k8s\0\xff", b"k8s\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &object] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn every_shape_of_the_table_is_known() {
        for (name, message) in MESSAGES.iter() {
            for (field, shape) in message.values() {
                let bare = shape.trim_start_matches('*').trim_start_matches("map-");
                let plain = ["string", "int", "bool", "bytes", "time", "port"].contains(&bare);
                assert!(plain || MESSAGES.contains_key(bare), "{name}.{field}: {shape}");
            }
        }
    }
}
