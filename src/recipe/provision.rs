//! One lab, one screen: what is made, in which order, and what goes on beside what.

use tokio::sync::SetOnce;

use super::access;
use super::account::MOST_ACCOUNT_NAMES;
use super::cluster::is_at_rest;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::identity;
use super::lease;
use super::outputs::Used;
use super::parts::Parts;
use super::resource::Resource as _;
use crate::azure::accounts::Account as AccountState;
use crate::events::Level;
use crate::lab::model::Choice;
use crate::lab::spec::LabSpec;
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
/// ```
///
/// # Errors
/// The first error of any branch; the others are left where they are, and Azure goes on with what it has begun.
pub async fn provision(ctx: &Context, plan: &Plan) -> Result<Provisioned, Error> {
    let parts = plan.parts();
    let group = ensure(ctx, &parts.group()).await?;
    lease::look_after_write(ctx, &group).await?;

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
        let (name, made) = ensure_account(ctx, plan).await?;
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
        if plan.is_new { Ok(()) } else { access::take_away_extra(ctx, &plan.lab).await }
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

/// The account; if its derived name is somebody else's subdomain, under the next one.
async fn ensure_account(ctx: &Context, plan: &Plan) -> Result<(String, AccountState), Error> {
    let mut name = plan.account.clone();
    let mut attempt = 1;
    loop {
        let has_other_names = plan.lab.account.name.is_none() && attempt < MOST_ACCOUNT_NAMES;
        let account = plan.parts().account(&name).with_other_names(has_other_names);
        match ensure(ctx, &account).await {
            Err(error) if error.code().is_some_and(|code| account.has_way_around(code)) => {
                let next = plan.lab.account_name(attempt);
                ctx.events.note(Level::Warning, format!("the subdomain {name} is taken; taking {next} instead"));
                name = next;
                attempt += 1;
            }
            made => return made.map(|made| (name, made)),
        }
    }
}
