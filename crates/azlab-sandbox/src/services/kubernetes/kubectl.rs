//! `kubectl get` as it runs in the pod that AKS makes for a command ("Managed Clusters - Run Command"): from inside, so that a
//! private cluster is reached too.

use bytes::Bytes;
use http::Method;
use serde::Serialize as _;
use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};
use super::target::Target;
use crate::arm::cluster_command::{ClusterCommand, Get, Output, Ran};
use crate::providers::containerservice;
use crate::sandbox::Sandbox;
use crate::state::transaction;

/// What `kubectl get` accepts, so that the server makes a table.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// Runs a command, and keeps its result.
///
/// # Errors
/// When the result cannot be kept.
pub(crate) fn run(sandbox: &Sandbox, command: &ClusterCommand) -> rusqlite::Result<()> {
    let ran = match printed(sandbox, command) {
        Ok(logs) => Ran { exit_code: 0, logs },
        Err(logs) => Ran { exit_code: 1, logs },
    };
    transaction::write(sandbox, |visit| containerservice::keep_command_result(&visit.store, &command.result, &ran))
}

/// What it prints, or what it complains about.
fn printed(sandbox: &Sandbox, command: &ClusterCommand) -> Result<String, String> {
    let get = &command.get;
    let mut kinds = Vec::new();
    for written in &get.kinds {
        kinds.extend(
            named(written).ok_or_else(|| format!("error: the server doesn't have a resource type \"{written}\"\n"))?,
        );
    }
    let is_table = matches!(get.output, Output::Table | Output::Wide);
    let (mut answers, mut complaints) = (Vec::new(), String::new());
    for kind in kinds {
        for path in paths(get, kind) {
            match ask(sandbox, command, &path, is_table) {
                Ok(body) => answers.push((kind, body)),
                Err(complaint) => complaints += &complaint,
            }
        }
    }
    let text = match get.output {
        Output::Table | Output::Wide => tables(get, &answers),
        Output::Name => {
            objects(&answers).iter().map(|(kind, it)| format!("{}/{}\n", type_of(kind), name(it))).collect()
        }
        Output::Json => json_text(&listed(get, &answers)),
        Output::Yaml => yaml_serde::to_string(&listed(get, &answers)).unwrap_or_default(),
    };
    match complaints.is_empty() {
        true => Ok(text),
        false if answers.is_empty() => Err(complaints),
        false => Err(text + &complaints),
    }
}

/// The kinds that a word of a command means.
fn named(written: &str) -> Option<Vec<&'static Kind>> {
    let shown = || KINDS.iter().filter(|kind| !kind.is_question());
    if written == "all" {
        return Some(shown().filter(|kind| kind.in_all).collect());
    }
    let lower = written.to_lowercase();
    let (word, group) = lower.split_once('.').map_or((lower.as_str(), None), |(word, group)| (word, Some(group)));
    let is = |kind: &&Kind| {
        (kind.plural == word || kind.singular == word || kind.short.contains(&word))
            && group.is_none_or(|group| kind.group == group)
    };
    shown().find(is).map(|kind| vec![kind])
}

/// What is asked for, of a kind: its objects, or each that is named.
fn paths(get: &Get, kind: &Kind) -> Vec<String> {
    let root =
        if kind.group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}/{}", kind.group, kind.version) };
    let namespace = get.namespace.as_deref().unwrap_or("default");
    let all = match kind.namespaced && !get.all_namespaces {
        true => format!("{root}/namespaces/{namespace}/{}", kind.plural),
        false => format!("{root}/{}", kind.plural),
    };
    if get.names.is_empty() {
        let selector: String = url::form_urlencoded::byte_serialize(get.selector.as_bytes()).collect();
        let query = if selector.is_empty() { String::new() } else { format!("?labelSelector={selector}") };
        return vec![all + &query];
    }
    get.names.iter().map(|name| format!("{all}/{name}")).collect()
}

fn ask(sandbox: &Sandbox, command: &ClusterCommand, path: &str, is_table: bool) -> Result<Value, String> {
    let request = http::Request::builder()
        .method(Method::GET)
        .uri(path)
        .header("authorization", format!("Bearer {}", command.token))
        .header("accept", if is_table { TABLE } else { "application/json" })
        .body(())
        .map_err(|error| format!("error: {error}\n"))?;
    let (parts, ()) = request.into_parts();
    let target = Target { fqdn: command.fqdn.clone(), path: parts.uri.path().to_owned(), from_inside: true };
    let (response, _) = super::answer(sandbox, &parts, &Bytes::new(), &target);
    let body = serde_json::from_slice::<Value>(response.body()).unwrap_or_default();
    match response.status().as_u16() {
        200 => Ok(body),
        401 => Err("error: You must be logged in to the server (Unauthorized)\n".to_owned()),
        _ => {
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            Err(format!("Error from server ({}): {}\n", text("reason"), text("message")))
        }
    }
}

