//! The exchange of a cluster's token for one of a managed identity, as the application's own SDK makes it, and the data plane as that
//! identity sees it (Microsoft Learn, "OAuth 2.0 client credentials flow: federated credential").

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use time::Duration;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::body::parse;
use super::credential::{AccessToken, CredentialKind, SignInError, TokenCache, TokenSource};
use super::data_plane::DataPlane;
use super::error::Error;
use super::request::Request;
use super::service_channel::{ServiceChannel, Signer};
use crate::values::Secret;
use crate::values::cloud::is_loopback;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A workload that has a token of its cluster's.
#[derive(Debug)]
pub(crate) struct Workload<'a> {
    /// The tenant of the identity.
    pub(crate) tenant: &'a str,
    /// The identity's client id.
    pub(crate) client_id: &'a str,
    /// The token.
    pub(crate) assertion: &'a Secret,
}

/// A token that was exchanged; when it has expired there is no other.
#[derive(Debug)]
struct Exchanged(AccessToken);

#[async_trait]
impl TokenSource for Exchanged {
    async fn fetch(&self, _: &str) -> Result<AccessToken, SignInError> {
        Ok(self.0.clone())
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::WorkloadIdentity
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    expires_in: i64,
}

impl DataPlane {
    /// The same data plane as `workload` is let in there: its token is exchanged for one of the identity's.
    ///
    /// # Errors
    /// [`Error::Service`] where Entra refuses: its message names why (`AADSTS700213`: no federated credential has this subject;
    /// `AADSTS700211`: none has this issuer; `AADSTS700212`: none has this audience). [`Error::Transport`], [`Error::Interrupted`].
    pub(crate) async fn as_workload(&self, workload: &Workload<'_>) -> Result<Self, Error> {
        let scope = self.cloud.data_plane_scope();
        let mut url = match is_loopback(&self.arm_endpoint) {
            true => self.arm_endpoint.clone(),
            false => Url::parse(self.cloud.authority_host()).map_err(|error| Error::answer("the authority", error))?,
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend([workload.tenant, "oauth2", "v2.0", "token"]);
        }
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", workload.client_id)
            .append_pair("client_assertion", workload.assertion.reveal())
            .append_pair("client_assertion_type", JWT_BEARER)
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &scope)
            .finish();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, form_type)]);
        let request = Request { method: Method::POST, url, headers, body: Bytes::from(form) };
        let unsigned = ServiceChannel { signer: None, ..ServiceChannel::clone(&self.channel) };
        let body = unsigned.ask(&request).await?;
        let Answer { access_token, expires_in } = parse("the token", &body)?;
        let clock = self.channel.clock;
        let token = AccessToken::new(access_token.as_str(), clock.now() + Duration::seconds(expires_in));
        let tokens = Arc::new(TokenCache::new(Arc::new(Exchanged(token)), clock));
        let channel = ServiceChannel { signer: Some(Signer { tokens, scope }), ..unsigned };
        Ok(Self { channel: Arc::new(channel), ..self.clone() })
    }
}
