//! One tag by itself (Microsoft.Resources/tags at a scope, api-version 2021-04-01; REST reference, "Tags - Update At Scope"):
//! the others stay, whoever writes them at the same time.

use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::arm::Reply;
use super::client::Azure;
use super::error::Error;
use super::request::Request;

impl Azure {
    /// Sets one tag of `scope` (an ARM id) in one try. It is sent after a stop too: whoever stops cleans up.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send_once`]; 404 if the scope is absent, 409 while its group is being deleted.
    pub(crate) async fn merge_tag(&self, scope: &str, name: &str, value: &str) -> Result<Reply, Error> {
        self.patch_tag(scope, "Merge", name, value).await
    }

    /// Removes one tag of `scope` if it has this value, in one try, after a stop too.
    ///
    /// # Errors
    /// As [`Self::merge_tag`].
    pub(crate) async fn delete_tag(&self, scope: &str, name: &str, value: &str) -> Result<Reply, Error> {
        self.patch_tag(scope, "Delete", name, value).await
    }

    async fn patch_tag(&self, scope: &str, operation: &str, name: &str, value: &str) -> Result<Reply, Error> {
        let path = format!("{scope}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01");
        let url = self
            .arm()
            .endpoint()
            .join(&path)
            .map_err(|error| Error::Answer { resource: scope.to_owned(), problem: format!("not a URL: {error}") })?;
        let body = json!({"operation": operation, "properties": {"tags": {name: value}}}).to_string().into();
        let mut request = Request { method: Method::PATCH, url, headers: http::HeaderMap::new(), body };
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.arm().send_once(request).await
    }
}
