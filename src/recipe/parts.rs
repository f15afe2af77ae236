//! The resources that a lab is made of, each built here and nowhere else. [`super::provision`] ensures them, [`super::inspection`]
//! looks at them, [`super::plan`] asks what a new one would get; [`NEEDS`] is what preflight and teardown have to know of each.

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use tokio::sync::SetOnce;

use super::account::Account;
use super::cluster::Cluster;
use super::context::Context;
use super::deployment::Deployment;
use super::error::Error;
use super::federated_credential::FederatedCredential;
use super::group::Group;
use super::identity::Identity;
use super::look::{self, Item};
use super::needs::Needs;
use super::resource::Resource;
use super::role_assignment::RoleAssignment;
use crate::lab::attendee::Grant;
use crate::lab::ids;
use crate::lab::model::{Choice, as_asked};
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// What each kind of resource needs, in the order of [`ResourceKind::ALL`].
pub(crate) const NEEDS: [Needs; ResourceKind::ALL.len()] = [
    Group::NEEDS,
    Cluster::NEEDS,
    Identity::NEEDS,
    FederatedCredential::NEEDS,
    Account::NEEDS,
    Deployment::NEEDS,
    RoleAssignment::NEEDS,
];

/// The resources of one lab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    /// The desired state.
    pub(crate) lab: &'a LabSpec,
    /// Where what is new is made.
    pub(crate) location: &'a str,
    /// Whether a group or a soft-deleted account that is not ours is taken over.
    pub(crate) adopt: bool,
    /// What to deploy, for each of the lab's deployments; where nothing was chosen, what was asked for.
    pub(crate) choices: &'a [Choice],
}

/// What others of a lab's resources are made from, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The cluster's OIDC issuer.
    pub(crate) issuer: SetOnce<String>,
    /// Whether the identity is there.
    pub(crate) has_identity: bool,
    /// The identity's principal (object) id.
    pub(crate) principal: Option<String>,
    /// The account's name: the one that it has, or would have.
    pub(crate) account: String,
    /// Whether the account is there.
    pub(crate) has_account: bool,
}

impl<'a> Parts<'a> {
    /// The resources of `lab` for a look, which takes nothing over and chooses nothing.
    pub(crate) fn to_look_at(lab: &'a LabSpec, location: &'a str) -> Self {
        Self { lab, location, adopt: false, choices: &[] }
    }

    /// Every resource, in the order of [`ResourceKind::ALL`]. What is not `known` yet is left empty.
    pub(crate) fn all<'b>(&self, known: &'b Known) -> Vec<Part<'b>> {
        let principal = known.principal.as_deref();
        let issuer = known.issuer.get().map_or("", String::as_str);
        let mut all = vec![Part::new(self.group(), true)];
        all.push(Part::new(self.cluster(&known.issuer), true));
        all.push(Part::new(self.identity(), true));
        all.extend(self.federated_credentials(issuer).map(|one| Part::new(one, known.has_identity)));
        all.push(Part::new(self.account(&known.account), true));
        all.extend(self.deployments(&known.account).map(|one| Part::new(one, known.has_account)));
        let role_assignment = self.role_assignment(&known.account, principal.unwrap_or_default());
        all.push(Part::new(role_assignment, known.has_account && principal.is_some()));
        all.extend(self.access().map(|one| Part::new(one, true)));
        all.extend(self.shared_access(&known.account).map(|one| Part::new(one, known.has_account)));
        all
    }

    /// The resources of an account that labs share, under this name: the group, the account, the deployments.
    pub(crate) fn shared<'b>(&self, account: &str) -> Vec<Part<'b>>
    where
        'a: 'b,
    {
        let mut all = vec![Part::new(self.group(), true), Part::new(self.account(account), true)];
        all.extend(self.deployments(account).map(|one| Part::new(one, true)));
        all
    }

    /// What has the account: the lab itself, or what stands for the one that it shares.
    pub(crate) fn host(&self) -> LabSpec {
        self.lab.host(self.location)
    }

    /// The resource group.
    pub(crate) fn group(&self) -> Group {
        let group = Group::new(self.lab, self.location, self.adopt);
        match self.lab.shared_group(self.location) {
            Some(shared) => group.with_tag(tags::OPENAI, &shared),
            None => group,
        }
    }

    /// The cluster, which sets `issuer` as soon as it has one.
    pub(crate) fn cluster<'b>(&self, issuer: &'b SetOnce<String>) -> Cluster<'b> {
        Cluster::new(self.lab, self.location, issuer)
    }

    /// The identity.
    pub(crate) fn identity(&self) -> Identity {
        Identity::new(self.lab, self.location)
    }

    /// The identity's federated credentials, for the cluster's `issuer`; empty where it is not known.
    pub(crate) fn federated_credentials(&self, issuer: &str) -> impl Iterator<Item = FederatedCredential> {
        self.lab.federated_credentials.iter().map(move |spec| FederatedCredential::new(self.lab, spec, issuer))
    }

    /// The account, under this name.
    pub(crate) fn account(&self, name: &str) -> Account {
        Account::new(&self.host(), name, self.location, self.adopt)
    }

    /// The deployments on the account of that name.
    pub(crate) fn deployments(&self, account: &str) -> impl Iterator<Item = Deployment> {
        let (id, host) = (self.account_id(account), self.host());
        host.deployments.into_iter().enumerate().map(move |(index, spec)| {
            let choice = self.choices.get(index).cloned().unwrap_or_else(|| as_asked(&spec.model, &[]));
            Deployment::new(&host.group, account, &id, &spec, choice)
        })
    }

    /// The role of the identity's `principal` on the account of that name.
    pub(crate) fn role_assignment(&self, account: &str, principal: &str) -> RoleAssignment {
        RoleAssignment::new(&self.lab.subscription, &self.account_id(account), principal)
    }

    /// The roles of the attendee on the group; none before it is known who that is.
    pub(crate) fn access(&self) -> impl Iterator<Item = RoleAssignment> {
        let (subscription, scope) = (self.lab.subscription.as_str(), self.lab.group_id());
        self.lab.access.iter().flatten().map(move |grant| RoleAssignment::granted(subscription, &scope, grant))
    }

    /// The role of the attendee on the account of that name, if the lab shares it: it is outside the lab's group. It lets ask the
    /// models and see the endpoint, and shows no key, which would be everybody's.
    pub(crate) fn shared_access(&self, account: &str) -> impl Iterator<Item = RoleAssignment> {
        let (subscription, scope) = (self.lab.subscription.as_str(), self.account_id(account));
        let mut grants: Vec<Grant> = Vec::new();
        for grant in self.lab.access.iter().flatten().filter(|_| self.lab.is_sharing()) {
            if grants.iter().all(|known| !ids::same(&known.principal_id, &grant.principal_id)) {
                let (role, role_id) = (ids::OPENAI_USER_ROLE_NAME.to_owned(), ids::OPENAI_USER_ROLE.to_owned());
                grants.push(Grant { role, role_id, ..grant.clone() });
            }
        }
        grants.into_iter().map(move |grant| RoleAssignment::granted(subscription, &scope, &grant))
    }

    fn account_id(&self, name: &str) -> String {
        ids::account(&self.lab.subscription, &self.lab.account_group(self.location), name)
    }
}

