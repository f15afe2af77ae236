//! What there is of the application now, and how it is.

use super::address;
use super::components::{ADMIN, AI, is_known};
use super::connect;
use super::health::{Judge, Trouble};
use super::labels::is_ours;
use crate::follow_up::Place;
use crate::kubernetes::workload::{Pod, Workload};
use crate::kubernetes::{Cluster, Error, Kind, Object};
use crate::lab::spec::LabSpec;
use crate::outcome::app::{AppReport, AppState, PodReport, TroubleReport, WorkloadReport};

/// Looks at the application of `lab`; `place` is where the run is, for what is to be done.
///
/// # Errors
/// [`Error`]
pub(crate) async fn look(cluster: &Cluster, lab: &LabSpec, place: &Place) -> Result<AppReport, Error> {
    let (deployments, sets, pods, admin) = tokio::try_join!(
        cluster.list(Kind::Deployment, None),
        cluster.list(Kind::StatefulSet, None),
        cluster.list(Kind::Pod, None),
        cluster.get(Kind::Service, ADMIN),
    )?;
    let pods = pods.iter().map(Pod::read).collect::<Result<Vec<_>, _>>()?;
    let judge = Judge { lab, namespace: cluster.namespace() };
    let mut workloads = Vec::new();
    // An attendee's own are shown beside azlab's where they have the names of the workshop.
    for object in deployments.iter().chain(&sets).filter(|one| is_ours(one) || is_known(one.name())) {
        let Some(mut workload) = Workload::read(object)? else { continue };
        if object.kind() == Kind::StatefulSet && workload.all < workload.desired {
            workload.conditions.extend(cluster.failed_creation(object).await?);
        }
        workloads.push(report(object, &workload, &pods, judge, place));
    }
    let ai = deployments.iter().find(|one| one.name() == AI);
    Ok(AppReport {
        namespace: cluster.namespace().to_owned(),
        state: whole(&workloads),
        auth: ai.and_then(connect::auth_of).map(crate::lab::chapter::AppAuth::word),
        url: admin.as_ref().and_then(address::of),
        workloads,
        ..AppReport::default()
    })
}

fn report(object: &Object, workload: &Workload, pods: &[Pod], judge: Judge<'_>, place: &Place) -> WorkloadReport {
    let own: Vec<&Pod> = pods.iter().filter(|pod| workload.has(pod)).collect();
    let trouble = judge.workload(workload, &own);
    let told = |trouble: Trouble| TroubleReport {
        code: trouble.code,
        message: trouble.message,
        hint: trouble.cure.map(|cure| cure.at(place)),
    };
    let pod = |pod: &&Pod| PodReport {
        name: pod.name.clone(),
        phase: if pod.is_going { "Terminating".to_owned() } else { pod.phase.clone() },
        ready: pod.is_ready(),
        restarts: pod.containers.iter().map(|one| one.restarts).sum(),
        trouble: judge.pod(&workload.name, pod).map(told),
    };
    WorkloadReport {
        kind: workload.kind,
        name: workload.name.clone(),
        ours: is_ours(object),
        state: trouble.as_ref().map_or(AppState::Ready, Trouble::state),
        ready: workload.ready,
        desired: workload.desired,
        pods: own.iter().map(pod).collect(),
        trouble: trouble.map(told),
    }
}

/// How all of it is: as its worst part.
fn whole(workloads: &[WorkloadReport]) -> AppState {
    workloads.iter().map(|one| one.state).max().unwrap_or_default()
}
