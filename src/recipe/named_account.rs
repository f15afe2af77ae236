//! The account under a name that is free.

use super::account::MOST_ACCOUNT_NAMES;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::parts::Parts;
use super::resource::Resource as _;
use crate::azure::accounts::Account;
use crate::events::Level;

/// Makes the account; if its derived name is somebody else's subdomain, under the next one. Gives the name that it has.
///
/// # Errors
/// As [`ensure`].
pub(crate) async fn ensure_account(ctx: &Context, parts: &Parts<'_>, name: &str) -> Result<(String, Account), Error> {
    let mut name = name.to_owned();
    let mut attempt = 1;
    loop {
        let has_other_names = parts.lab.account.name.is_none() && attempt < MOST_ACCOUNT_NAMES;
        let account = parts.account(&name).with_other_names(has_other_names);
        match ensure(ctx, &account).await {
            Err(error) if error.code().is_some_and(|code| account.has_way_around(code)) => {
                let next = parts.lab.account_name(attempt);
                ctx.events.note(Level::Warning, format!("the subdomain {name} is taken; taking {next} instead"));
                name = next;
                attempt += 1;
            }
            made => return made.map(|made| (name, made)),
        }
    }
}
