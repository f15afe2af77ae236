//! What the containers of a part of the application have written.

use futures::future::try_join_all;

use crate::kubernetes::workload::{Container, Pod, Workload};
use crate::kubernetes::{Cluster, Error, Kind, LogPart};

/// What one container has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    /// Its Pod.
    pub(crate) pod: String,
    /// The container.
    pub(crate) container: String,
    /// What it has written; or why there is nothing, in the API server's words: it waits to start, or has not been restarted.
    pub(crate) text: Result<String, String>,
}

/// What the Pods of the workload `name` have written, of each container the part that `part_of` names by its Pod and its name; `None`
/// if there is no such workload.
///
/// # Errors
/// [`Error`]
pub(crate) async fn logs_of(
    cluster: &Cluster,
    name: &str,
    part_of: impl Fn(&str, &str) -> LogPart,
) -> Result<Option<Vec<Log>>, Error> {
    let mut found = cluster.get(Kind::Deployment, name).await?;
    if found.is_none() {
        found = cluster.get(Kind::StatefulSet, name).await?;
    }
    let Some(workload) = found.as_ref().map(Workload::read).transpose()?.flatten() else { return Ok(None) };
    let pods = cluster.list(Kind::Pod, None).await?;
    let pods = pods.iter().map(Pod::read).collect::<Result<Vec<_>, _>>()?;
    let own = pods.iter().filter(|pod| workload.has(pod) && !pod.is_going);
    let containers = own.flat_map(|pod| pod.containers.iter().filter(|one| !one.is_init).map(move |one| (pod, one)));
    let one = |(pod, container): (&Pod, &Container)| {
        let (pod, container) = (pod.name.clone(), container.name.clone());
        let part = LogPart { container: container.clone(), ..part_of(&pod, &container) };
        async move {
            let text = match cluster.logs(&pod, &part).await {
                Ok(text) => Ok(text),
                Err(error) => Err(without(error)?),
            };
            Ok(Log { pod, container, text })
        }
    };
    try_join_all(containers.map(one)).await.map(Some)
}

/// Why a container has no log, where that is what the API server says: 400 for one that waits, 404 for a Pod that has gone since.
fn without(error: Error) -> Result<String, Error> {
    match error.refusal() {
        Some(refusal) if matches!(refusal.status, 400 | 404) => Ok(refusal.message.clone()),
        _ => Err(error),
    }
}
