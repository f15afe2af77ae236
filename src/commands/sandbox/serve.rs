//! `azlab sandbox serve`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::SandboxCommandError;
use super::how_to_use::{Address, how_to_use};
use crate::cli::sandbox::ServedTool;
use crate::clock::Clock;
use crate::report::Output;
use crate::sandbox::Sandbox;
use crate::sandbox::serve::{ServeOptions, TlsIdentity, serve, write_secret_file};

/// Where `serve` writes the authority's certificate if no `--ca-file` names another place: in the sandbox's directory.
const CA_FILE: &str = "ca.pem";

/// Where `serve` writes the application's secret for az to read, in the sandbox's directory.
const SECRET_FILE: &str = "client-secret";

/// What was asked for.
pub(super) struct Asked<'a> {
    pub listen: SocketAddr,
    pub http: bool,
    pub ca_file: Option<&'a PathBuf>,
    pub allow_remote: bool,
    pub tools: &'a [ServedTool],
}

/// Serves until `stop`; `say` is called once, with how to use it.
pub(super) async fn run(
    asked: Asked<'_>,
    dir: &Path,
    speed: f64,
    output: Output,
    stop: CancellationToken,
    say: impl Fn(&str),
) -> Result<(), SandboxCommandError> {
    let sandbox = Sandbox::open(dir, speed)?;
    let tls = if asked.http { None } else { Some(TlsIdentity::load_or_create(dir, Clock::real().now())?) };
    let ca_file = asked.ca_file.cloned().unwrap_or_else(|| dir.join(CA_FILE));
    let ca_file = std::path::absolute(&ca_file).unwrap_or(ca_file);
    if let Some(tls) = &tls {
        tls.write_ca_file(&ca_file)?;
    }
    let ca_file = tls.is_some().then_some(ca_file);
    let mut options = ServeOptions::new(asked.listen, tls, sandbox.clock().speed());
    options.allow_remote = asked.allow_remote;
    let server = serve(sandbox.public_router(), options, stop).await?;
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let url = server.url();
    let secret = sandbox.directory().default_application().secret();
    let secret_file = dir.join(SECRET_FILE);
    if ca_file.is_some() {
        write_secret_file(&secret_file, secret.as_bytes())
            .map_err(|source| SandboxCommandError::SecretFile { path: secret_file.clone(), source })?;
    }
    let address = Address {
        url: &url,
        port: server.address().port(),
        ca_file: ca_file.as_deref(),
        dir: &dir,
        secret,
        secret_file: &secret_file,
        identity_header: &sandbox.identity_header(),
        allow_remote: asked.allow_remote,
    };
    say(&how_to_use(&address, asked.tools, output));
    server.stopped().await;
    Ok(())
}
