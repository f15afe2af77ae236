//! Labs whose account lies soft-deleted in a place: made again there, such a lab takes no account more of its quota, since the old one
//! goes first. Nobody else gets what that frees.

use futures::future::join_all;

use super::sites::Site;
use crate::lab::spec::{LabSpec, SoftDeleted};
use crate::recipe::soft_deleted_account::SoftDeletedAccount;

/// The soft-deleted accounts of each site's subscription, in the order of the sites; what cannot be read counts for nobody.
pub(super) async fn deleted(sites: &[Site]) -> Vec<Vec<SoftDeletedAccount>> {
    let read = async |site: &Site| {
        let deleted = site.cache.deleted_accounts().await;
        deleted.iter().flat_map(|all| all.iter()).filter_map(SoftDeletedAccount::read).collect()
    };
    join_all(sites.iter().map(read)).await
}

/// Whether the account of `lab` is among the soft-deleted ones of `site`, and goes when the lab is made there again.
pub(super) fn returns(site: &Site, lab: &LabSpec, deleted: &[SoftDeletedAccount]) -> bool {
    if lab.is_sharing() || lab.account.soft_deleted == SoftDeleted::Avoid || deleted.is_empty() {
        return false;
    }
    let here = LabSpec { subscription: site.subscription().to_owned(), ..lab.clone() };
    let name = here.account_name(0);
    let is_its = |one: &SoftDeletedAccount| {
        one.lies_at(&name, &here.group, &site.location) && one.is_ours(here.account.name.is_some(), false)
    };
    deleted.iter().any(is_its)
}
