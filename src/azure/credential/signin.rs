//! From `--auth`, flags and environment to a token cache.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::auto::{AutoSource, Candidate};
use super::http::SignInHttp;
use super::identity::{IdentitySource, Recipe};
use super::program::Programs;
use super::{AuthMode, CredentialKind, Environment, SignInError, SignInFailure, TokenCache, TokenSource};
use crate::azure::certificates::{self, CaFile};
use crate::azure::http::Proxy;
use crate::values::cloud::{Cloud, parse_authority_host};
use azlab_clock::Clock;

/// How long az or azd may take. Starting Python and renewing a token over a slow line is a matter of seconds.
const PROGRAM_LIMIT: Duration = Duration::from_secs(30);
/// How long one token request may take with its retries; azure_identity gives managed identities 72 s.
const REQUEST_LIMIT: Duration = Duration::from_secs(90);
/// Where a virtual machine's managed identity answers.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Everything that signing in depends on.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    /// `--auth`.
    pub mode: AuthMode,
    /// `--cloud`: gives the authority unless `AZURE_AUTHORITY_HOST` names another.
    pub cloud: Cloud,
    /// The tenant to sign in to (`--tenant`, `AZURE_TENANT_ID`). Tokens of another one are refused.
    pub tenant: Option<String>,
    /// The subscription to sign in for: az uses the account it belongs to.
    pub subscription: Option<String>,
    /// Where settings and the programs' PATH come from.
    pub environment: Environment,
    /// Times the programs and requests, and the tokens' expiry.
    pub clock: Clock,
    /// How long az or azd may take for a token.
    pub program_limit: Duration,
    /// The address whose answer tells that this is an Azure virtual machine.
    pub imds: String,
    /// `--ca-file`, `AZLAB_CA_FILE`: certificates to trust besides the platform's.
    pub ca_file: Option<PathBuf>,
}

impl SignInOptions {
    /// Options with everything else at its default.
    pub fn new(mode: AuthMode, cloud: Cloud, environment: Environment, clock: Clock) -> Self {
        Self {
            mode,
            cloud,
            tenant: environment.get("AZURE_TENANT_ID").map(str::to_owned),
            subscription: None,
            ca_file: environment.path(certificates::OWN),
            environment,
            clock,
            program_limit: PROGRAM_LIMIT,
            imds: IMDS.to_owned(),
        }
    }
}

/// Prepares the sign-in that `options` name; the first [`TokenCache::token`] asks for a token.
///
/// `auto` takes the first of these that gives a token, and stays with it:
/// 1. client secret, then client certificate, if their variables are set;
/// 2. workload identity, if `AZURE_FEDERATED_TOKEN_FILE` is set;
/// 3. Azure Pipelines, if `SYSTEM_OIDCREQUESTURI` is set;
/// 4. the managed identity of an app, if `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are set;
/// 5. az, 6. azd;
/// 7. the managed identity of a virtual machine, if its address answers within a second.
///
/// The first four are there because somebody set them up for this run: when one of them is refused, `auto` fails rather
/// than acting as somebody else. The machine's identity comes last, since a person who signed in on a virtual machine
/// means their own account, and since asking for it costs others a second.
///
/// # Errors
/// [`SignInFailure::NotConfigured`] when a chosen sign-in lacks its settings, or the authority or CA file is unusable.
pub fn sign_in(options: SignInOptions) -> Result<TokenCache, SignInError> {
    let clock = options.clock;
    let mode = options.mode;
    let builder = Builder::new(options)?;
    let source: Arc<dyn TokenSource> = match mode {
        AuthMode::Auto => Arc::new(builder.auto()?),
        AuthMode::Cli => Arc::new(builder.cli()),
        AuthMode::Azd => Arc::new(builder.azd()),
        AuthMode::Secret => Arc::new(builder.secret()?),
        AuthMode::Certificate => Arc::new(builder.certificate()?),
        AuthMode::WorkloadIdentity => Arc::new(builder.workload()?),
        AuthMode::ManagedIdentity => Arc::new(builder.managed()?),
        AuthMode::Pipelines => Arc::new(builder.pipelines()?),
    };
    Ok(TokenCache::new(source, clock))
}

struct Builder {
    options: SignInOptions,
    authority: Url,
    programs: Arc<Programs>,
}

