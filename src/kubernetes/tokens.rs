//! Tokens of service accounts, as a projected volume has them.

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;

use super::cluster::Cluster;
use super::error::Error;
use crate::values::Secret;

/// For how long a token is good: what azure-workload-identity's webhook asks for (kubernetes.md).
const GOOD_FOR_S: i64 = 3600;

impl Cluster {
    /// A token of the service account `name` for `audience`, as a Pod of it would have.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn token(&self, name: &str, audience: &str) -> Result<Secret, Error> {
        let what = format!("a token of ServiceAccount {name}");
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), self.namespace());
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: vec![audience.to_owned()],
                expiration_seconds: Some(GOOD_FOR_S),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        let answer = api.create_token_request(name, &PostParams::default(), &request).await;
        let status = answer.map_err(|error| Error::of(&what, error))?.status;
        let token = status.map(|status| status.token).filter(|token| !token.is_empty());
        token.map(Secret::new).ok_or(Error::Answer { what, problem: "the answer holds no token".to_owned() })
    }
}
