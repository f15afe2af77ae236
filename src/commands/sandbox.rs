//! `azlab sandbox`: serve it, show it, reset it, give it a scenario, make tokens of its clusters.

mod how_to_use;
mod scenario;
mod serve;
mod token;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::sandbox::SandboxCommand;
use crate::outcome::{ErrorReport, Exit};
use crate::report::Output;
use crate::sandbox::scenario::ScenarioError;
use crate::sandbox::serve::{ServeError, TlsError};
use crate::sandbox::{
    Inventory, InventoryItem, SUBSCRIPTION_ID, Sandbox, SandboxError, ScenarioInForce, ServiceAccountTokenError, reset,
};

/// The subcommand's name.
pub const COMMAND: &str = "sandbox";

/// The `schema` of what these commands print with `-o json`.
const SCHEMA: &str = "azlab.sandbox/v1";

/// What goes to stdout at the end.
pub struct Printed {
    /// The text.
    pub text: String,
    /// Whether it is a secret that was asked for, which is then printed as it is: all else is redacted.
    pub is_secret: bool,
}

impl Printed {
    fn text(text: String) -> Self {
        Self { text, is_secret: false }
    }

    fn secret(text: String) -> Self {
        Self { text, is_secret: true }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum SandboxCommandError {
    /// The state cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What was named is no service account.
    #[error("{0}")]
    ServiceAccount(String),
    /// There is no token of a service account.
    #[error(transparent)]
    Token(#[from] ServiceAccountTokenError),
    /// The token cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl SandboxCommandError {
    /// As scripts see it.
    pub fn report(&self) -> ErrorReport {
        let code = match self {
            Self::Sandbox(_) => "SandboxUnusable",
            Self::Scenario(_) => "InvalidScenario",
            Self::Serve(_) => "CannotServe",
            Self::Tls(_) => "NoCertificate",
            Self::ServiceAccount(_) => "InvalidArgument",
            Self::Token(_) => "NoServiceAccountToken",
            Self::TokenFile { .. } => "CannotWriteToken",
        };
        ErrorReport::new(code, self.to_string())
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Token(ServiceAccountTokenError::NoCluster(_)) => Exit::NotFound,
            _ => Exit::Usage,
        }
    }
}

/// Runs it; returns what goes to stdout at the end. `say` is called with what must be seen while it runs, in the form
/// that `output` asks for.
///
/// # Errors
/// [`SandboxCommandError`]
pub async fn run(
    command: &SandboxCommand,
    dir: &Path,
    speed: f64,
    output: Output,
    stop: CancellationToken,
    say: impl Fn(&str),
) -> Result<Printed, SandboxCommandError> {
    match command {
        SandboxCommand::Reset => {
            reset(dir)?;
            let text = format!("the sandbox in {} is empty\n", dir.display());
            Ok(Printed::text(form(output, text, || json!({"schema": SCHEMA, "directory": dir, "reset": true}))))
        }
        SandboxCommand::Show => {
            let sandbox = Sandbox::open(dir, speed)?;
            Ok(Printed::text(show(&sandbox.inventory()?, sandbox.scenario()?.as_ref(), output)))
        }
        SandboxCommand::Scenario { scenario, list, print, schema, fresh } => {
            let asked = scenario::Asked {
                scenario: scenario.as_deref(),
                list: *list,
                print: *print,
                schema: *schema,
                fresh: *fresh,
            };
            scenario::run(&asked, dir, speed, output).map(Printed::text)
        }
        SandboxCommand::Serve { listen, http, ca_file, allow_remote, tools } => {
            let asked = serve::Asked {
                listen: *listen,
                http: *http,
                ca_file: ca_file.as_ref(),
                allow_remote: *allow_remote,
                tools,
            };
            serve::run(asked, dir, speed, output, stop, say).await?;
            Ok(Printed::text(String::new()))
        }
        SandboxCommand::Token(args) => token::run(args, dir, speed, output),
    }
}

/// What was asked for: text, or one JSON object.
fn form(output: Output, text: String, object: impl FnOnce() -> serde_json::Value) -> String {
    match output {
        Output::Text => text,
        Output::Json => format!("{}\n", object()),
    }
}

fn show(inventory: &Inventory, scenario: Option<&ScenarioInForce>, output: Output) -> String {
    if output == Output::Json {
        let mut object = to_json(inventory);
        object["scenario"] = scenario.map_or(serde_json::Value::Null, scenario::object);
        return format!("{object}\n");
    }
    let mut text = format!("the sandbox's time is {}\n", rfc3339(inventory.now));
    if let Some(scenario) = scenario {
        text.push_str(&scenario::text(scenario));
    }
    if inventory.resources.is_empty() && inventory.soft_deleted.is_empty() {
        text.push_str("it is empty: azlab provision --sandbox\n");
        return text;
    }
    for (heading, rows) in groups(&inventory.resources) {
        section(&mut text, &heading, &rows);
    }
    let soft_deleted: Vec<_> =
        inventory.soft_deleted.iter().map(|item| (item.state.clone(), short(&item.id).to_owned())).collect();
    section(&mut text, "soft-deleted accounts", &soft_deleted);
    let operations: Vec<_> = inventory
        .operations
        .iter()
        .map(|one| (format!("{} until {}", one.kind, rfc3339(one.done)), relative(&one.resource).1))
        .collect();
    section(&mut text, "operations under way", &operations);
    text
}

/// State and name of each resource, by group. The state comes first: names are long, and on a narrow terminal only they
/// are to wrap.
fn groups(items: &[InventoryItem]) -> Vec<(String, Vec<(String, String)>)> {
    let mut groups: BTreeMap<String, (String, Vec<(String, String)>)> = BTreeMap::new();
    for item in items {
        let (group, path) = relative(&item.id);
        let (heading, rows) = groups.entry(group.to_ascii_lowercase()).or_insert_with(|| (group.clone(), Vec::new()));
        if path.is_empty() {
            *heading = format!("resource group {group} ({}, {})", item.location, item.state);
        } else {
            rows.push((item.state.clone(), path));
        }
    }
    groups.into_values().collect()
}

/// The resource group of an id (empty if it has none), and the types and names below it, without namespaces.
fn relative(id: &str) -> (String, String) {
    let short = short(id);
    let mut parts = short.split('/').peekable();
    let is_group = parts.next_if(|part| part.eq_ignore_ascii_case("resourceGroups")).is_some();
    let group = if is_group { parts.next().unwrap_or_default() } else { "" };
    let path: Vec<&str> =
        parts.filter(|part| !part.eq_ignore_ascii_case("providers") && !part.starts_with("Microsoft.")).collect();
    (group.to_owned(), path.join("/"))
}

/// An id without what is the same for all.
fn short(id: &str) -> &str {
    let prefix = format!("/subscriptions/{SUBSCRIPTION_ID}/");
    match id.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(&prefix) => rest,
        _ => id,
    }
}

fn section(text: &mut String, heading: &str, rows: &[(String, String)]) {
    let width = rows.iter().map(|(first, _)| first.chars().count()).max().unwrap_or_default();
    if rows.is_empty() && !heading.starts_with("resource group") {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{heading}");
    for (first, second) in rows {
        let _ = writeln!(text, "  {first:width$}  {second}");
    }
}

fn to_json(inventory: &Inventory) -> serde_json::Value {
    let items = |items: &[InventoryItem]| -> serde_json::Value {
        items
            .iter()
            .map(|item| {
                json!({"id": item.id, "type": item.resource_type, "location": item.location,
                    "state": item.state, "created": rfc3339(item.created)})
            })
            .collect()
    };
    json!({
        "schema": SCHEMA,
        "now": rfc3339(inventory.now),
        "resources": items(&inventory.resources),
        "soft_deleted": items(&inventory.soft_deleted),
        "operations": inventory.operations.iter().map(|one| json!({"id": one.id, "kind": one.kind,
            "resource": one.resource, "started": rfc3339(one.started), "done": rfc3339(one.done)})).collect::<Vec<_>>(),
    })
}

fn rfc3339(time: time::OffsetDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| time.to_string())
}