/// A resource of any kind, for those who treat all alike.
pub(crate) struct Part<'a> {
    resource: Box<dyn AnyResource + 'a>,
    /// Whether what it is below, or between, is there: else it cannot be, and is not looked for.
    can_exist: bool,
}

impl<'a> Part<'a> {
    fn new(resource: impl Resource + 'a, can_exist: bool) -> Self {
        Self { resource: Box::new(resource), can_exist }
    }

    /// The kind.
    pub(crate) fn kind(&self) -> ResourceKind {
        self.resource.kind()
    }

    /// What a new one gets, as far as it was asked for or chosen.
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.resource.fields()
    }

    /// What a look would show if there were none.
    pub(crate) fn absent(&self) -> Item {
        self.resource.absent()
    }

    /// Looks at it.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) async fn look(&self, ctx: &Context) -> Result<Item, Error> {
        if self.can_exist { self.resource.look(ctx).await } else { Ok(self.absent()) }
    }
}

/// What of a [`Resource`] is the same for all kinds.
trait AnyResource {
    fn kind(&self) -> ResourceKind;
    fn fields(&self) -> Vec<Field>;
    fn absent(&self) -> Item;
    fn look<'a>(&'a self, ctx: &'a Context) -> LocalBoxFuture<'a, Result<Item, Error>>;
}

impl<R: Resource> AnyResource for R {
    fn kind(&self) -> ResourceKind {
        R::KIND
    }

    fn fields(&self) -> Vec<Field> {
        Resource::fields(self)
    }

    fn absent(&self) -> Item {
        look::item(self, None)
    }

    fn look<'a>(&'a self, ctx: &'a Context) -> LocalBoxFuture<'a, Result<Item, Error>> {
        async move { Ok(look::look(ctx, self).await?.0) }.boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_built_and_says_what_it_needs() {
        let lab = LabSpec::workshop("default", "s");
        let known = Known { account: "a".into(), ..Known::default() };
        let parts = Parts::to_look_at(&lab, "westeurope");
        let kinds: Vec<ResourceKind> = parts.all(&known).iter().map(Part::kind).collect();
        assert_eq!(kinds, ResourceKind::ALL);
        assert_eq!(NEEDS.map(|needs| needs.kind), ResourceKind::ALL);
    }

    #[test]
    fn the_type_that_a_resource_says_it_has_is_the_one_in_its_id() {
        let lab = LabSpec::workshop("default", "s");
        let known = Known { account: "a".into(), ..Known::default() };
        for (part, needs) in Parts::to_look_at(&lab, "westeurope").all(&known).iter().zip(NEEDS) {
            let Item { id, .. } = part.absent();
            // The resource group's id is below the subscription, not below its provider.
            let Some((_, below)) = id.rsplit_once("/providers/") else {
                assert_eq!(needs.kind, ResourceKind::ResourceGroup);
                continue;
            };
            let (provider, path) = below.split_once('/').expect("a type");
            let types: Vec<&str> = path.split('/').step_by(2).collect();
            assert_eq!((provider, types.join("/").as_str()), (needs.provider, needs.resource_type), "{id}");
        }
    }
}
