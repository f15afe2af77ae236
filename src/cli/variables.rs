//! Variables of the environment that stand for options.

use std::ffi::OsString;

use clap::Arg;
use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue};

/// A command, and those below it, to which variables that are set to nothing are not set.
pub(super) fn without_empty(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_empty { arg.env(Resettable::<OsStr>::Reset) } else { arg }
    });
    command.mut_subcommands(without_empty)
}

/// An error about a value that came from a variable names the variable: nobody has typed the option.
pub(super) fn named(mut error: clap::Error, command: &clap::Command, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else { return error };
    let is_it = |arg: &&Arg| arg.to_string() == *option;
    let Some(arg) = all(command).into_iter().find(is_it) else { return error };
    let variable = arg.get_env().filter(|name| std::env::var_os(name).is_some_and(|set| set == value.as_str()));
    let Some(variable) = variable.filter(|_| !is_typed(arg, arguments)) else { return error };
    let both = format!("{} ({option})", variable.to_string_lossy());
    error.insert(ContextKind::InvalidArg, ContextValue::String(both));
    error
}

/// The options of a command, and of those below it.
fn all(command: &clap::Command) -> Vec<&Arg> {
    command.get_arguments().chain(command.get_subcommands().flat_map(all)).collect()
}

/// Whether an option is among the arguments.
fn is_typed(arg: &Arg, arguments: &[OsString]) -> bool {
    let long = arg.get_long().map(|long| format!("--{long}"));
    let short = arg.get_short().map(|short| format!("-{short}"));
    arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
        let is_long = long.as_deref().is_some_and(|long| argument.split('=').next() == Some(long));
        is_long || short.as_deref().is_some_and(|short| !argument.starts_with("--") && argument.starts_with(short))
    })
}
