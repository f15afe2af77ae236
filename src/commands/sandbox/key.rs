//! `azlab sandbox cluster key`: the private key of a cluster's issuer.

use std::io;
use std::path::Path;

use super::cluster;
use super::error::SandboxCommandError;
use crate::cli::sandbox::KeyArgs;
use crate::outcome::sandbox::{IssuerKey, SandboxOutcome, SecretPlace};
use crate::values::Secret;
use azlab_sandbox::Sandbox;
use azlab_sandbox::serve::{create_secret_file, write_secret_file};

/// Reads the key; with `--out` it is written there, for its owner only.
pub(super) fn run(
    args: &KeyArgs,
    labs: &[String],
    dir: &Path,
    speed: f64,
) -> Result<SandboxOutcome, SandboxCommandError> {
    let choice = cluster::choice(&args.cluster, labs)?;
    let found = Sandbox::open(dir, speed)?.issuer_private_key(&choice)?;
    let place = match &args.out {
        Some(file) => {
            write(file, found.pem.as_bytes(), args.force)?;
            SecretPlace::File(file.clone())
        }
        None => SecretPlace::Here(Secret::new(found.pem.as_str().to_owned())),
    };
    Ok(SandboxOutcome::Key(IssuerKey { issuer: found.issuer, cluster: found.cluster, place }))
}

fn write(file: &Path, pem: &[u8], force: bool) -> Result<(), SandboxCommandError> {
    let failed = |source| SandboxCommandError::KeyFile { path: file.to_owned(), source };
    if force {
        return write_secret_file(file, pem).map_err(failed);
    }
    create_secret_file(file, pem).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SandboxCommandError::KeyFileExists(file.to_owned()),
        _ => failed(error),
    })
}
