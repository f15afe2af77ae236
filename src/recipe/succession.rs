//! Deployments that the service has moved to another model, since theirs is closed ("Azure OpenAI model retirements": a
//! deployment whose `versionUpgradeOption` lets it gets the replacement of a model that retires).

use super::account;
use super::offers::offers;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::lab::ids::same;
use crate::lab::model::is_closed;
use crate::lab::names;
use crate::lab::spec::ModelSpec;

/// What a deployment has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Has<'a> {
    /// Its model.
    pub(super) model: &'a str,
    /// Whether it lets the service upgrade it.
    pub(super) upgrades_itself: bool,
}

/// Whether the model of a deployment that is there is the service's choice: the file names another, which takes no new
/// deployments any longer, and the deployment lets the service upgrade it. A model that the command line of this run names
/// means exactly that. The catalogue is read only where the file names another model than there is, once a region.
///
/// # Errors
/// The account or the catalogue of its region cannot be read.
pub(super) async fn is_moved(
    azure: &Azure,
    (group, account_name): (&str, &str),
    has: &Has<'_>,
    want: &ModelSpec,
) -> Result<bool, AzureError> {
    let Some(name) = want.name.as_deref().filter(|_| want.is_named() && !want.is_asked_now) else { return Ok(false) };
    if has.model.is_empty() || same(name, has.model) || !has.upgrades_itself {
        return Ok(false);
    }
    let accounts = azure.accounts(group).await?;
    let region = account::named(account_name, &accounts).and_then(|one| names::location(one.location.as_deref()?).ok());
    let Some(region) = region else { return Ok(false) };
    let models = azure.catalogue(&region).await?;
    Ok(is_closed(name, &offers(&models, &[]), azure.arm().clock().now()))
}

/// What people should know of a deployment that the service has moved to `model`.
pub(super) fn told(deployment: &str, from: &str, model: &str, version: &str) -> String {
    format!(
        "Azure has moved the deployment {deployment} from {from}, which is closed to new deployments, to {model} {version}: it stays \
         as it is; model = \"{model}\" in the file says the same"
    )
}
