//! The credentials of azure_identity as token sources.
//!
//! A credential is built anew for each fetch: azure_identity keeps a token of its own inside, and would give the same
//! one again after the service called it expired.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    AzurePipelinesCredential, AzurePipelinesCredentialOptions, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use url::Url;
use zeroize::Zeroizing;

use super::classify::classify;
use super::http::SignInHttp;
use super::program::Programs;
use super::trouble::Kind;
use super::{AccessToken, CredentialKind, SignInError, SignInFailure, TokenSource};
use azlab_clock::Clock;

/// How often a token request is repeated after a connection error, 429 or 5xx.
const MAX_RETRIES: u32 = 3;

/// What a credential is made of.
pub(super) enum Recipe {
    Cli {
        subscription: Option<String>,
        tenant: Option<String>,
    },
    Azd {
        tenant: Option<String>,
    },
    Secret {
        tenant: String,
        client: String,
        secret: Zeroizing<String>,
    },
    #[cfg(feature = "client-certificate")]
    Certificate {
        tenant: String,
        client: String,
        path: PathBuf,
        password: Option<Zeroizing<String>>,
    },
    Workload {
        tenant: String,
        client: String,
        token_file: PathBuf,
    },
    Managed {
        client: Option<String>,
    },
    Pipelines {
        tenant: String,
        client: String,
        connection: String,
        job_token: Zeroizing<String>,
    },
}

/// A [`TokenSource`] over one credential of azure_identity.
pub(super) struct IdentitySource {
    pub(super) kind: CredentialKind,
    pub(super) recipe: Recipe,
    pub(super) programs: Arc<Programs>,
    pub(super) http: Option<Arc<SignInHttp>>,
    pub(super) authority: Url,
    /// The tenant that the tokens must be of.
    pub(super) expected_tenant: Option<String>,
    pub(super) clock: Clock,
    /// How long one fetch may take.
    pub(super) limit: Duration,
}

impl IdentitySource {
    fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.to_string();
        let retry = ExponentialRetryOptions { max_retries: MAX_RETRIES, ..Default::default() };
        ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::exponential(retry),
            transport: self.http.clone().map(|http| Transport::new(http)),
            ..Default::default()
        }
    }

    fn credential(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let assertion = || ClientAssertionCredentialOptions { client_options: self.client_options() };
        Ok(match &self.recipe {
            Recipe::Cli { subscription, tenant } => AzureCliCredential::new(Some(AzureCliCredentialOptions {
                // az takes one or the other; the subscription also selects the account that it was found with.
                tenant_id: tenant.clone().filter(|_| subscription.is_none()),
                subscription: subscription.clone(),
                executor: Some(self.programs.clone()),
            }))?,
            Recipe::Azd { tenant } => AzureDeveloperCliCredential::new(Some(AzureDeveloperCliCredentialOptions {
                tenant_id: tenant.clone(),
                executor: Some(self.programs.clone()),
            }))?,
            Recipe::Secret { tenant, client, secret } => ClientSecretCredential::new(
                tenant,
                client.clone(),
                Secret::new(secret.to_string()),
                Some(ClientSecretCredentialOptions { client_options: self.client_options() }),
            )?,
            #[cfg(feature = "client-certificate")]
            Recipe::Certificate { tenant, client, path, password } => {
                use azure_core::error::{ErrorKind, ResultExt as _};
                let bytes = std::fs::read(path).with_context_fn(ErrorKind::Credential, || {
                    format!("the certificate {} cannot be read", path.display())
                })?;
                azure_identity::ClientCertificateCredential::new(
                    tenant.clone(),
                    client.clone(),
                    bytes.into(),
                    Some(azure_identity::ClientCertificateCredentialOptions {
                        client_options: self.client_options(),
                        password: password.as_ref().map(|password| Secret::new(password.to_string())),
                    }),
                )?
            }
            Recipe::Workload { tenant, client, token_file } => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: assertion(),
                    client_id: Some(client.clone()),
                    tenant_id: Some(tenant.clone()),
                    token_file_path: Some(token_file.clone()),
                }))?
            }
            Recipe::Managed { client } => ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client.clone().map(UserAssignedId::ClientId),
                client_options: self.client_options(),
            }))?,
            Recipe::Pipelines { tenant, client, connection, job_token } => AzurePipelinesCredential::new(
                tenant.clone(),
                client.clone(),
                connection,
                Secret::new(job_token.to_string()),
                Some(AzurePipelinesCredentialOptions { credential_options: assertion() }),
            )?,
        })
    }

    /// The tenant that was asked for, if one was.
    fn tenant(&self) -> Option<&str> {
        match &self.recipe {
            Recipe::Cli { tenant, .. } | Recipe::Azd { tenant } => tenant.as_deref(),
            _ => None,
        }
    }

    /// What was given is no token: nothing is sent with it.
    fn unusable(&self, flaw: &str) -> SignInError {
        let program = Kind::of(self.kind);
        let who = program.map_or("the sign-in service", Kind::name);
        let hint = match program {
            Some(program) => program.no_token(self.tenant()),
            None => {
                "Look at what is between this machine and the sign-in service (proxy, AZURE_AUTHORITY_HOST).".to_owned()
            }
        };
        SignInError::new(SignInFailure::Other, self.kind, format!("{who} gave no usable token ({flaw})"), hint)
    }

    async fn request(&self, scope: &str) -> azure_core::Result<AccessToken> {
        let token = self.credential()?.get_token(&[scope], None).await?;
        Ok(AccessToken::new(token.token.secret(), token.expires_on))
    }
}

#[async_trait]
impl TokenSource for IdentitySource {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError> {
        let token = match self.clock.timeout(self.limit, self.request(scope)).await {
            Ok(token) => token.map_err(|error| classify(self.kind, self.tenant(), &error))?,
            Err(_) => {
                return Err(SignInError::new(
                    SignInFailure::TimedOut,
                    self.kind,
                    format!("no token within {} s", self.limit.as_secs_f64()),
                    match self.kind {
                        CredentialKind::Cli => {
                            "Run `az account get-access-token --output none` to see what it waits for."
                        }
                        CredentialKind::Azd => "Run `azd auth login --check-status` to see what it waits for.",
                        _ => "Check the network and the proxy settings, then try again.",
                    },
                ));
            }
        };
        if let Some(flaw) = token.flaw() {
            return Err(self.unusable(flaw));
        }
        // A token of another tenant would only fail later, with a 401 on each request.
        if let (Some(expected), Some(actual)) = (&self.expected_tenant, token.tenant())
            && !expected.eq_ignore_ascii_case(&actual)
        {
            return Err(SignInError::new(
                SignInFailure::WrongTenant,
                self.kind,
                format!("it signs in to tenant {actual}, not to {expected}"),
                match self.kind {
                    CredentialKind::Cli => format!("Run `az login --tenant {expected}`, or correct --tenant."),
                    CredentialKind::Azd => format!("Run `azd auth login --tenant-id {expected}`, or correct --tenant."),
                    _ => "Correct --tenant (AZURE_TENANT_ID).".to_owned(),
                },
            ));
        }
        Ok(token)
    }

    fn kind(&self) -> CredentialKind {
        self.kind
    }
}

impl fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentitySource").field("kind", &self.kind).finish_non_exhaustive()
    }
}
