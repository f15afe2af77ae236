//! Reads the table of types.

use std::collections::BTreeMap;

use super::{Field, ListKind, Scalar, Shape, Type};

/// The types of a table in the form that `types.txt` describes.
pub(super) fn types(text: &str) -> BTreeMap<String, Type> {
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            let name = line.trim();
            current = name.trim_end_matches('!').to_owned();
            types.insert(current.clone(), Type { atomic: name.ends_with('!'), ..Type::default() });
        } else if let (Some(of), Some((name, field))) = (types.get_mut(&current), field(line.trim())) {
            of.fields.insert(name, field);
        }
    }
    types
}

fn field(line: &str) -> Option<(String, Field)> {
    let (line, default) = match line.split_once(" =") {
        Some((line, default)) => (line, serde_json::from_str(default.trim()).ok()),
        None => (line, None),
    };
    let (name, of) = line.split_once(' ')?;
    let required = name.starts_with('*');
    let always = name.ends_with('+');
    let name = name.trim_start_matches('*').trim_end_matches('+').to_owned();
    Some((name, Field { shape: shape(of.trim()), default, required, always }))
}

fn shape(text: &str) -> Shape {
    let (bare, marked) = text.strip_suffix('!').map_or((text, false), |bare| (bare, true));
    if let Some(inner) = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return Shape::Map { of: Box::new(shape(inner)), atomic: marked };
    }
    if let Some(inner) = bare.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        return Shape::List { of: Box::new(shape(inner)), kind: ListKind::Set };
    }
    if let Some(inner) = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let mut words = inner.split(' ');
        let of = Box::new(shape(words.next().unwrap_or_default()));
        let keys: Vec<String> = words.map(str::to_owned).collect();
        return Shape::List { of, kind: if keys.is_empty() { ListKind::Atomic } else { ListKind::Keys(keys) } };
    }
    Shape::Scalar(match bare {
        "string" => Scalar::String,
        "int" => Scalar::Int,
        "bool" => Scalar::Bool,
        "number" => Scalar::Number,
        "quantity" => Scalar::Quantity,
        "port" => Scalar::Port,
        "time" => Scalar::Time,
        "bytes" => Scalar::Bytes,
        "any" => Scalar::Any,
        other => return Shape::Struct(other.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::kubernetes::schema::TYPES;

    fn named(shape: &Shape) -> Vec<&str> {
        match shape {
            Shape::Struct(name) => vec![name],
            Shape::Map { of, .. } | Shape::List { of, .. } => named(of),
            Shape::Scalar(_) => Vec::new(),
        }
    }

    #[test]
    fn every_type_that_a_field_names_is_in_the_table_and_so_is_every_key() {
        for (name, it) in TYPES.iter() {
            for (field, Field { shape, .. }) in &it.fields {
                for other in named(shape) {
                    assert!(TYPES.contains_key(other), "{name}.{field}: {other}");
                }
                if let Shape::List { of, kind: ListKind::Keys(keys) } = shape {
                    let Shape::Struct(of) = &**of else { panic!("{name}.{field}") };
                    assert!(keys.iter().all(|key| TYPES[of].fields.contains_key(key)), "{name}.{field}");
                }
            }
        }
        assert!(TYPES.len() > 60);
    }
}
