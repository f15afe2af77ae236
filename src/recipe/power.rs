//! A lab's cluster stopped and started, and the tag on the group that says that azlab stopped it.
//!
//! A pause writes the tag before it stops the cluster, and a resume removes it after the start. So wherever a run is cut
//! off, a stopped cluster has the tag, and the same command continues. A tag beside a cluster that runs means nothing.

use std::time::Duration;

use super::cluster::{Cluster, POWER_STATE, is_at_rest, is_stopped};
use super::context::Context;
use super::discovery::discover_names;
use super::ensure::ensure;
use super::error::Error;
use super::group;
use super::group_tag::{self, GroupTag};
use super::lease;
use super::needs::Needs;
use super::resource::{Resource, unfinished};
use crate::azure::arm::Reply;
use crate::azure::client::Azure;
use crate::azure::clusters::ManagedCluster;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::lro::{PollPolicy, Status};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::outcome::plan::{Field, PlannedAction, PlannedChange};
use crate::values::ResourceKind;

/// Whether a lab's cluster is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// It runs, and the lab is not paused.
    On,
    /// It is stopped, and the lab is paused.
    Off,
}

impl Power {
    fn word(self) -> &'static str {
        match self {
            Self::On => "Running",
            Self::Off => "Stopped",
        }
    }
}

/// What there is of a lab that is to be paused or resumed.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The lab, with the names that its resources go by.
    pub(crate) lab: LabSpec,
    /// Its group.
    pub(crate) group: ResourceGroup,
    /// Its cluster.
    pub(crate) cluster: Option<ManagedCluster>,
}

/// Looks at the group and the cluster of `lab`; `None` if the group is absent, or being deleted.
///
/// # Errors
/// [`Error::NotOurs`]; what cannot be read.
pub(crate) async fn look(azure: &Azure, lab: &LabSpec) -> Result<Option<Found>, Error> {
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(group) = azure.group(&lab.group).await.map_err(wrap)?.filter(|group| !group::is_going(group)) else {
        return Ok(None);
    };
    group::claim(&group, lab, false)?;
    let contents = azure.group_contents(&lab.group).await.map_err(wrap)?;
    let mut lab = lab.clone();
    discover_names(&mut lab, &contents);
    let cluster = azure.cluster(&lab.group, &lab.cluster.name).await;
    let cluster =
        cluster.map_err(|error| Error::azure(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), error))?;
    Ok(Some(Found { lab, group, cluster }))
}

impl Found {
    fn since(&self) -> Option<String> {
        Tags::read(self.group.tags.as_ref()).get(tags::PAUSED).map(str::to_owned)
    }

    /// The tag as it should be for `power`: one that stands beside a stopped cluster says since when.
    fn tag(&self, power: Power, now: &str) -> Option<String> {
        match power {
            Power::On => None,
            Power::Off => {
                let stands = self.since().filter(|_| self.cluster.as_ref().is_some_and(is_at_rest));
                Some(stands.unwrap_or_else(|| now.to_owned()))
            }
        }
    }

    /// Whether the cluster is to be started for `power`.
    pub(crate) fn starts(&self, power: Power) -> bool {
        power == Power::On && self.cluster.as_ref().is_some_and(|cluster| is_stopped(cluster) || is_at_rest(cluster))
    }

    /// What [`set`] would do; `now` is RFC 3339.
    pub(crate) fn planned(&self, power: Power, now: &str) -> Vec<PlannedChange> {
        let change = |resource, name: &str, id: String, fields: Vec<Field>| PlannedChange {
            resource,
            name: name.to_owned(),
            id,
            action: if fields.is_empty() { PlannedAction::Keep } else { PlannedAction::Change },
            fields,
            contents: Vec::new(),
        };
        let want = self.tag(power, now);
        let tag = group_tag::difference(&Tags::read(self.group.tags.as_ref()), tags::PAUSED, want.as_deref());
        let of_group = change(
            ResourceKind::ResourceGroup,
            &self.lab.group,
            self.lab.group_id(),
            tag.iter().map(Field::from).collect(),
        );
        let is_off = self.cluster.as_ref().is_some_and(|cluster| is_stopped(cluster) || is_at_rest(cluster));
        let have = if is_off { Power::Off } else { Power::On };
        let fields = if have == power {
            Vec::new()
        } else {
            vec![Field { have: Some(have.word().to_owned()), ..Field::new(POWER_STATE, power.word()) }]
        };
        let cluster = change(ResourceKind::Cluster, &self.lab.cluster.name, self.lab.cluster_id(), fields);
        vec![of_group, cluster]
    }
}

