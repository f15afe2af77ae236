//! The accounts that labs share, which a place has one of, however many labs go there: whether it can have one, and the resource
//! groups that those take.

use futures::future::join_all;

use super::super::account_name::{self, ACCOUNT_COUNT};
use super::super::finding::Finding;
use super::super::more_quota::ask_for;
use super::sites::Site;
use crate::azure::accounts::Usage;
use crate::events::CheckStatus;
use crate::lab::ids::same;
use crate::lab::limits::GROUPS_OF_A_SHARED_ACCOUNT;
use crate::lab::spec::LabSpec;

/// Whether the account that `lab` would share at the site is there; what cannot be read is taken for absent.
async fn is_there(site: &Site, lab: &LabSpec) -> bool {
    let (Some(shared), Ok(groups)) = (lab.shared_group(&site.location), site.cache.groups().await) else {
        return false;
    };
    groups.iter().any(|group| group.name.as_deref().is_some_and(|name| same(name, &shared)))
}

/// Whether the site has, or can have, the account that `lab` shares.
///
/// # Errors
/// The failed finding: the region takes no account more.
pub(super) async fn fits(site: &Site, lab: &LabSpec, usages: &[Usage]) -> Result<(), Finding> {
    if is_there(site, lab).await {
        return Ok(());
    }
    let freed = freed(site, lab).await;
    match account_name::check_count(usages, &site.location, freed) {
        Some(finding) if finding.status == CheckStatus::Fail => {
            let limit = account_name::limit(usages).unwrap_or_default();
            let ask = ask_for(ACCOUNT_COUNT, &site.location, (0, limit), 1);
            let hint = format!(
                "{ask} (subscription {}), or purge what is not needed: az cognitiveservices account list-deleted -o table",
                site.subscription()
            );
            Err(Finding { hint: Some(hint.into()), ..finding })
        }
        _ => Ok(()),
    }
}

/// How many soft-deleted accounts go for the new one.
async fn freed(site: &Site, lab: &LabSpec) -> u32 {
    let here = LabSpec { subscription: site.subscription().to_owned(), ..lab.clone() };
    let host = here.host(&site.location);
    let Ok(deleted) = site.cache.deleted_accounts().await else { return 0 };
    let chosen = account_name::choose(&host, &site.location, &deleted, false);
    u32::from(chosen.is_ok_and(|(_, finding)| finding.status == CheckStatus::Warn))
}

/// How many resource groups the accounts take that labs like `labs` would share in the places of a subscription: one each, as
/// long as nobody knows which places get labs.
pub(super) async fn groups(sites: &[Site], subscription: &str, labs: &[LabSpec]) -> i64 {
    let Some(lab) = labs.iter().find(|lab| lab.is_sharing()) else { return 0 };
    let here = sites.iter().filter(|site| site.subscription() == subscription);
    let mut locations: Vec<&Site> = Vec::new();
    for site in here {
        if locations.iter().all(|known| known.location != site.location) {
            locations.push(site);
        }
    }
    let there = join_all(locations.iter().map(|site| is_there(site, lab))).await;
    let new = there.iter().filter(|is_there| !**is_there).count();
    i64::try_from(new).unwrap_or(i64::MAX).saturating_mul(i64::from(GROUPS_OF_A_SHARED_ACCOUNT))
}