impl Builder {
    fn new(options: SignInOptions) -> Result<Self, SignInError> {
        let authority = options.environment.get("AZURE_AUTHORITY_HOST");
        let authority = parse_authority_host(authority.unwrap_or(options.cloud.authority_host())).map_err(|error| {
            let hint = "Correct AZURE_AUTHORITY_HOST, or unset it and use --cloud.";
            SignInError::new(SignInFailure::NotConfigured, CredentialKind::Auto, error.to_string(), hint)
        })?;
        let programs = Arc::new(Programs(options.environment.clone()));
        Ok(Self { options, authority, programs })
    }

    fn is_set(&self, name: &str) -> bool {
        self.options.environment.get(name).is_some()
    }

    /// The variables of one credential, or which of them is missing.
    fn require<const N: usize>(&self, kind: CredentialKind, names: [&str; N]) -> Result<[String; N], SignInError> {
        let values = names.map(|name| match name {
            "AZURE_TENANT_ID" => self.options.tenant.clone(),
            _ => self.options.environment.get(name).map(str::to_owned),
        });
        let missing: Vec<&str> =
            names.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        if missing.is_empty() {
            // As a file or a web form leaves it; Entra would call the secret wrong.
            let has_blanks = |value: &Option<String>| value.as_ref().is_some_and(|value| value.trim() != value);
            if let Some((name, _)) = names.iter().zip(&values).find(|(_, value)| has_blanks(value)) {
                return Err(SignInError::new(
                    SignInFailure::NotConfigured,
                    kind,
                    format!("{name} has a blank or a line break before or after its value"),
                    format!("Set {name} without it."),
                ));
            }
            return Ok(values.map(Option::unwrap_or_default));
        }
        let tenant =
            if missing.contains(&"AZURE_TENANT_ID") { " (the tenant can also be given with --tenant)" } else { "" };
        Err(SignInError::new(
            SignInFailure::NotConfigured,
            kind,
            format!("not set: {}", missing.join(", ")),
            format!("Set {}{tenant}, or choose another sign-in with --auth.", missing.join(", ")),
        ))
    }

    fn source(&self, kind: CredentialKind, recipe: Recipe, http: Option<Arc<SignInHttp>>) -> IdentitySource {
        let limit = if http.is_some() { REQUEST_LIMIT } else { self.options.program_limit };
        // Entra also takes a domain name for a tenant; which id that is, only Entra knows.
        let expected_tenant = self.options.tenant.clone().filter(|tenant| uuid::Uuid::parse_str(tenant).is_ok());
        IdentitySource {
            kind,
            recipe,
            programs: self.programs.clone(),
            http,
            authority: self.authority.clone(),
            expected_tenant,
            clock: self.options.clock,
            limit,
        }
    }

    fn over_http(&self, kind: CredentialKind, recipe: Recipe) -> Result<IdentitySource, SignInError> {
        let proxy = Proxy::for_url(&self.authority);
        let http = self.http(proxy, kind)?;
        Ok(self.source(kind, recipe, Some(Arc::new(http))))
    }

    fn http(&self, proxy: Proxy, kind: CredentialKind) -> Result<SignInHttp, SignInError> {
        let ca_file = CaFile::find(self.options.ca_file.as_deref(), &self.options.environment);
        SignInHttp::new(ca_file.as_ref(), proxy, &self.authority, kind)
    }

    fn cli(&self) -> IdentitySource {
        let SignInOptions { subscription, tenant, .. } = &self.options;
        let recipe = Recipe::Cli { subscription: subscription.clone(), tenant: tenant.clone() };
        self.source(CredentialKind::Cli, recipe, None)
    }

    fn azd(&self) -> IdentitySource {
        self.source(CredentialKind::Azd, Recipe::Azd { tenant: self.options.tenant.clone() }, None)
    }

