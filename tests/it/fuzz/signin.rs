//! What az prints and what Entra answers.
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use azlab::azure::credential::{AuthMode, Environment, SignInOptions, sign_in};
use azlab::values::cloud::Cloud;
use azlab_clock::Clock;
use azlab_sandbox::serve::{ServeOptions, TlsIdentity, serve};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::mutation::Mutation;
use super::{body, hold};

const SCOPE: &str = "https://management.azure.com/.default";
/// In every answer, and never in an error.
const SECRET: &str = "eyJhbGciOiJub25lIn0.eyJzZWNyZXQiOiJpbiBpdCJ9.c2VjcmV0";

fn mutated(good: Value) -> impl Strategy<Value = Vec<u8>> {
    let one = (Mutation::any(), any::<Index>(), any::<bool>()).prop_map(move |(mutation, at, cut)| {
        let mut tree = good.clone();
        mutation.apply(&mut tree, at);
        let mut bytes = tree.to_string().into_bytes();
        if cut {
            bytes.truncate(at.index(bytes.len() + 1));
        }
        bytes
    });
    prop_oneof![3 => one, 1 => body()]
}

/// A token, or an error that is short and holds none.
async fn asked(options: SignInOptions) -> Result<(), TestCaseError> {
    let cache = sign_in(options).map_err(|error| TestCaseError::fail(error.to_string()))?;
    if let Err(error) = cache.token(SCOPE).await {
        let shown = format!("{error} {error:?}");
        prop_assert!(shown.len() <= 8_000, "{} bytes", shown.len());
        prop_assert!(!shown.contains(SECRET) && !shown.contains("client-secret-1"), "{shown}");
        prop_assert!(!error.message.trim().is_empty());
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn whatever_az_prints_is_a_token_or_a_short_error_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    let out = folder.path().join("out");
    // Written by another process, as in signin_az.rs: nothing here may hold it open while it is run.
    let write = r#"printf '#!/bin/sh\ncat "%s"; cat "%s" >&2; exit "$(cat "%s.code")"\n' "$2" "$2" "$2" > "$1" && chmod 755 "$1""#;
    assert!(
        std::process::Command::new("/bin/sh").args(["-c", write, "sh"]).arg(&az).arg(&out).status().unwrap().success()
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let good = json!({"accessToken": SECRET, "expires_on": 4_000_000_000_u32, "expiresOn": "2096-01-01 00:00:00.000000",
        "subscription": "s", "tenant": "t", "tokenType": "Bearer"});
    hold(40, (mutated(good), 0_u8..3), |(bytes, code)| {
        std::fs::write(&out, bytes).unwrap();
        std::fs::write(folder.path().join("out.code"), code.to_string()).unwrap();
        let environment = Environment::from_pairs([("PATH", path.as_str())]);
        let options = SignInOptions::new(AuthMode::Cli, Cloud::Public, environment, Clock::real());
        runtime.block_on(asked(options))
    });
}

#[test]
fn whatever_entra_answers_is_a_token_or_a_short_error_without_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsIdentity::load_or_create(folder.path(), Clock::real().now()).unwrap();
    let ca_file = folder.path().join("ca.pem");
    tls.write_ca_file(&ca_file).unwrap();
    let said = Arc::new(Mutex::new((200_u16, Vec::new())));
    let says = said.clone();
    let router = Router::new().fallback(move || {
        let (status, bytes) = says.lock().unwrap().clone();
        async move { (axum::http::StatusCode::from_u16(status).unwrap(), bytes) }
    });
    let stop = CancellationToken::new();
    let options = ServeOptions::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Some(tls), 1.0);
    let server = runtime.block_on(serve(router, options, stop.clone())).unwrap();
    let (url, ca_file) = (server.url(), ca_file.to_str().unwrap().to_owned());
    let good = prop_oneof![
        mutated(json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": SECRET})),
        mutated(
            json!({"error": "invalid_client", "error_description": format!("AADSTS7000215: {SECRET}. Trace ID: x"),
            "error_codes": [7_000_215], "timestamp": "t", "trace_id": "x", "correlation_id": "y"})
        ),
    ];
    let status = prop::sample::select(vec![200_u16, 200, 201, 204, 302, 400, 401, 403, 404]);
    hold(60, (good, status), |(bytes, status)| {
        *said.lock().unwrap() = (status, bytes);
        let environment = Environment::from_pairs([
            ("AZURE_AUTHORITY_HOST", url.as_str()),
            ("AZLAB_CA_FILE", ca_file.as_str()),
            ("AZURE_TENANT_ID", "7e4a0000-0000-0000-0000-000000000000"),
            ("AZURE_CLIENT_ID", "a21ab000-0000-4000-8000-000000000001"),
            ("AZURE_CLIENT_SECRET", "client-secret-1"),
        ]);
        runtime.block_on(asked(SignInOptions::new(AuthMode::Secret, Cloud::Public, environment, Clock::real())))
    });
    stop.cancel();
    runtime.block_on(server.stopped());
}
