//! `-h`: a command's own options, without those that every command takes.

use std::ffi::OsString;

use clap::Command;

/// Options of every command that `-h` shows too.
const SHOWN: [&str; 4] = ["sandbox", "labs", "output", "yes"];

/// Whether `arguments` ask for the short help.
pub(super) fn is_asked(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|word| *word != "--").any(|word| word == "-h")
}

/// `command`, and those below it, as the short help shows them.
pub(super) fn brief(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let is_shown = !arg.is_global_set() || SHOWN.contains(&arg.get_id().as_str());
        if is_shown { arg } else { arg.hide(true) }
    });
    let after = command.get_after_help().map(ToString::to_string);
    let more = "More options that every command takes: --help";
    let after = after.map_or_else(|| more.to_owned(), |after| format!("{after}\n\n{more}"));
    command.after_help(after).mut_subcommands(brief)
}