/// The action that starts a cluster, and the one that stops it (azure-facts.md section 3).
const START: &str = "Microsoft.ContainerService/managedClusters/start/action";
const STOP: &str = "Microsoft.ContainerService/managedClusters/stop/action";

impl Power {
    /// The action on a cluster that this takes.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::On => START,
            Self::Off => STOP,
        }
    }
}

/// Makes the lab that was found be paused, or not; `now` is RFC 3339.
///
/// # Errors
/// What the service refuses; a start fails where the region has no capacity.
pub(crate) async fn set(ctx: &Context, found: &Found, power: Power, now: &str) -> Result<(), Error> {
    let want = found.tag(power, now);
    let tag = GroupTag::new(&found.lab, tags::PAUSED, want.as_deref());
    let cluster = ClusterPower::new(&found.lab, power);
    match power {
        Power::Off => {
            let group = ensure(ctx, &tag).await?;
            lease::look_after_write(ctx, &group).await?;
            ensure(ctx, &cluster).await?;
        }
        Power::On => {
            ensure(ctx, &cluster).await?;
            ensure(ctx, &tag).await?;
        }
    }
    Ok(())
}

/// A cluster that runs or is stopped, whatever else it is.
struct ClusterPower<'a> {
    group: &'a str,
    name: &'a str,
    id: String,
    power: Power,
}

impl<'a> ClusterPower<'a> {
    fn new(lab: &'a LabSpec, power: Power) -> Self {
        let id = ids::cluster(&lab.subscription, &lab.group, &lab.cluster.name);
        Self { group: &lab.group, name: &lab.cluster.name, id, power }
    }
}

impl Resource for ClusterPower<'_> {
    type State = ManagedCluster;
    const NEEDS: Needs = Cluster::NEEDS;

    fn name(&self) -> &str {
        self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn poll_policy(&self) -> PollPolicy {
        PollPolicy::minutes(Duration::from_secs(3600))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ManagedCluster>, AzureError> {
        ctx.azure.cluster(self.group, self.name).await
    }

    fn compare(&self, cluster: &ManagedCluster) -> Comparison {
        let provisioning = cluster.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
        let is_off = is_stopped(cluster);
        match (Status::read(provisioning), self.power) {
            (Status::Running(status), _) => Comparison::Busy(status),
            // Nothing runs in it: whatever failed is for a start, or a reset.
            (_, Power::Off) if is_off => Comparison::Fits,
            (_, Power::On) if !is_off => unfinished(provisioning).unwrap_or(Comparison::Fits),
            (_, power) => {
                let have = if is_off { Power::Off } else { Power::On };
                Comparison::Differs(vec![Difference::changeable(POWER_STATE, have.word(), power.word())])
            }
        }
    }

    /// A cluster that has gone meanwhile is not made anew: the POST is a 404.
    async fn write(&self, ctx: &Context, current: Option<&ManagedCluster>) -> Result<Reply, AzureError> {
        match self.power {
            Power::Off => ctx.azure.stop_cluster(self.group, self.name).await,
            Power::On if current.is_none_or(is_stopped) => ctx.azure.start_cluster(self.group, self.name).await,
            // It runs, and its last operation failed.
            Power::On => match ctx.azure.reconcile_cluster(self.group, self.name).await? {
                Some(reply) => Ok(reply),
                None => ctx.azure.start_cluster(self.group, self.name).await,
            },
        }
    }
}
