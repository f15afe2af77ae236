//! The client-secret flow of azure_identity against the sandbox's sign-in service, over HTTPS.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use azlab::azure::credential::{
    AuthMode, CredentialKind, Environment, SandboxSource, SignInError, SignInFailure, SignInOptions, TokenCache,
    TokenSource as _, sign_in,
};
use azlab::values::cloud::Cloud;
use azlab_clock::Clock;
use azlab_sandbox::serve::{ServeOptions, Server, TlsIdentity, serve};
use azlab_sandbox::signin::{DEFAULT_CLIENT_ID, Directory, Signer};
use azlab_sandbox::{Sandbox, TENANT_ID};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SCOPE: &str = "https://management.azure.com/.default";
const TENANT: &str = TENANT_ID;

/// A sandbox's sign-in service on a socket.
struct Entra {
    sandbox: Sandbox,
    secret: String,
    server: Server,
    ca_file: PathBuf,
    _stop: tokio_util::sync::DropGuard,
    directory: TempDir,
}

impl Entra {
    async fn start(speed: f64) -> Self {
        let directory = TempDir::new().unwrap();
        let sandbox = Sandbox::in_memory(Clock::scaled(Clock::real().now(), speed)).unwrap();
        let secret = sandbox.directory().default_application().secret().to_owned();
        let tls = TlsIdentity::load_or_create(directory.path(), Clock::real().now()).unwrap();
        let ca_file = directory.path().join("ca.pem");
        tls.write_ca_file(&ca_file).unwrap();
        let stop = CancellationToken::new();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options = ServeOptions::new(listen, Some(tls), speed);
        let server = serve(sandbox.public_router(), options, stop.clone()).await.unwrap();
        Self { sandbox, secret, server, ca_file, _stop: stop.drop_guard(), directory }
    }

    /// The variables of a working client-secret sign-in, with some of them changed or, if empty, unset.
    fn environment(&self, changes: &[(&str, &str)]) -> Environment {
        let client = DEFAULT_CLIENT_ID.to_string();
        let (url, ca_file) = (self.server.url(), self.ca_file.to_str().unwrap().to_owned());
        let pairs = [
            ("AZURE_AUTHORITY_HOST", url.as_str()),
            ("AZLAB_CA_FILE", ca_file.as_str()),
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_CLIENT_ID", client.as_str()),
            ("AZURE_CLIENT_SECRET", self.secret.as_str()),
            // Nothing there: neither az nor azd.
            ("PATH", self.directory.path().to_str().unwrap()),
        ];
        Environment::from_pairs(pairs.into_iter().chain(changes.iter().copied()))
    }

    fn sign_in(&self, mode: AuthMode, changes: &[(&str, &str)]) -> Result<TokenCache, SignInError> {
        let mut options = SignInOptions::new(mode, Cloud::Public, self.environment(changes), Clock::real());
        options.imds = "http://127.0.0.1:1/".to_owned();
        sign_in(options)
    }

    async fn failure(&self, mode: AuthMode, changes: &[(&str, &str)]) -> SignInError {
        match self.sign_in(mode, changes) {
            Ok(cache) => cache.token(SCOPE).await.unwrap_err(),
            Err(error) => error,
        }
    }
}

#[tokio::test]
async fn a_client_secret_buys_a_token_that_the_sandbox_takes() {
    let entra = Entra::start(1.0).await;
    let cache = entra.sign_in(AuthMode::Secret, &[]).unwrap();
    let token = cache.token(SCOPE).await.unwrap();
    let claims = entra.sandbox.signer().verify(token.secret(), Clock::real().now(), &["https://management.azure.com/"]);
    let claims = claims.unwrap();
    assert_eq!((claims.tid, claims.appid), (TENANT.to_string(), DEFAULT_CLIENT_ID.to_string()));

    cache.invalidate(&token);
    let renewed = cache.token(SCOPE).await.unwrap();
    assert_ne!(renewed.secret(), token.secret(), "azure_identity's own cache does not give the refused token again");
}

#[tokio::test]
async fn a_fast_sandbox_gives_clients_an_hour_of_their_time() {
    let entra = Entra::start(60.0).await;
    let token = entra.sign_in(AuthMode::Secret, &[]).unwrap().token(SCOPE).await.unwrap();
    let now = Clock::real().now();
    assert!((token.expires_on - now).whole_minutes() >= 58);
    let sandbox = entra.sandbox.clock().now() + time::Duration::hours(59);
    assert!(entra.sandbox.signer().verify(token.secret(), sandbox, &["https://management.azure.com"]).is_ok());
}

#[tokio::test]
async fn refusals_are_told_apart_and_hold_no_secret() {
    let entra = Entra::start(1.0).await;
    let other = Uuid::from_u128(0xbad).to_string();
    let cases = [
        (("AZURE_CLIENT_SECRET", "hunter2"), SignInFailure::Refused, "AADSTS7000215"),
        (("AZURE_CLIENT_ID", other.as_str()), SignInFailure::Refused, "AADSTS700016"),
        (("AZURE_TENANT_ID", other.as_str()), SignInFailure::WrongTenant, "AADSTS90002"),
    ];
    for (change, failure, code) in cases {
        let error = entra.failure(AuthMode::Secret, &[change]).await;
        let shown = format!("{error} {error:?}");
        assert_eq!(error.failure, failure, "{error}");
        assert!(shown.contains(code), "{error}");
        assert!(!shown.contains("hunter2") && !shown.contains(&entra.secret), "{shown}");
    }
}

