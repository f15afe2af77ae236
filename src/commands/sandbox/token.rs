//! `azlab sandbox token`: a token of a cluster's service account, as `kubectl create token` prints it.

use std::path::Path;

use time::format_description::well_known::Rfc3339;

use super::cluster;
use super::error::SandboxCommandError;
use crate::cli::sandbox::TokenArgs;
use crate::outcome::sandbox::{SandboxOutcome, SecretPlace, ServiceAccountToken};
use crate::values::Secret;
use azlab_sandbox::Sandbox;
use azlab_sandbox::serve::write_secret_file;

/// Makes the token; with `--file` it is written there, for its owner only.
pub(super) fn run(
    args: &TokenArgs,
    labs: &[String],
    dir: &Path,
    speed: f64,
) -> Result<SandboxOutcome, SandboxCommandError> {
    let choice = cluster::choice(&args.cluster, labs)?;
    let account = args.service_account.parse().map_err(SandboxCommandError::ServiceAccount)?;
    let sandbox = Sandbox::open(dir, speed)?;
    let made = sandbox.service_account_token(&choice, &account, &args.audience, args.duration)?;
    let place = match &args.file {
        Some(file) => {
            write_secret_file(file, made.token.as_bytes())
                .map_err(|source| SandboxCommandError::TokenFile { path: file.clone(), source })?;
            SecretPlace::File(file.clone())
        }
        None => SecretPlace::Here(Secret::new(made.token.as_str().to_owned())),
    };
    Ok(SandboxOutcome::Token(ServiceAccountToken {
        issuer: made.issuer,
        subject: made.subject,
        audience: args.audience.clone(),
        expires: made.expires_on.format(&Rfc3339).unwrap_or_default(),
        place,
    }))
}
