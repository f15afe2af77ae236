//! Signing in with a stand-in `az` (and `azd`) found on PATH and run by azure_identity.
#![cfg(unix)]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use azlab::azure::credential::{
    AuthMode, CredentialKind, Environment, SignInError, SignInFailure, SignInOptions, TokenCache, sign_in,
};
use azlab::values::cloud::Cloud;
use azlab_clock::Clock;
use azlab_sandbox::serve::{ServeOptions, serve};
use futures::future::join_all;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::ends;

pub(crate) const SCOPE: &str = "https://management.azure.com/.default";
/// Nothing listens on port 1 of this machine: not an Azure virtual machine.
const NO_IMDS: &str = "http://127.0.0.1:1/";

/// Counts its runs, keeps its arguments, and prints numbered tokens of an hour.
const GOOD_AZ: &str = r#"
echo "$@" >> "$BENCH/runs"
run=$(wc -l < "$BENCH/runs" | tr -d ' ')
printf '{"accessToken":"token-%s","expires_on":%s,"subscription":"s","tenant":"t","tokenType":"Bearer"}' \
  "$run" "$(($(date +%s) + 3600))"
"#;

/// A directory with programs, which is first on PATH.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn with(self, program: &str, script: &str) -> Self {
        // Written by another process: were it open for writing here while another test starts a program, that program
        // would hold it open too, and the system would refuse to run it ("text file busy").
        let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
        let path = self.path().join(program);
        let written = Command::new("/bin/sh").args(["-c", write, "sh"]).arg(path).arg(script).status().unwrap();
        assert!(written.success());
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn options(&self, mode: AuthMode) -> SignInOptions {
        let path = format!("{}:/usr/bin:/bin", self.path().display());
        let environment = Environment::from_pairs([("PATH", path.as_str()), ("BENCH", self.path().to_str().unwrap())]);
        let mut options = SignInOptions::new(mode, Cloud::Public, environment, Clock::real());
        options.imds = NO_IMDS.to_owned();
        options
    }

    pub(crate) fn cli(&self) -> TokenCache {
        sign_in(self.options(AuthMode::Cli)).unwrap()
    }

    pub(crate) async fn failure(&self, mode: AuthMode) -> SignInError {
        sign_in(self.options(mode)).unwrap().token(SCOPE).await.unwrap_err()
    }
}

#[tokio::test]
async fn twenty_callers_start_az_once() {
    let bench = Bench::new().with("az", GOOD_AZ);
    let cache = bench.cli();
    for token in join_all((0..20).map(|_| cache.token(SCOPE))).await {
        assert_eq!(token.unwrap().secret(), "token-1");
    }
    assert_eq!(bench.runs(), [format!("account get-access-token -o json --scope {SCOPE}")]);
    assert_eq!(cache.winner(), CredentialKind::Cli);
}

#[tokio::test]
async fn az_is_asked_again_before_its_token_expires_and_when_it_was_refused() {
    let bench = Bench::new().with("az", GOOD_AZ);
    let cache = bench.cli();
    let token = cache.token(SCOPE).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(54 * 60)).await;
    tokio::time::resume();
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), "token-1");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2 * 60)).await;
    tokio::time::resume();
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), "token-2");
    cache.invalidate(&token);
    assert_eq!(bench.runs().len(), 2);
}

#[tokio::test]
async fn a_refused_token_is_asked_for_anew() {
    let bench = Bench::new().with("az", GOOD_AZ);
    let cache = bench.cli();
    let token = cache.token(SCOPE).await.unwrap();
    cache.invalidate(&token);
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), "token-2");
}

