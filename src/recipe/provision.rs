//! One lab, one screen: what is made, in which order, and what goes on beside what.

use tokio::sync::SetOnce;

use super::account::{self, Account, MOST_ACCOUNT_NAMES};
use super::cluster::{self, Cluster};
use super::context::Context;
use super::deployment::Deployment;
use super::ensure::{Resource as _, ensure};
use super::error::Error;
use super::federated_credential::FederatedCredential;
use super::group::Group;
use super::identity::{self, Identity};
use super::role_assignment::RoleAssignment;
use crate::azure::accounts::Account as AccountState;
use crate::events::Level;
use crate::lab::ids;
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

/// Makes one lab, or finishes it.
///
/// ```text
/// group ── cluster: PUT answers with the issuer ── wait until ready ─────────► ready
///      ├── identity ── federated credential (identity + issuer)
///      └── account ── deployments, one at a time
///                 └── role assignment (identity + account)
/// ```
///
/// # Errors
/// The first error of any branch; the others are left where they are, and Azure goes on with what it has begun.
pub async fn provision(ctx: &Context, plan: &Plan) -> Result<Outputs, Error> {
    let (lab, location) = (&plan.lab, plan.location.as_str());
    ensure(ctx, &Group::new(lab, location, plan.adopt)).await?;

    let issuer = SetOnce::new();
    let principal = SetOnce::new();

    let cluster = async { ensure(ctx, &Cluster::new(lab, location, &issuer)).await };
    let identity = async {
        let made = ensure(ctx, &Identity::new(lab, location)).await?;
        // Set once: there is one identity.
        let _ = principal.set(identity::principal_id(&made).unwrap_or_default().to_owned());
        let issuer = issuer.wait().await;
        for spec in &lab.federated_credentials {
            ensure(ctx, &FederatedCredential::new(lab, spec, issuer)).await?;
        }
        Ok(made)
    };
    let account = async {
        let (name, made) = ensure_account(ctx, plan).await?;
        let id = ids::account(&lab.subscription, &lab.group, &name);
        let deployments = async {
            for (spec, choice) in lab.deployments.iter().zip(&plan.choices) {
                ensure(ctx, &Deployment::new(&lab.group, &name, &id, spec, choice.clone())).await?;
            }
            Ok(())
        };
        let role = async { ensure(ctx, &RoleAssignment::new(&lab.subscription, &id, principal.wait().await)).await };
        tokio::try_join!(deployments, role)?;
        Ok((name, made))
    };
    let (cluster, identity, (account_name, account)) = tokio::try_join!(cluster, identity, account)?;

    Ok(Outputs {
        cluster: Some(lab.cluster.name.clone()),
        oidc_issuer: cluster::issuer(&cluster).map(str::to_owned),
        identity_client_id: identity::client_id(&identity).map(str::to_owned),
        identity_principal_id: identity::principal_id(&identity).map(str::to_owned),
        openai_account: Some(account_name),
        openai_endpoint: account::endpoint(&account).map(str::to_owned),
        openai_deployment: lab.deployments.first().map(|deployment| deployment.name.clone()),
    })
}

/// The account; if its derived name is somebody else's subdomain, under the next one.
async fn ensure_account(ctx: &Context, plan: &Plan) -> Result<(String, AccountState), Error> {
    let mut name = plan.account.clone();
    let mut attempt = 1;
    loop {
        let has_other_names = plan.lab.account.name.is_none() && attempt < MOST_ACCOUNT_NAMES;
        let account = Account::new(&plan.lab, &name, &plan.location, plan.adopt, has_other_names);
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
