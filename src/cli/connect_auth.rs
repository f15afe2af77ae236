//! `--auth` of `app connect` is the ai-service's, and hides the option of all commands that says how azlab signs in. That one is
//! then said by its variable, or before the command.

use std::ffi::OsString;

use clap::ArgMatches;

use crate::lab::chapter::AppAuth;
use crate::values::AuthMode;

/// clap's id of both: an option of a subcommand with the id of a global one takes its place.
pub(super) const ID: &str = "auth";
const VARIABLE: &str = "AZLAB_AUTH";

/// Takes the ai-service's out of what the command line says of azlab, if that has it, and gives what is said of azlab itself;
/// `None` for every other command.
pub(super) fn own(matches: &mut ArgMatches, arguments: &[OsString]) -> Option<Option<AuthMode>> {
    let is_connect =
        matches.subcommand().is_some_and(|(name, app)| name == "app" && app.subcommand_name() == Some("connect"));
    if !is_connect {
        return None;
    }
    // clap has copied it into the matches of the program itself.
    let _ = matches.try_remove_one::<AppAuth>(ID);
    Some(typed_before(arguments).or_else(|| std::env::var(VARIABLE).ok()).and_then(|word| word.parse().ok()))
}

/// The value of the option before the subcommand.
fn typed_before(arguments: &[OsString]) -> Option<String> {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let mut words = words.take_while(|word| word != "connect" && word != "--");
    while let Some(word) = words.next() {
        match word.strip_prefix("--auth") {
            Some("") => return words.next().map(std::borrow::Cow::into_owned),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    None
}