#[tokio::test]
async fn az_signs_in_for_the_subscription_else_for_the_tenant() {
    let bench = Bench::new().with("az", GOOD_AZ);
    let mut options = bench.options(AuthMode::Cli);
    options.tenant = Some("99999999-2222-3333-4444-555555555555".to_owned());
    sign_in(options.clone()).unwrap().token(SCOPE).await.unwrap();
    options.subscription = Some("11111111-2222-3333-4444-555555555555".to_owned());
    sign_in(options).unwrap().token(SCOPE).await.unwrap();
    let runs = bench.runs();
    let asked = |rest| format!("account get-access-token -o json --scope {SCOPE} {rest}");
    assert_eq!(
        runs,
        [
            asked("--tenant 99999999-2222-3333-4444-555555555555"),
            asked("--subscription 11111111-2222-3333-4444-555555555555"),
        ]
    );
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused() {
    // {"tid":"00000000-0000-0000-0000-00000000000b"}
    let token = "e30.eyJ0aWQiOiIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGIifQ.x";
    let script = format!(
        r#"printf '{{"accessToken":"{token}","expires_on":%s,"tokenType":"Bearer"}}' "$(($(date +%s) + 3600))""#
    );
    let bench = Bench::new().with("az", &script);
    let mut options = bench.options(AuthMode::Cli);
    options.tenant = Some("00000000-0000-0000-0000-00000000000a".to_owned());
    let error = sign_in(options.clone()).unwrap().token(SCOPE).await.unwrap_err();
    assert_eq!(error.failure, SignInFailure::WrongTenant);
    assert!(error.hint.contains("az login --tenant 00000000-0000-0000-0000-00000000000a"), "{error}");
    options.tenant = Some("00000000-0000-0000-0000-00000000000B".to_owned());
    assert!(sign_in(options).unwrap().token(SCOPE).await.is_ok());
}

#[tokio::test]
async fn each_failure_of_az_is_told_apart() {
    let cases = [
        ("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", SignInFailure::NotSignedIn, "az login"),
        (
            "echo 'ERROR: AADSTS700082: The refresh token has expired due to inactivity.' >&2; exit 1",
            SignInFailure::Expired,
            "AADSTS700082",
        ),
        (
            "echo 'ERROR: AADSTS50020: User account does not exist in tenant.' >&2; exit 1",
            SignInFailure::WrongTenant,
            "--tenant",
        ),
        ("echo hello", SignInFailure::Other, "az account get-access-token"),
        ("true", SignInFailure::Other, "az account get-access-token"),
        ("head -c 3000000 /dev/zero", SignInFailure::Other, "too much for a token"),
        (r#"echo '{"accessToken":"eyJsecret","tokenType":"Bearer"}'"#, SignInFailure::Other, "2.54"),
        ("exit 3", SignInFailure::Other, "no reason"),
    ];
    for (script, failure, expected) in cases {
        let error = Bench::new().with("az", script).failure(AuthMode::Cli).await;
        let shown = error.to_string();
        assert_eq!(error.failure, failure, "{script}: {shown}");
        assert!(shown.contains(expected), "{script}: {shown}");
        assert!(shown.lines().count() <= 2 && !shown.contains("eyJsecret"), "{shown}");
    }
}

#[tokio::test]
async fn no_az_on_path() {
    let bench = Bench::new();
    let mut options = bench.options(AuthMode::Cli);
    options.environment = Environment::from_pairs([("PATH", bench.path())]);
    let error = sign_in(options).unwrap().token(SCOPE).await.unwrap_err();
    assert_eq!(error.failure, SignInFailure::ProgramNotFound);
    assert!(error.hint.contains("Install"), "{error}");
}

/// Paused, the limit passes as soon as there is nothing to do but wait for az.
#[tokio::test(start_paused = true)]
async fn az_that_hangs_is_given_up() {
    let bench = Bench::new().with("az", "exec sleep 3600");
    let error = bench.failure(AuthMode::Cli).await;
    assert_eq!(error.failure, SignInFailure::TimedOut);
    assert!(error.message.contains("30 s"), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn az_ends_with_all_it_started_when_nobody_waits() {
    let bench = Bench::new()
        .with("az", "sleep 3600 & echo $! > \"$BENCH/child.new\"; mv \"$BENCH/child.new\" \"$BENCH/child\"; wait");
    let cache = bench.cli();
    let child = bench.path().join("child");
    let started = async {
        while !child.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        token = cache.token(SCOPE) => panic!("{token:?}"),
        () = started => {}
    }
    let process = fs::read_to_string(&child).unwrap().trim().to_owned();
    let running = || {
        let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // Ended and waiting for its parent to notice is ended.
        !status.is_empty() && !status.contains(") Z ")
    };
    let ended = async {
        while running() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    ends("what az started", ended).await;
}

#[tokio::test]
async fn auto_takes_az_before_azd_and_says_so() {
    let azd = r#"printf '{"token":"azd","expiresOn":"2999-01-01T00:00:00Z"}'"#;
    let bench = Bench::new().with("az", GOOD_AZ).with("azd", azd);
    let cache = sign_in(bench.options(AuthMode::Auto)).unwrap();
    assert_eq!(cache.winner(), CredentialKind::Auto);
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), "token-1");
    assert_eq!(cache.winner(), CredentialKind::Cli);

    let bench = Bench::new().with("az", "echo \"Please run 'az login'\" >&2; exit 1").with("azd", azd);
    let cache = sign_in(bench.options(AuthMode::Auto)).unwrap();
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), "azd");
    assert_eq!(cache.winner(), CredentialKind::Azd);
}

#[tokio::test]
async fn auto_lists_what_it_tried() {
    let bench = Bench::new()
        .with("az", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
        .with("azd", r#"echo '{"data":{"message":"not logged in, run `azd auth login` to login"}}' >&2; exit 1"#);
    let error = bench.failure(AuthMode::Auto).await;
    assert_eq!(error.failure, SignInFailure::NothingWorked);
    let tried: Vec<CredentialKind> = error.tried.iter().map(|attempt| attempt.credential).collect();
    use CredentialKind as K;
    assert_eq!(
        tried,
        [K::Secret, K::Certificate, K::WorkloadIdentity, K::Pipelines, K::Cli, K::Azd, K::ManagedIdentity]
    );
    let shown = error.to_string();
    assert!(shown.contains("az CLI: Please run 'az login' to setup account."), "{shown}");
    assert!(shown.contains("Azure Developer CLI: not logged in"), "{shown}");
    assert!(shown.contains("managed identity: no identity service answers here"), "{shown}");
    assert!(shown.ends_with("Run `az login`, or choose a sign-in with --auth and see why it fails."), "{shown}");
    assert_eq!(shown.lines().count(), 9, "{shown}");
}

#[tokio::test]
async fn auto_does_not_take_any_address_for_azure_s() {
    let stop = CancellationToken::new();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = serve(Router::new(), ServeOptions::new(listen, None, 1.0), stop.clone()).await.unwrap();
    let mut options = Bench::new().options(AuthMode::Auto);
    options.imds = server.url();
    let error = sign_in(options).unwrap().token(SCOPE).await.unwrap_err();
    let last = error.tried.last().unwrap();
    assert_eq!(last.credential, CredentialKind::ManagedIdentity);
    assert_eq!(last.reason, "this is not an Azure virtual machine");
}

#[test]
fn a_chosen_sign_in_without_its_settings_names_them() {
    let bench = Bench::new();
    let cases = [
        (AuthMode::Secret, "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET"),
        (AuthMode::WorkloadIdentity, "AZURE_FEDERATED_TOKEN_FILE"),
        (AuthMode::Pipelines, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
        #[cfg(not(feature = "client-certificate"))]
        (AuthMode::Certificate, "--features client-certificate"),
        #[cfg(feature = "client-certificate")]
        (AuthMode::Certificate, "AZURE_CLIENT_CERTIFICATE_PATH"),
    ];
    for (mode, expected) in cases {
        let error = sign_in(bench.options(mode)).unwrap_err();
        assert_eq!(error.failure, SignInFailure::NotConfigured);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_secret_with_a_line_break_behind_it_is_told_and_not_sent() {
    let all = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "hunter2")];
    for (name, value) in
        [("AZURE_CLIENT_SECRET", "hunter2\n"), ("AZURE_CLIENT_SECRET", " hunter2"), ("AZURE_CLIENT_ID", "c\r")]
    {
        let pairs = all.map(|(one, had)| (one, if one == name { value } else { had }));
        for mode in [AuthMode::Secret, AuthMode::Auto] {
            let mut options = SignInOptions::new(mode, Cloud::Public, Environment::from_pairs(pairs), Clock::real());
            options.tenant = Some("t".to_owned());
            let error = match sign_in(options) {
                Ok(tokens) => {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(tokens.token(SCOPE)).unwrap_err()
                }
                Err(error) => error,
            };
            assert_eq!(error.failure, SignInFailure::NotConfigured, "{error}");
            assert!(error.message.contains(name) && error.hint.contains(name), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
