//! The `azlab` binary: parse, run, exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    // Not every argument is text, and the command that continues has them all.
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| azlab::values::keeping_bytes(&word)).collect();
    match azlab::cli::Cli::read() {
        Ok(cli) => azlab::run::run(&cli, &arguments),
        Err(error) => azlab::run::refused(&error, &arguments),
    }
    .into()
}
