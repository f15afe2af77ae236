//! Azure Policy, the part that refuses: definitions and assignments of Microsoft.Authorization, and their evaluation when
//! something is written or deleted. Compliance is not kept, so `audit` does nothing; an assignment holds at once, where
//! Azure takes minutes.

mod assignments;
mod builtin;
mod definitions;
mod enforce;
pub(crate) mod kind;
mod rule;

use std::sync::LazyLock;

use crate::arm::facts::parse::Tables;

pub(crate) use assignments::{list as list_assignments, one as assignment};
pub(crate) use definitions::route as definitions;
pub(crate) use enforce::enforce;

/// What their bodies hold.
static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));
