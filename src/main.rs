//! The `azlab` binary: parse, run, exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    // Not every argument is text; what is not is shown as well as can be.
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match azlab::cli::Cli::read() {
        Ok(cli) => azlab::run::run(&cli, &arguments),
        Err(error) => azlab::run::refused(&error, &arguments),
    }
    .into()
}
