//! What the containers of a part of the application have written.

use futures::future::try_join_all;

use crate::kubernetes::workload::{Pod, Workload};
use crate::kubernetes::{Cluster, Error, Kind, LogPart};

/// What one container has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    /// Its Pod.
    pub(crate) pod: String,
    /// The container.
    pub(crate) container: String,
    /// What it has written.
    pub(crate) text: String,
}

/// What the Pods of the workload `name` have written; `None` if there is no such workload.
///
/// # Errors
/// [`Error`]
pub(crate) async fn logs_of(cluster: &Cluster, name: &str, part: &LogPart) -> Result<Option<Vec<Log>>, Error> {
    let mut found = cluster.get(Kind::Deployment, name).await?;
    if found.is_none() {
        found = cluster.get(Kind::StatefulSet, name).await?;
    }
    let Some(workload) = found.as_ref().map(Workload::read).transpose()?.flatten() else { return Ok(None) };
    let pods = cluster.list(Kind::Pod, None).await?;
    let pods = pods.iter().map(Pod::read).collect::<Result<Vec<_>, _>>()?;
    let own = pods.iter().filter(|pod| workload.has(pod) && !pod.is_going);
    let containers = own.flat_map(|pod| pod.containers.iter().filter(|one| !one.is_init).map(move |one| (pod, one)));
    let one = |(pod, container): (&Pod, &crate::kubernetes::workload::Container)| {
        let part = LogPart { container: container.name.clone(), ..part.clone() };
        let (pod, container) = (pod.name.clone(), container.name.clone());
        async move {
            let text = cluster.logs(&pod, &part).await?;
            Ok(Log { pod, container, text })
        }
    };
    try_join_all(containers.map(one)).await.map(Some)
}
