//! The OpenAI account that the labs of a place share, in a group of its own. Made once for all labs of a run that use it: who
//! needs it first makes it, and the others wait for that.

use tokio::sync::OnceCell;

use super::account;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::look::{Item, item, look};
use super::named_account::ensure_account;
use super::parts::Parts;
use super::sharers::{Sharer, sharers};
use crate::azure::accounts::Account;
use crate::lab::comparison::Comparison;
use crate::lab::ids::same;
use crate::lab::model::Choice;
use crate::lab::spec::LabSpec;
use crate::outcome::Action;
use crate::values::ResourceKind;

/// The account that labs share, as it should be.
#[derive(Debug)]
pub struct SharedAccount {
    /// What its steps need.
    pub(crate) ctx: Context,
    /// What stands for it: the group, the account, the deployments ([`LabSpec::host`]).
    pub(crate) host: LabSpec,
    /// Where it is.
    pub(crate) location: String,
    /// The account's name: the one that it has, or is to get.
    pub(crate) name: String,
    /// What to deploy, for each deployment.
    pub(crate) choices: Vec<Choice>,
    /// The capacity of each deployment for one lab; empty if nobody says it.
    pub(crate) shares: Vec<u32>,
    /// The groups of the labs of this run that use it.
    pub(crate) labs: Vec<String>,
    made: OnceCell<Result<Made, Error>>,
}

/// A shared account that is as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) state: Account,
}

/// What there is of a shared account.
#[derive(Clone, Debug)]
pub(crate) struct SharedLook {
    /// The group, the account, and the deployments.
    pub(crate) items: Vec<Item>,
    /// The account, by its name.
    pub(crate) account: Option<(String, Account)>,
}

impl SharedLook {
    /// Whether all is there and as it should be.
    pub(crate) fn is_ready(&self) -> bool {
        self.items.iter().all(|item| item.fit == Some(Comparison::Fits))
    }
}

/// How many labs use what `sharers` do, with those in `labs` (groups), which may not exist yet.
pub(crate) fn count(sharers: &[Sharer], labs: &[String]) -> usize {
    let others = sharers.iter().filter(|one| labs.iter().all(|group| !same(group, &one.group)));
    others.count() + labs.len()
}

/// Gives the deployments of `host` the capacity for so many labs.
pub(crate) fn size(host: &mut LabSpec, shares: &[u32], labs: usize) {
    for (deployment, share) in host.deployments.iter_mut().zip(shares) {
        let labs = u32::try_from(labs).unwrap_or(u32::MAX);
        deployment.model.capacity = Some(share.saturating_mul(labs));
    }
}

impl SharedAccount {
    /// The account of `host` at `location`, under `name`, for the labs of these groups and those that use it already.
    pub(crate) fn new(ctx: Context, host: LabSpec, location: &str, name: &str) -> Self {
        Self {
            ctx,
            host,
            location: location.to_owned(),
            name: name.to_owned(),
            choices: Vec::new(),
            shares: Vec::new(),
            labs: Vec::new(),
            made: OnceCell::new(),
        }
    }

    /// Whether it is the one in this group of this subscription.
    pub(crate) fn is(&self, subscription: &str, group: &str) -> bool {
        self.host.subscription == subscription && same(&self.host.group, group)
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts { lab: &self.host, location: &self.location, adopt: false, choices: &self.choices }
    }

    /// The account, made once.
    ///
    /// # Errors
    /// Why it could not be made: the same for all who ask.
    pub(crate) async fn made(&self) -> Result<Made, Error> {
        self.made.get_or_init(|| Box::pin(self.make())).await.clone()
    }

    async fn make(&self) -> Result<Made, Error> {
        let parts = self.parts();
        ensure(&self.ctx, &parts.group()).await?;
        // Other runs make it too, and no lease tells of them.
        self.ctx.azure.forget(&self.host.group);
        let (name, state) = ensure_account(&self.ctx, &parts, &self.name).await?;
        self.deploy(&name, false).await?;
        Ok(Made { name, state })
    }

    /// Makes the deployments, for the labs that there are now: another run may have begun others. With `only_more`, those that
    /// have more capacity than the labs need keep it.
    async fn deploy(&self, account: &str, only_more: bool) -> Result<(), Error> {
        if self.host.deployments.is_empty() {
            return Ok(());
        }
        let (ctx, host) = (&self.ctx, &self.host);
        let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &host.group, &host.group_id(), error);
        let labs = count(&sharers(&ctx.azure, &host.group).await.map_err(wrap)?, &self.labs);
        let (mut sized, mut choices) = (host.clone(), self.choices.clone());
        size(&mut sized, &self.shares, labs);
        for (choice, deployment) in choices.iter_mut().zip(&sized.deployments) {
            choice.capacity = deployment.model.capacity.unwrap_or(choice.capacity);
        }
        if only_more {
            let grows = |deployed: &crate::lab::spec::DeploymentSpec| {
                let before = host.deployments.iter().find(|one| one.name == deployed.name);
                before.is_some_and(|before| before.model.capacity < deployed.model.capacity)
            };
            if !sized.deployments.iter().any(grows) {
                return Ok(());
            }
        }
        for deployment in (Parts { lab: &sized, choices: &choices, ..self.parts() }).deployments(account) {
            ensure(ctx, &deployment).await?;
        }
        Ok(())
    }

    /// Looks, at the end of a run that has changed it, whether another run has begun more labs meanwhile: of two that begin at
    /// once, either may have counted before the other's labs were there. `has_moved`: labs of this run may have come to it.
    ///
    /// # Errors
    /// What cannot be read, or is refused.
    pub(crate) async fn settle(&self, has_moved: bool) -> Result<(), Error> {
        let has_changed =
            has_moved || self.ctx.ledger.changes().iter().any(|change| change.action != Action::Unchanged);
        match self.made.get() {
            Some(Ok(made)) if has_changed => self.deploy(&made.name, true).await,
            _ => Ok(()),
        }
    }

    /// Looks at what there is of it.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) async fn look(&self) -> Result<SharedLook, Error> {
        let (ctx, host, parts) = (&self.ctx, &self.host, self.parts());
        let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &host.group, &host.group_id(), error);
        let (of_group, group) = look(ctx, &parts.group()).await?;
        let is_there = group.is_some_and(|group| !super::group::is_going(&group));
        let accounts = if is_there { ctx.azure.accounts(&host.group).await.map_err(wrap)? } else { Vec::new() };
        let found = account::existing(host, &accounts);
        let state = found.as_deref().and_then(|name| account::named(name, &accounts)).cloned();
        let name = found.unwrap_or_else(|| self.name.clone());
        let mut items = vec![of_group, item(&parts.account(&name), state.as_ref())];
        for deployment in parts.deployments(&name) {
            items.push(if state.is_some() { look(ctx, &deployment).await?.0 } else { item(&deployment, None) });
        }
        Ok(SharedLook { items, account: state.map(|state| (name, state)) })
    }
}
