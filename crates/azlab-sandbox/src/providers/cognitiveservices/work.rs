//! The long-running work on accounts, with the statuses that a poll shows.

use crate::state::operations::{Deletes, Work};

pub(super) static ACCOUNT_CREATE: Work =
    Work { name: "account-create", stages: &[(0.0, "Creating")], deletes: Deletes::Nothing };
pub(super) static ACCOUNT_UPDATE: Work =
    Work { name: "account-update", stages: &[(0.0, "Updating")], deletes: Deletes::Nothing };
pub(super) static ACCOUNT_PURGE: Work =
    Work { name: "account-purge", stages: &[(0.0, "Deleting")], deletes: Deletes::SoftDeleted };

/// All of it.
pub(super) static ALL: [&Work; 3] = [&ACCOUNT_CREATE, &ACCOUNT_UPDATE, &ACCOUNT_PURGE];