#[tokio::test]
async fn an_authority_that_cannot_be_trusted_gets_no_secret() {
    let entra = Entra::start(1.0).await;
    let error = entra.failure(AuthMode::Secret, &[("AZLAB_CA_FILE", "")]).await;
    assert_eq!(error.failure, SignInFailure::Network, "{error}");
    assert!(error.message.contains("not trusted") && error.hint.contains("AZLAB_CA_FILE"), "{error}");

    let elsewhere = TempDir::new().unwrap();
    let stranger = TlsIdentity::load_or_create(elsewhere.path(), Clock::real().now()).unwrap();
    let stranger_file = elsewhere.path().join("stranger.pem");
    stranger.write_ca_file(&stranger_file).unwrap();
    let error = entra.failure(AuthMode::Secret, &[("AZLAB_CA_FILE", stranger_file.to_str().unwrap())]).await;
    assert_eq!(error.failure, SignInFailure::Network, "{error}");
    assert!(error.message.contains("not trusted"), "{error}");

    let plain = entra.server.url().replace("https", "http");
    let error = entra.failure(AuthMode::Secret, &[("AZURE_AUTHORITY_HOST", &plain)]).await;
    assert_eq!(error.failure, SignInFailure::NotConfigured, "{error}");
    assert!(error.message.contains("must be https"), "{error}");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_named() {
    let entra = Entra::start(1.0).await;
    let empty = entra.directory.path().join("empty.pem");
    std::fs::write(&empty, "not a certificate").unwrap();
    for file in [empty.to_str().unwrap(), "/nowhere/ca.pem"] {
        let error = entra.failure(AuthMode::Secret, &[("AZLAB_CA_FILE", file)]).await;
        assert_eq!(error.failure, SignInFailure::NotConfigured);
        assert!(error.message.contains(file), "{error}");
    }
}

#[tokio::test]
async fn auto_prefers_a_secret_that_is_set_and_stays_with_it() {
    let entra = Entra::start(1.0).await;
    let cache = entra.sign_in(AuthMode::Auto, &[]).unwrap();
    cache.token(SCOPE).await.unwrap();
    assert_eq!(cache.winner(), CredentialKind::Secret);

    let error = entra.failure(AuthMode::Auto, &[("AZURE_CLIENT_SECRET", "wrong")]).await;
    assert_eq!((error.failure, error.credential), (SignInFailure::Refused, CredentialKind::Secret));
    let error = entra.failure(AuthMode::Auto, &[("AZURE_CLIENT_ID", "")]).await;
    assert_eq!((error.failure, error.credential), (SignInFailure::NotConfigured, CredentialKind::Secret));
    assert!(error.message.contains("AZURE_CLIENT_ID"), "{error}");
}

#[tokio::test]
async fn the_token_endpoint_speaks_entra() {
    let entra = Entra::start(1.0).await;
    let ca = std::fs::read(&entra.ca_file).unwrap();
    let ca = reqwest::Certificate::from_pem(&ca).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let client_id = DEFAULT_CLIENT_ID.to_string();
    let full = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", entra.secret.as_str()),
        ("scope", SCOPE),
    ];
    let cases: [(&str, &str, u16, &str, u32); 7] = [
        ("grant_type", "device", 400, "unsupported_grant_type", 70_003),
        ("grant_type", "", 400, "invalid_request", 900_144),
        ("client_id", "", 400, "invalid_request", 900_144),
        ("client_id", "nobody", 400, "unauthorized_client", 700_016),
        ("client_secret", "", 401, "invalid_client", 7_000_218),
        ("client_secret", "guess", 401, "invalid_client", 7_000_215),
        ("scope", "https://management.azure.com", 400, "invalid_scope", 1_002_012),
    ];
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", entra.server.url());
    for (changed, to, status, error, code) in cases {
        let form = full.map(|(name, value)| (name, if name == changed { to } else { value }));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = client.post(&url).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{changed}={to}");
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!((body["error"].as_str(), &body["error_codes"][0]), (Some(error), &code.into()), "{body}");
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    }

    let discovery = format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", entra.server.url());
    let answer = client.get(discovery).send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["token_endpoint"], url);
    let instance = format!(
        "{}/common/discovery/instance?api-version=1.1&authorization_endpoint={}/{TENANT}/oauth2/v2.0/authorize",
        entra.server.url(),
        entra.server.url()
    );
    let answer = client.get(instance).send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["tenant_discovery_endpoint"].as_str().unwrap().contains(&TENANT.to_string()), "{answer}");
}

#[tokio::test]
async fn the_sandbox_in_process_needs_no_socket() {
    let clock = Clock::scaled(Clock::real().now(), 60.0);
    let signer = Signer::generate().unwrap();
    let directory = Directory::new(TENANT.parse().unwrap(), "s");
    let principal = directory.application(DEFAULT_CLIENT_ID).unwrap().principal;
    let source = SandboxSource::new(signer.clone(), principal, clock);
    let token = source.fetch(SCOPE).await.unwrap();
    assert!(signer.verify(token.secret(), clock.now(), &["https://management.azure.com"]).is_ok());
    assert!(signer.verify(token.secret(), token.expires_on, &["https://management.azure.com"]).is_err());
}
