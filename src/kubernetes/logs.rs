//! What a container has written.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;

use super::cluster::Cluster;
use super::error::Error;

/// Which part of a container's log.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogPart {
    /// The container.
    pub(crate) container: String,
    /// At most so many lines from its end.
    pub(crate) tail: Option<i64>,
    /// No older than so many seconds.
    pub(crate) since_s: Option<i64>,
    /// That of the container before the last restart.
    pub(crate) previous: bool,
    /// Each line begins with its time (RFC 3339).
    pub(crate) stamped: bool,
    /// Nothing before that time; a second is not divided.
    pub(crate) from: Option<String>,
}

impl Cluster {
    /// What a container of the Pod `pod` has written.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn logs(&self, pod: &str, part: &LogPart) -> Result<String, Error> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), self.namespace());
        let params = LogParams {
            container: Some(part.container.clone()),
            tail_lines: part.tail,
            since_seconds: part.since_s,
            previous: part.previous,
            timestamps: part.stamped,
            since_time: part.from.as_deref().and_then(|from| from.parse().ok()),
            ..LogParams::default()
        };
        api.logs(pod, &params).await.map_err(|error| Error::of(&format!("the log of Pod {pod}"), error))
    }
}
