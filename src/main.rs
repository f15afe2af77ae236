//! The `azlab` binary: parse, run, exit code.
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = azlab::cli::Cli::parse();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    azlab::run::run(&cli, &arguments).into()
}
