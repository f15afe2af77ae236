//! The `azlab` binary: parse, run, exit code.
fn main() {}
