//! `azlab sandbox`: serve it, show it, reset it, give it a scenario.

use std::fmt::Write as _;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::cli::sandbox::SandboxCommand;
use crate::clock::Clock;
use crate::outcome::{ErrorReport, Exit};
use crate::report::Output;
use crate::sandbox::scenario::{READY_MADE, Scenario, ScenarioError};
use crate::sandbox::serve::{ServeError, ServeOptions, TlsError, TlsIdentity, serve};
use crate::sandbox::signin::DEFAULT_CLIENT_ID;
use crate::sandbox::{Inventory, InventoryItem, SUBSCRIPTION_ID, Sandbox, SandboxError, TENANT_ID, reset};

/// The subcommand's name.
pub const COMMAND: &str = "sandbox";

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
}

impl SandboxCommandError {
    /// As scripts see it.
    pub fn report(&self) -> ErrorReport {
        let code = match self {
            Self::Sandbox(_) => "SandboxUnusable",
            Self::Scenario(_) => "InvalidScenario",
            Self::Serve(_) => "CannotServe",
            Self::Tls(_) => "NoCertificate",
        };
        ErrorReport {
            code: code.to_owned(),
            message: self.to_string(),
            resource: None,
            request_id: None,
            hint: None,
            retryable: false,
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Runs it; returns what goes to stdout. `say` is called with lines that must be seen while it runs.
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
) -> Result<String, SandboxCommandError> {
    match command {
        SandboxCommand::Reset => {
            reset(dir)?;
            Ok(match output {
                Output::Text => format!("the sandbox in {} is empty\n", dir.display()),
                Output::Json => format!("{}\n", serde_json::json!({"directory": dir, "reset": true})),
            })
        }
        SandboxCommand::Show => Ok(show(&Sandbox::open(dir, speed)?.inventory()?, output)),
        SandboxCommand::Scenario { list: true, .. } => Ok(list()),
        SandboxCommand::Scenario { scenario, .. } => {
            let scenario = Scenario::load(scenario.as_deref().unwrap_or("standard"))?;
            Sandbox::open(dir, speed)?.play(&scenario)?;
            Ok(format!("{}\nback to normal: azlab sandbox scenario standard\n", scenario.about))
        }
        SandboxCommand::Serve { listen, http, ca_file, allow_remote } => {
            let sandbox = Sandbox::open(dir, speed)?;
            let tls = if *http { None } else { Some(TlsIdentity::load_or_create(dir, Clock::real().now())?) };
            if let (Some(tls), Some(path)) = (&tls, ca_file) {
                tls.write_ca_file(path)?;
            }
            let mut options = ServeOptions::new(*listen, tls, sandbox.clock().speed());
            options.allow_remote = *allow_remote;
            let server = serve(sandbox.public_router(), options, stop).await?;
            say(&how_to_use(&server.url(), &sandbox, ca_file.as_deref(), *allow_remote));
            server.stopped().await;
            Ok(String::new())
        }
    }
}

fn list() -> String {
    let width = READY_MADE.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    READY_MADE
        .iter()
        .filter_map(|(name, _)| Some(format!("{name:width$}  {}\n", Scenario::load(name).ok()?.about)))
        .collect()
}

fn how_to_use(url: &str, sandbox: &Sandbox, ca_file: Option<&Path>, allow_remote: bool) -> String {
    let secret = sandbox.directory().default_application().secret();
    let mut text = format!("serving the sandbox at {url} (Ctrl-C ends it)\n");
    if allow_remote {
        text.push_str("warning: other machines may reach it, and whoever has the secret below may use it\n");
    }
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "  export AZLAB_ARM_ENDPOINT={url}\n  export AZURE_AUTHORITY_HOST={url}\n  export AZURE_SUBSCRIPTION_ID={SUBSCRIPTION_ID}\n  \
         export AZURE_TENANT_ID={TENANT_ID}\n  export AZURE_CLIENT_ID={DEFAULT_CLIENT_ID}\n  export AZURE_CLIENT_SECRET={secret}\n"
    );
    if let Some(path) = ca_file {
        let _ = writeln!(text, "  export AZLAB_CA_FILE={}", path.display());
    }
    text.push_str("then, in that shell: azlab provision\n");
    text
}

fn show(inventory: &Inventory, output: Output) -> String {
    if output == Output::Json {
        return format!("{}\n", to_json(inventory));
    }
    let mut text = format!("the sandbox's time is {}\n", rfc3339(inventory.now));
    if inventory.resources.is_empty() && inventory.soft_deleted.is_empty() {
        text.push_str("it is empty: azlab provision --sandbox\n");
        return text;
    }
    let row = |item: &InventoryItem| (short(&item.id), item.location.clone(), item.state.clone());
    table(&mut text, inventory.resources.iter().map(row).collect());
    if !inventory.soft_deleted.is_empty() {
        text.push_str("\nsoft-deleted accounts\n");
        table(&mut text, inventory.soft_deleted.iter().map(row).collect());
    }
    if !inventory.operations.is_empty() {
        text.push_str("\noperations under way\n");
        let rows = inventory.operations.iter();
        table(
            &mut text,
            rows.map(|one| (short(&one.resource), one.kind.clone(), format!("until {}", rfc3339(one.done)))).collect(),
        );
    }
    text
}

/// An id without what is the same for all.
fn short(id: &str) -> String {
    let prefix = format!("/subscriptions/{SUBSCRIPTION_ID}/");
    match id.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(&prefix) => id[prefix.len()..].to_owned(),
        _ => id.to_owned(),
    }
}

fn table(text: &mut String, rows: Vec<(String, String, String)>) {
    let width = |column: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(|row| &row.0), width(|row| &row.1));
    for (id, middle, last) in &rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", format!("  {id:first$}  {middle:second$}  {last}").trim_end());
    }
}

fn to_json(inventory: &Inventory) -> serde_json::Value {
    let items = |items: &[InventoryItem]| -> serde_json::Value {
        items
            .iter()
            .map(|item| {
                serde_json::json!({"id": item.id, "type": item.resource_type, "location": item.location,
                    "state": item.state, "created": rfc3339(item.created)})
            })
            .collect()
    };
    serde_json::json!({
        "schema": "azlab.sandbox/v1",
        "now": rfc3339(inventory.now),
        "resources": items(&inventory.resources),
        "soft_deleted": items(&inventory.soft_deleted),
        "operations": inventory.operations.iter().map(|one| serde_json::json!({"id": one.id, "kind": one.kind,
            "resource": one.resource, "started": rfc3339(one.started), "done": rfc3339(one.done)})).collect::<Vec<_>>(),
    })
}

fn rfc3339(time: time::OffsetDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| time.to_string())
}
