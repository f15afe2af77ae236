//! What there is of a lab beside what should be. Reads only.

use futures::future::try_join_all;

use super::access::{self, Extra};
use super::account;
use super::cluster::is_at_rest;
use super::context::Context;
use super::discovery::discover_names;
use super::error::Error;
use super::group;
use super::identity;
use super::look::{Item, item, look};
use super::outputs::Used;
use super::parts::{Known, Part, Parts};
use crate::azure::clusters::ManagedCluster;
use crate::azure::groups::{GenericResourceExpanded, ResourceGroup};
use crate::lab::comparison::Comparison;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::lab::tags::Tags;
use crate::outcome::Outputs;
use crate::values::ResourceKind;

/// A lab, as a look shows it.
#[derive(Clone, Debug)]
pub(crate) struct Inspection {
    /// The lab, with the names that its resources go by.
    pub(crate) lab: LabSpec,
    /// The resource group; `None` if it is absent.
    pub(crate) group: Option<ResourceGroup>,
    /// What is in it.
    pub(crate) contents: Vec<GenericResourceExpanded>,
    /// Each resource that should be, in the order of [`ResourceKind::ALL`].
    pub(crate) items: Vec<Item>,
    /// The cluster, if it is there.
    pub(crate) cluster: Option<ManagedCluster>,
    /// The access that the group gives and should not.
    pub(crate) extra: Vec<Extra>,
    /// What people need to use it, as far as it is there.
    pub(crate) outputs: Outputs,
}

impl Inspection {
    /// Whether every resource is there and as it should be.
    pub(crate) fn is_ready(&self) -> bool {
        self.extra.is_empty() && self.items.iter().all(|item| item.fit == Some(Comparison::Fits))
    }

    /// Whether azlab keeps its cluster stopped.
    pub(crate) fn is_paused(&self) -> bool {
        self.lab.cluster.is_paused && self.cluster.as_ref().is_some_and(is_at_rest)
    }

    /// What a look would show if there were nothing of `lab`.
    pub(crate) fn of_nothing(lab: LabSpec, location: &str, account: Option<&str>) -> Self {
        let items = nothing(Parts::to_look_at(&lab, location), account);
        let extra = Vec::new();
        Self { lab, group: None, contents: Vec::new(), items, cluster: None, extra, outputs: Outputs::default() }
    }
}

/// Looks at what there is of `lab`; `account` is the name of an account that is to be created.
///
/// # Errors
/// The first resource that cannot be read. Whose the group is makes no difference: a look is free.
pub(crate) async fn inspect(ctx: &Context, lab: &LabSpec, account: Option<&str>) -> Result<Inspection, Error> {
    let mut lab = lab.clone();
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let group = ctx.azure.group(&lab.group).await.map_err(wrap)?;
    let location = group.as_ref().map(|group| group.location.clone()).or_else(|| lab.location.clone());
    let location = location.unwrap_or_else(|| DEFAULT_LOCATION.to_owned());
    let is_there = group.as_ref().is_some_and(|group| !group::is_going(group));
    let contents = if is_there { ctx.azure.group_contents(&lab.group).await.map_err(wrap)? } else { Vec::new() };
    let tags = Tags::read(group.as_ref().and_then(|group| group.tags.as_ref()));
    lab.settle_tags(&tags, ctx.clock().now());
    lab.settle_expiry(&tags);
    if tags.is_ours() {
        discover_names(&mut lab, &contents);
    }
    let parts = Parts::to_look_at(&lab, &location);
    let of_group = item(&parts.group(), group.as_ref());
    let (items, cluster, extra, outputs) = if is_there {
        let (inside, extra) =
            tokio::try_join!(look_inside(ctx, parts, of_group, account), access::extra(ctx, parts.lab))?;
        (inside.0, inside.1, extra, inside.2)
    } else {
        // A group that is absent, or going with all that is in it.
        let mut items = nothing(parts, account);
        items[0] = of_group;
        (items, None, Vec::new(), Outputs::default())
    };
    Ok(Inspection { lab, group, contents, items, cluster, extra, outputs })
}

/// Looks at what is in a group that is there: first at what the rest is made from, then at the rest.
async fn look_inside(
    ctx: &Context,
    parts: Parts<'_>,
    group: Item,
    account: Option<&str>,
) -> Result<(Vec<Item>, Option<ManagedCluster>, Outputs), Error> {
    let lab = parts.lab;
    let mut known = Known::default();
    let host = parts.host();
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &host.group, &host.group_id(), error);
    let (wanted_cluster, wanted_identity) = (parts.cluster(&known.issuer), parts.identity());
    let ((of_cluster, cluster), (of_identity, identity), accounts) =
        tokio::try_join!(look(ctx, &wanted_cluster), look(ctx, &wanted_identity), async {
            ctx.azure.accounts(&host.group).await.map_err(wrap)
        })?;
    let existing = account::existing(&host, &accounts);
    let state = existing.as_deref().and_then(|name| account::named(name, &accounts));
    known.has_identity = identity.is_some();
    known.principal = identity.as_ref().and_then(identity::principal_id).map(str::to_owned);
    known.has_account = state.is_some();
    known.account = existing.clone().unwrap_or_else(|| new_account(&host, account));
    let seen = [group, of_cluster, of_identity, item(&parts.account(&known.account), state)];

    let all = parts.all(&known);
    let rest = all.chunk_by(|one, other| one.kind() == other.kind()).map(async |of_a_kind| {
        let mut items = Vec::new();
        for part in of_a_kind {
            let seen = seen.iter().find(|item| item.kind == part.kind());
            items.push(if let Some(item) = seen { item.clone() } else { part.look(ctx).await? });
        }
        Ok(items)
    });
    let items = try_join_all(rest).await?.concat();

    let deployment = items.iter().find(|item| item.kind == ResourceKind::ModelDeployment);
    let used = Used {
        cluster: cluster.as_ref().map(|state| (lab.cluster.name.as_str(), state)),
        identity: identity.as_ref(),
        account: existing.as_deref().zip(state),
        deployment: deployment.filter(|first| first.fit.is_some()).map(|first| first.name.as_str()),
    };
    let outputs = used.into();
    Ok((items, cluster, outputs))
}

/// Every resource, as one that is absent; `account` is the name of an account that is to be created.
fn nothing(parts: Parts<'_>, account: Option<&str>) -> Vec<Item> {
    let known = Known { account: new_account(&parts.host(), account), ..Known::default() };
    parts.all(&known).iter().map(Part::absent).collect()
}

/// The name of an account that is to be created.
fn new_account(lab: &LabSpec, account: Option<&str>) -> String {
    account.map_or_else(|| lab.account_name(0), str::to_owned)
}
