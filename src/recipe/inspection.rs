//! What there is of a lab beside what should be. Reads only.

use tokio::sync::SetOnce;

use super::account::{self, Account};
use super::cluster::{self, Cluster};
use super::context::Context;
use super::deployment::Deployment;
use super::discovery::discover_names;
use super::ensure::Resource;
use super::error::Error;
use super::federated_credential::FederatedCredential;
use super::group::{self, Group};
use super::identity::{self, Identity};
use super::role_assignment::RoleAssignment;
use crate::azure::groups::{GenericResourceExpanded, ResourceGroup};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::kind::ResourceKind;
use crate::lab::model::as_asked;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::outcome::Outputs;
use crate::outcome::plan::Field;
use crate::outcome::state::{ResourceReport, ResourceState};

/// One resource, as a look shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The kind.
    pub kind: ResourceKind,
    /// Its name.
    pub name: String,
    /// The ARM id: the one that it has, or would have.
    pub id: String,
    /// How it compares; `None` if it is not there.
    pub fit: Option<Comparison>,
}

/// A lab, as a look shows it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The lab, with the names that its resources go by.
    pub lab: LabSpec,
    /// The resource group; `None` if it is absent.
    pub group: Option<ResourceGroup>,
    /// What is in it.
    pub contents: Vec<GenericResourceExpanded>,
    /// Each resource that should be, in the order of [`ResourceKind::ALL`].
    pub items: Vec<Item>,
    /// What people need to use it, as far as it is there.
    pub outputs: Outputs,
}

impl Item {
    /// As scripts see it.
    pub fn report(&self) -> ResourceReport {
        let (state, status, differences): (_, _, &[Difference]) = match &self.fit {
            None => (ResourceState::Absent, None, &[]),
            Some(Comparison::Fits) => (ResourceState::Ready, None, &[]),
            Some(Comparison::Differs(differences)) => (ResourceState::Differs, None, differences),
            Some(Comparison::Busy(status)) => (ResourceState::Busy, Some(status.clone()), &[]),
            Some(Comparison::Broken(status)) => (ResourceState::Failed, Some(status.clone()), &[]),
        };
        let differences = differences.iter().map(Field::from).collect();
        ResourceReport { resource: self.kind, name: self.name.clone(), id: self.id.clone(), state, status, differences }
    }
}

impl Inspection {
    /// Whether every resource is there and as it should be.
    pub fn is_ready(&self) -> bool {
        self.items.iter().all(|item| item.fit == Some(Comparison::Fits))
    }
}

/// Looks at one resource.
pub(super) async fn see<R: Resource>(ctx: &Context, resource: &R) -> Result<(Item, Option<R::State>), Error> {
    let seen = resource.observe(ctx).await;
    let seen = seen.map_err(|error| Error::azure(R::KIND, resource.name(), resource.id(), error))?;
    let item = Item {
        kind: R::KIND,
        name: resource.name().to_owned(),
        id: seen.as_ref().map_or(resource.id(), |state| resource.found_id(state)).to_owned(),
        fit: seen.as_ref().map(|state| resource.compare(state)),
    };
    Ok((item, seen))
}

fn absent<R: Resource>(resource: &R) -> Item {
    Item { kind: R::KIND, name: resource.name().to_owned(), id: resource.id().to_owned(), fit: None }
}

/// Looks at what there is of `lab`; `account` is the name of an account that is to be created.
///
/// # Errors
/// The first resource that cannot be read. Whose the group is makes no difference: a look is free.
pub async fn inspect(ctx: &Context, lab: &LabSpec, account: Option<&str>) -> Result<Inspection, Error> {
    let mut lab = lab.clone();
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let found = ctx.azure.group(&lab.group).await.map_err(wrap)?;
    let location = found.as_ref().map(|group| group.location.clone()).or_else(|| lab.location.clone());
    let location = location.unwrap_or_default();
    let is_there = found.as_ref().is_some_and(|group| !group::is_going(group));
    let contents = if is_there { ctx.azure.group_contents(&lab.group).await.map_err(wrap)? } else { Vec::new() };
    let tags = Tags::read(found.as_ref().and_then(|group| group.tags.as_ref()));
    lab.settle_tags(&tags, ctx.clock().now());
    if tags.is_ours() {
        discover_names(&mut lab, &contents);
    }
    let group = Group::new(&lab, &location, false);
    let group = Item { fit: found.as_ref().map(|state| group.compare(state)), ..absent(&group) };
    let mut inspection = Inspection { lab, group: found, contents, items: vec![group], outputs: Outputs::default() };
    if is_there {
        inspection.look_inside(ctx, &location, account).await?;
    } else {
        inspection.nothing_inside(&location, account);
    }
    Ok(inspection)
}

