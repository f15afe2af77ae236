//! Labs whose group is gone: their soft-deleted accounts tell where they were.

use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::recipe::account::are_its_tags;
use crate::recipe::soft_deleted_account::SoftDeletedAccount;

/// Puts each of `labs` whose group is gone into the subscription and the group where its soft-deleted account was.
pub(super) async fn put_where_they_were(subscriptions: &[&Azure], labs: &mut [LabSpec]) -> Result<(), AzureError> {
    let mut deleted_accounts: Option<Vec<(&str, SoftDeletedAccount)>> = None;
    for lab in labs {
        let Some(azure) = subscriptions.iter().find(|azure| azure.subscription() == lab.subscription) else { continue };
        if azure.group(&lab.group).await?.is_some() {
            continue;
        }
        if deleted_accounts.is_none() {
            let mut all = Vec::new();
            for azure in subscriptions {
                let read = azure.deleted_accounts().await?;
                all.extend(read.iter().filter_map(SoftDeletedAccount::read).map(|one| (azure.subscription(), one)));
            }
            deleted_accounts = Some(all);
        }
        let own = lab.subscription.clone();
        let is_its = |(_, one): &&(&str, SoftDeletedAccount)| are_its_tags(&one.tags, &lab.name);
        let is_here = |(id, one): &&(&str, SoftDeletedAccount)| (*id == own, same(&one.group, &lab.group));
        let its = deleted_accounts.iter().flatten().filter(is_its).max_by_key(is_here);
        if let Some((subscription, deleted_account)) = its {
            (*subscription).clone_into(&mut lab.subscription);
            lab.group.clone_from(&deleted_account.group);
        }
    }
    Ok(())
}

/// What moves that were cut off have left of `labs` in other subscriptions than theirs: soft-deleted accounts of groups that are
/// gone, each as the lab in that place.
pub(super) async fn left_by_moves(subscriptions: &[&Azure], labs: &[LabSpec]) -> Result<Vec<LabSpec>, AzureError> {
    let mut left: Vec<LabSpec> = Vec::new();
    for azure in subscriptions.iter().filter(|_| subscriptions.len() > 1) {
        let deleted = azure.deleted_accounts().await?;
        for account in deleted.iter().filter_map(SoftDeletedAccount::read) {
            let is_its = |lab: &&LabSpec| {
                lab.subscription != azure.subscription()
                    && same(&lab.group, &account.group)
                    && are_its_tags(&account.tags, &lab.name)
            };
            let Some(lab) = labs.iter().find(is_its) else { continue };
            let is_known =
                left.iter().any(|one| one.subscription == azure.subscription() && same(&one.group, &account.group));
            if !is_known && azure.group(&account.group).await?.is_none() {
                left.push(LabSpec { subscription: azure.subscription().to_owned(), ..lab.clone() });
            }
        }
    }
    Ok(left)
}
