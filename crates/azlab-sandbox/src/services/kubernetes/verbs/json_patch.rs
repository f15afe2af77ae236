//! JSON patch (RFC 6902).

use serde_json::Value;

use super::super::refusal::Refusal;

/// So many steps a patch has at most, as for the API server.
const MOST_STEPS: usize = 10_000;

/// Applies each step; a step that does not fit leaves nothing done, since the caller drops the value.
///
/// # Errors
/// 400 for what is no patch; 422 for a step that does not fit.
pub(super) fn patch(value: &mut Value, steps: &Value) -> Result<(), Refusal> {
    let Some(steps) = steps.as_array() else { return Err(Refusal::bad_request("a JSON patch is a list of steps")) };
    if steps.len() > MOST_STEPS {
        return Err(Refusal::new(
            413,
            "RequestEntityTooLarge",
            "The allowed maximum operations in a JSON patch is 10000",
        ));
    }
    for step in steps {
        apply(value, step).ok_or_else(|| {
            let message =
                format!("the server rejected our request due to an error in our request: {step} does not fit");
            Refusal::new(422, "Invalid", message)
        })?;
    }
    Ok(())
}

fn apply(value: &mut Value, step: &Value) -> Option<()> {
    let path = step["path"].as_str()?;
    let given = || step.get("value").cloned();
    match step["op"].as_str()? {
        "add" => add(value, path, given()?),
        "remove" => remove(value, path).map(drop),
        "replace" => {
            *value.pointer_mut(path)? = given()?;
            Some(())
        }
        "test" => (value.pointer(path) == Some(&given()?)).then_some(()),
        "move" => {
            let from = step["from"].as_str()?;
            if path.starts_with(&format!("{from}/")) {
                return None;
            }
            let moved = remove(value, from)?;
            add(value, path, moved)
        }
        "copy" => {
            let copied = value.pointer(step["from"].as_str()?)?.clone();
            add(value, path, copied)
        }
        _ => None,
    }
}

/// The place above a pointer, and its last segment.
fn parent<'a>(value: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    Some((value.pointer_mut(above)?, last.replace("~1", "/").replace("~0", "~")))
}

fn add(value: &mut Value, path: &str, new: Value) -> Option<()> {
    if path.is_empty() {
        *value = new;
        return Some(());
    }
    match parent(value, path)? {
        (Value::Object(members), name) => {
            members.insert(name, new);
        }
        (Value::Array(entries), at) => {
            let at = if at == "-" { entries.len() } else { at.parse().ok()? };
            if at > entries.len() {
                return None;
            }
            entries.insert(at, new);
        }
        _ => return None,
    }
    Some(())
}

fn remove(value: &mut Value, path: &str) -> Option<Value> {
    match parent(value, path)? {
        (Value::Object(members), name) => members.remove(&name),
        (Value::Array(entries), at) => {
            let at: usize = at.parse().ok()?;
            (at < entries.len()).then(|| entries.remove(at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_step_does_what_the_rfc_says_or_is_refused() {
        let mut value = json!({"a": {"b/c": [1, 2]}});
        let steps = json!([
            {"op": "test", "path": "/a/b~1c/1", "value": 2},
            {"op": "add", "path": "/a/b~1c/-", "value": 3},
            {"op": "add", "path": "/a/b~1c/0", "value": 0},
            {"op": "remove", "path": "/a/b~1c/1"},
            {"op": "copy", "from": "/a/b~1c", "path": "/d"},
            {"op": "move", "from": "/a", "path": "/e"},
            {"op": "replace", "path": "/d", "value": null},
        ]);
        patch(&mut value, &steps).unwrap();
        assert_eq!(value, json!({"d": null, "e": {"b/c": [0, 2, 3]}}));
        for wrong in [
            json!([{"op": "remove", "path": "/x"}]),
            json!([{"op": "add", "path": "/e/b~1c/9", "value": 1}]),
            json!([{"op": "test", "path": "/d", "value": 1}]),
            json!([{"op": "move", "from": "/e", "path": "/e/x"}]),
            json!([{"op": "dance", "path": "/e"}]),
            json!([1]),
        ] {
            assert_eq!(patch(&mut value.clone(), &wrong).unwrap_err().code, 422, "{wrong}");
        }
        assert_eq!(patch(&mut value, &json!({})).unwrap_err().code, 400);
    }
}