    fn secret(&self) -> Result<IdentitySource, SignInError> {
        let kind = CredentialKind::Secret;
        let [tenant, client, secret] =
            self.require(kind, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"])?;
        self.over_http(kind, Recipe::Secret { tenant, client, secret: Zeroizing::new(secret) })
    }

    #[cfg(feature = "client-certificate")]
    fn certificate(&self) -> Result<IdentitySource, SignInError> {
        let kind = CredentialKind::Certificate;
        let [tenant, client, path] =
            self.require(kind, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH"])?;
        let password = self.options.environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD");
        let password = password.map(|password| Zeroizing::new(password.to_owned()));
        self.over_http(kind, Recipe::Certificate { tenant, client, path: path.into(), password })
    }

    #[cfg(not(feature = "client-certificate"))]
    fn certificate(&self) -> Result<IdentitySource, SignInError> {
        Err(SignInError::new(
            SignInFailure::NotConfigured,
            CredentialKind::Certificate,
            "this azlab was built without client certificates",
            "Build it with `cargo build --release --features client-certificate` (needs OpenSSL's headers), or use a secret.",
        ))
    }

    fn workload(&self) -> Result<IdentitySource, SignInError> {
        let kind = CredentialKind::WorkloadIdentity;
        let [tenant, client, file] =
            self.require(kind, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"])?;
        self.over_http(kind, Recipe::Workload { tenant, client, token_file: PathBuf::from(file) })
    }

    fn pipelines(&self) -> Result<IdentitySource, SignInError> {
        let kind = CredentialKind::Pipelines;
        let [client, tenant, connection, job_token, _] = self.require(
            kind,
            [
                "AZURESUBSCRIPTION_CLIENT_ID",
                "AZURESUBSCRIPTION_TENANT_ID",
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                "SYSTEM_ACCESSTOKEN",
                "SYSTEM_OIDCREQUESTURI",
            ],
        )?;
        self.over_http(kind, Recipe::Pipelines { tenant, client, connection, job_token: Zeroizing::new(job_token) })
    }

    fn managed(&self) -> Result<IdentitySource, SignInError> {
        let kind = CredentialKind::ManagedIdentity;
        let http = self.http(Proxy::Never, kind)?;
        let client = self.options.environment.get("AZURE_CLIENT_ID").map(str::to_owned);
        Ok(self.source(kind, Recipe::Managed { client }, Some(Arc::new(http))))
    }

    /// What `auto` goes through; see [`sign_in`].
    fn auto(&self) -> Result<AutoSource, SignInError> {
        let mut candidates = Vec::new();
        let mut configured = |set: bool, kind, source: &dyn Fn() -> Result<IdentitySource, SignInError>| {
            candidates.push(match set {
                false => Candidate::absent(kind, "its variables are not set"),
                true => Candidate::configured(kind, source()),
            });
        };
        configured(self.is_set("AZURE_CLIENT_SECRET"), CredentialKind::Secret, &|| self.secret());
        configured(self.is_set("AZURE_CLIENT_CERTIFICATE_PATH"), CredentialKind::Certificate, &|| self.certificate());
        configured(self.is_set("AZURE_FEDERATED_TOKEN_FILE"), CredentialKind::WorkloadIdentity, &|| self.workload());
        configured(self.is_set("SYSTEM_OIDCREQUESTURI"), CredentialKind::Pipelines, &|| self.pipelines());
        let hosted = self.is_set("IDENTITY_ENDPOINT") || self.is_set("MSI_ENDPOINT");
        let app = self.is_set("IDENTITY_ENDPOINT") && self.is_set("IDENTITY_HEADER");
        if app && !self.is_set("IDENTITY_SERVER_THUMBPRINT") {
            configured(true, CredentialKind::ManagedIdentity, &|| self.managed());
        } else if hosted {
            // Arc, Cloud Shell, Machine Learning and Service Fabric each have a protocol of their own.
            let why = "azure_identity does not know the identity service of this host";
            candidates.push(Candidate::absent(CredentialKind::ManagedIdentity, why));
        }
        candidates.push(Candidate::offered(self.cli()));
        candidates.push(Candidate::offered(self.azd()));
        if !hosted {
            let probe = self.http(Proxy::Never, CredentialKind::ManagedIdentity)?;
            let url = Url::parse(&self.options.imds).map_err(|error| {
                let message = format!("the address {} cannot be used: {error}", self.options.imds);
                SignInError::new(SignInFailure::NotConfigured, CredentialKind::ManagedIdentity, message, "")
            })?;
            candidates.push(Candidate::probed(self.managed()?, probe, url));
        }
        Ok(AutoSource::new(candidates, self.options.clock))
    }
}
