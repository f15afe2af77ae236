//! `azlab sandbox token`: a token of a cluster's service account, as `kubectl create token` prints it.

use std::path::Path;

use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{Printed, SCHEMA, SandboxCommandError};
use crate::cli::sandbox::TokenArgs;
use crate::values::Output;
use azlab_sandbox::serve::write_secret_file;
use azlab_sandbox::{ClusterChoice, Sandbox};

/// Prints the token, or writes it to `--file` for its owner only.
pub(super) fn run(args: &TokenArgs, dir: &Path, speed: f64, output: Output) -> Result<Printed, SandboxCommandError> {
    let choice = match (&args.cluster, &args.resource_group, &args.name) {
        (Some(id), _, _) => ClusterChoice::Id(id.clone()),
        (None, None, None) => ClusterChoice::Only,
        (None, group, name) => ClusterChoice::Named { group: group.clone(), name: name.clone() },
    };
    let account = args.service_account.parse().map_err(SandboxCommandError::ServiceAccount)?;
    let sandbox = Sandbox::open(dir, speed)?;
    let made = sandbox.service_account_token(&choice, &account, &args.audience, args.duration)?;
    let about = json!({
        "schema": SCHEMA,
        "issuer": made.issuer,
        "subject": made.subject,
        "audience": args.audience,
        "expires": made.expires_on.format(&Rfc3339).unwrap_or_default(),
    });
    if let Some(file) = &args.file {
        write_secret_file(file, made.token.as_bytes())
            .map_err(|source| SandboxCommandError::TokenFile { path: file.clone(), source })?;
        let text = format!("the token of {} is in {}\n", made.subject, file.display());
        let mut about = about;
        about["file"] = json!(file);
        return Ok(Printed::text(super::form(output, text, || about)));
    }
    Ok(Printed::secret(super::form(output, format!("{}\n", made.token.as_str()), || {
        let mut about = about;
        about["token"] = made.token.as_str().into();
        about
    })))
}
