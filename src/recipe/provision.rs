//! One lab, one screen: what is made, in which order, and what goes on beside what.

use tokio::sync::SetOnce;

use super::access;
use super::cluster::is_at_rest;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::identity;
use super::lease;
use super::named_account::ensure_account;
use super::outputs::Used;
use super::parts::Parts;
use super::shared_account::{Made, SharedAccount};
use crate::lab::model::Choice;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::outcome::Outputs;

/// What to make: the desired state, and what preflight found out about it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The desired state.
    pub lab: LabSpec,
    /// Where.
    pub location: String,
    /// The account's name: one that exists in the group, or the one to create.
    pub account: String,
    /// What to deploy, for each of the lab's deployments; for one that exists and fits, what it is.
    pub choices: Vec<Choice>,
    /// Whether a group that is not ours is taken over.
    pub adopt: bool,
    /// Whether nothing of the lab exists yet.
    pub is_new: bool,
}

impl Plan {
    /// The resources to make.
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts { lab: &self.lab, location: &self.location, adopt: self.adopt, choices: &self.choices }
    }
}

/// A lab that is as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Provisioned {
    /// What people need to use it.
    pub outputs: Outputs,
    /// Whether its cluster was left stopped, because the lab is paused.
    pub is_paused: bool,
}

/// Makes one lab, or finishes it.
///
/// ```text
/// group ── cluster: PUT answers with the issuer ── wait until ready ─────────► ready
///      ├── identity ── federated credential (identity + issuer)
///      ├── account ── deployments, one at a time
///      │          └── role assignment (identity + account)
///      └── role assignments of the attendee, one at a time
///
/// where the lab shares an account with others, in place of its own:
///      ├── (shared account) ── role assignment (identity + shared account)
/// ```
///
/// `shared` is the account that the lab shares, if it does.
///
/// # Errors
/// The first error of any branch; the others are left where they are, and Azure goes on with what it has begun.
pub async fn provision(ctx: &Context, plan: &Plan, shared: Option<&SharedAccount>) -> Result<Provisioned, Error> {
    let group = ensure(ctx, &plan.parts().group()).await?;
    lease::look_after_write(ctx, &group).await?;
    let mut lab = plan.lab.clone();
    lab.settle_expiry(&Tags::read(group.tags.as_ref()));
    let plan = &Plan { lab, ..plan.clone() };
    let parts = plan.parts();

    let issuer = SetOnce::new();
    let principal = SetOnce::new();

    let cluster = async { ensure(ctx, &parts.cluster(&issuer)).await };
    let identity = async {
        let made = ensure(ctx, &parts.identity()).await?;
        // Set once: there is one identity.
        let _ = principal.set(identity::principal_id(&made).unwrap_or_default().to_owned());
        for credential in parts.federated_credentials(issuer.wait().await) {
            ensure(ctx, &credential).await?;
        }
        Ok(made)
    };
    let account = async {
        if let Some(shared) = shared {
            let Made { name, state } = shared.made().await?;
            ensure(ctx, &parts.role_assignment(&name, principal.wait().await)).await?;
            return Ok((name, state));
        }
        // What few labs need, or need for a moment, is on the heap meanwhile: a class holds as many of these futures as it has labs.
        let (name, made) = Box::pin(ensure_account(ctx, &parts, &plan.account)).await?;
        let deployments = async {
            for deployment in parts.deployments(&name) {
                ensure(ctx, &deployment).await?;
            }
            Ok(())
        };
        let role = async { ensure(ctx, &parts.role_assignment(&name, principal.wait().await)).await };
        tokio::try_join!(deployments, role)?;
        Ok((name, made))
    };
    let access = async {
        for role in parts.access() {
            ensure(ctx, &role).await?;
        }
        // Behind those on the lab's group, by which a later run knows whose lab it was.
        if let Some(shared) = shared.filter(|_| plan.lab.access.iter().flatten().next().is_some()) {
            for role in parts.shared_access(&shared.made().await?.name) {
                ensure(ctx, &role).await?;
            }
        }
        if plan.is_new { Ok(()) } else { Box::pin(access::take_away_extra(ctx, &plan.lab)).await }
    };
    let (cluster, identity, (account_name, account), ()) = tokio::try_join!(cluster, identity, account, access)?;

    let lab = &plan.lab;
    let used = Used {
        cluster: Some((&lab.cluster.name, &cluster)),
        identity: Some(&identity),
        account: Some((&account_name, &account)),
        deployment: lab.deployments.first().map(|deployment| deployment.name.as_str()),
    };
    let is_paused = lab.cluster.is_paused && is_at_rest(&cluster);
    Ok(Provisioned { outputs: used.into(), is_paused })
}
