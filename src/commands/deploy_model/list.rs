//! `deploy-model --list`: what can be deployed in the labs' regions.

use super::super::finished::Finished;
use super::super::runner::Command;
use super::target::{account_of, shares};
use crate::azure::client::Azure;
use crate::hints;
use crate::lab::model::{Offer, deployable};
use crate::outcome::ModelEntry;
use crate::preflight::model;

/// What can be deployed in the labs' regions now.
pub(super) async fn list(command: &Command<'_>) -> Finished {
    let mut regions: Vec<(&Azure, String)> = Vec::new();
    for work in &command.works {
        let looking = async {
            match shares(work).await? {
                Some((_, location)) => Ok(Some(location)),
                None => Ok(account_of(work).await?.map(|found| found.location)),
            }
        };
        let region = match command.limited(work, looking).await {
            Ok(Some(location)) => location,
            // A lab that is still to be made: where it will be.
            Ok(None) => work.lab.location.clone().unwrap_or_else(|| crate::lab::spec::DEFAULT_LOCATION.to_owned()),
            Err(error) => return command.before_any_lab(hints::report(&error), hints::exit_of(&error)),
        };
        let azure = &work.ctx.azure;
        if !regions.iter().any(|(known, name)| known.subscription() == azure.subscription() && *name == region) {
            regions.push((azure, region));
        }
    }
    let mut models = Vec::new();
    for (azure, region) in &regions {
        match model::read(azure, region).await {
            Ok((offers, _)) => {
                let open = deployable(&offers, command.session.clock().now());
                models.extend(open.iter().map(|offer| entry(region, offer)));
            }
            Err(error) => {
                return command.before_any_lab(hints::report_azure(&error, None), hints::exit_of_azure(&error));
            }
        }
    }
    let mut finished = command.finish(Vec::new(), |_, _| Vec::new());
    finished.result.labs = None;
    finished.result.models = Some(models);
    finished
}

fn entry(location: &str, offer: &Offer) -> ModelEntry {
    ModelEntry {
        location: location.to_owned(),
        model: offer.model.clone(),
        version: offer.version.clone(),
        sku: offer.sku.clone(),
        free: offer.free,
        deployable_until: offer.deployable_until.map(|until| until.date().to_string()),
    }
}