/// `deployment.apps`: what stands before an object's name.
fn type_of(kind: &Kind) -> String {
    if kind.group.is_empty() { kind.singular.to_owned() } else { format!("{}.{}", kind.singular, kind.group) }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The objects of the answers, each whole.
fn objects<'a>(answers: &[(&'a Kind, Value)]) -> Vec<(&'a Kind, Value)> {
    let mut all = Vec::new();
    for (kind, answer) in answers {
        match answer["items"].as_array() {
            None => all.push((*kind, answer.clone())),
            Some(items) => all.extend(items.iter().map(|item| {
                let mut item = item.clone();
                item["apiVersion"] = kind.api_version().into();
                item["kind"] = kind.kind.into();
                (*kind, item)
            })),
        }
    }
    all
}

/// One object by itself, several in a list.
fn listed(get: &Get, answers: &[(&Kind, Value)]) -> Value {
    let mut all: Vec<Value> = objects(answers).into_iter().map(|(_, object)| object).collect();
    if get.names.len() == 1 {
        return all.pop().unwrap_or_default();
    }
    json!({"apiVersion": "v1", "items": all, "kind": "List", "metadata": {"resourceVersion": ""}})
}

/// JSON as kubectl indents it.
fn json_text(value: &Value) -> String {
    let mut text = Vec::new();
    let four = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    if value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, four)).is_err() {
        return String::new();
    }
    String::from_utf8(text).unwrap_or_default() + "\n"
}

/// The tables of the kinds, with an empty line between them.
fn tables(get: &Get, answers: &[(&Kind, Value)]) -> String {
    let mut merged: Vec<(&Kind, Value)> = Vec::new();
    for (kind, answer) in answers {
        match merged.last_mut().filter(|(known, _)| known.kind == kind.kind) {
            Some((_, table)) => {
                let rows = answer["rows"].as_array().cloned().unwrap_or_default();
                table["rows"].as_array_mut().into_iter().for_each(|known| known.extend(rows.clone()));
            }
            None => merged.push((kind, answer.clone())),
        }
    }
    merged.retain(|(_, table)| table["rows"].as_array().is_some_and(|rows| !rows.is_empty()));
    if merged.is_empty() {
        let is_clusters = get.all_namespaces || answers.iter().all(|(kind, _)| !kind.namespaced);
        let place = get.namespace.as_deref().unwrap_or("default");
        return match is_clusters {
            true => "No resources found\n".to_owned(),
            false => format!("No resources found in {place} namespace.\n"),
        };
    }
    let is_mixed = merged.len() > 1;
    let tables: Vec<String> = merged.iter().map(|(kind, table)| columns(get, kind, table, is_mixed)).collect();
    tables.join("\n")
}

/// A table, its columns three spaces apart.
fn columns(get: &Get, kind: &Kind, table: &Value, is_mixed: bool) -> String {
    let most = if get.output == Output::Wide { 1 } else { 0 };
    let definitions = table["columnDefinitions"].as_array().cloned().unwrap_or_default();
    let shown = |at: &usize| definitions[*at]["priority"].as_i64().unwrap_or_default() <= most;
    let shown: Vec<usize> = (0..definitions.len()).filter(shown).collect();
    let with_namespace = get.all_namespaces && kind.namespaced;
    let mut lines: Vec<Vec<String>> = Vec::new();
    if !get.no_headers {
        let heads = shown.iter().map(|at| definitions[*at]["name"].as_str().unwrap_or_default().to_uppercase());
        lines.push(with_namespace.then(|| "NAMESPACE".to_owned()).into_iter().chain(heads).collect());
    }
    for row in table["rows"].as_array().into_iter().flatten() {
        let cells = shown.iter().map(|at| {
            let cell = row["cells"][*at].as_str().unwrap_or_default();
            let is_name = definitions[*at]["format"] == "name";
            if is_mixed && is_name { format!("{}/{cell}", type_of(kind)) } else { cell.to_owned() }
        });
        let namespace = row["object"]["metadata"]["namespace"].as_str().unwrap_or_default();
        lines.push(with_namespace.then(|| namespace.to_owned()).into_iter().chain(cells).collect());
    }
    let count = lines.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..count)
        .map(|at| {
            lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for line in &lines {
        for (at, cell) in line.iter().enumerate() {
            text += cell;
            let padding = if at + 1 < line.len() { widths[at] + 3 - cell.chars().count() } else { 0 };
            text.extend(std::iter::repeat_n(' ', padding));
        }
        text.push('\n');
    }
    text
}
