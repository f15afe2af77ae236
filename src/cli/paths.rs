//! Paths among the options and variables.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser as _};

/// A command, and those below it, whose paths are no `~/…`: a shell puts one's home in its place where a word begins so, and not
/// behind `--option=`, nor in quotes, nor in the environment of a container. A folder named `~` would be made.
pub(super) fn without_tilde(command: clap::Command) -> clap::Command {
    let path = std::any::TypeId::of::<PathBuf>();
    let command = command.mut_args(|arg| {
        if arg.get_value_parser().type_id() != path {
            return arg;
        }
        arg.value_parser(PathBufValueParser::new().try_map(expanded))
    });
    command.mut_subcommands(without_tilde)
}

fn expanded(path: PathBuf) -> Result<PathBuf, String> {
    let Ok(rest) = path.strip_prefix("~") else { return Ok(path) };
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map_or_else(|| "$HOME".into(), PathBuf::from);
    Err(format!("no shell has put your home in the place of the ~; write {}", home.join(rest).display()))
}