impl Inspection {
    /// What a look would show if there were nothing of `lab`.
    pub fn of_nothing(lab: LabSpec, location: &str, account: Option<&str>) -> Self {
        let group = absent(&Group::new(&lab, location, false));
        let mut nothing =
            Self { lab, group: None, contents: Vec::new(), items: vec![group], outputs: Outputs::default() };
        nothing.nothing_inside(location, account);
        nothing
    }

    async fn look_inside(&mut self, ctx: &Context, location: &str, account: Option<&str>) -> Result<(), Error> {
        let lab = &self.lab;
        let issuer = SetOnce::new();
        let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
        let (wanted_cluster, wanted_identity) = (Cluster::new(lab, location, &issuer), Identity::new(lab, location));
        let (cluster, identity, accounts) =
            tokio::try_join!(see(ctx, &wanted_cluster), see(ctx, &wanted_identity), async {
                ctx.azure.accounts(&lab.group).await.map_err(wrap)
            })?;
        let principal = identity.1.as_ref().and_then(identity::principal_id);
        let existing = account::existing(lab, &accounts);
        let name = existing.clone().or(account.map(str::to_owned)).unwrap_or_else(|| lab.account_name(0));
        let id = ids::account(&lab.subscription, &lab.group, &name);
        let account = Account::new(lab, &name, location, false, false);
        let state = existing.as_deref().and_then(|name| account::named(name, &accounts));
        let account = Item { fit: state.map(|state| account.compare(state)), ..absent(&account) };
        let credentials = async {
            let mut items = Vec::new();
            for spec in &lab.federated_credentials {
                let wanted = FederatedCredential::new(lab, spec, issuer.get().map_or("", String::as_str));
                let mut item = if identity.1.is_some() { see(ctx, &wanted).await?.0 } else { absent(&wanted) };
                if let (None, Some(Comparison::Differs(differences))) = (issuer.get(), &mut item.fit) {
                    for one in differences.iter_mut().filter(|one| one.want.is_empty()) {
                        one.want = "(the cluster's, once it has one)".into();
                    }
                }
                items.push(item);
            }
            Ok::<_, Error>(items)
        };
        let deployments = async {
            let mut items = Vec::new();
            for spec in &lab.deployments {
                let wanted = Deployment::new(&lab.group, &name, &id, spec, as_asked(&spec.model, &[]));
                items.push(if state.is_some() { see(ctx, &wanted).await?.0 } else { absent(&wanted) });
            }
            Ok(items)
        };
        let role = async {
            let wanted = RoleAssignment::new(&lab.subscription, &id, principal.unwrap_or_default());
            let is_possible = state.is_some() && principal.is_some();
            Ok(if is_possible { see(ctx, &wanted).await?.0 } else { absent(&wanted) })
        };
        let (credentials, deployments, role) = tokio::try_join!(credentials, deployments, role)?;
        self.outputs = Outputs {
            cluster: cluster.1.is_some().then(|| lab.cluster.name.clone()),
            oidc_issuer: cluster.1.as_ref().and_then(cluster::issuer).map(str::to_owned),
            identity_client_id: identity.1.as_ref().and_then(identity::client_id).map(str::to_owned),
            identity_principal_id: principal.map(str::to_owned),
            openai_account: existing,
            openai_endpoint: state.and_then(account::endpoint).map(str::to_owned),
            openai_deployment: deployments.first().filter(|first| first.fit.is_some()).map(|first| first.name.clone()),
        };
        self.items.extend([cluster.0, identity.0]);
        self.items.extend(credentials);
        self.items.push(account);
        self.items.extend(deployments);
        self.items.push(role);
        Ok(())
    }

    /// A group that is absent, or going with all that is in it.
    fn nothing_inside(&mut self, location: &str, account: Option<&str>) {
        let (lab, issuer) = (&self.lab, SetOnce::new());
        let name = account.map_or_else(|| lab.account_name(0), str::to_owned);
        let id = ids::account(&lab.subscription, &lab.group, &name);
        self.items.push(absent(&Cluster::new(lab, location, &issuer)));
        self.items.push(absent(&Identity::new(lab, location)));
        let credentials = lab.federated_credentials.iter();
        self.items.extend(credentials.map(|spec| absent(&FederatedCredential::new(lab, spec, ""))));
        self.items.push(absent(&Account::new(lab, &name, location, false, false)));
        let deployments = lab.deployments.iter();
        self.items.extend(
            deployments.map(|spec| absent(&Deployment::new(&lab.group, &name, &id, spec, as_asked(&spec.model, &[])))),
        );
        self.items.push(absent(&RoleAssignment::new(&lab.subscription, &id, "")));
    }
}
