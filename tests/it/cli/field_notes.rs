//! Traps that are about the terminal (docs/field-notes.md).
use super::{Ended, World};

/// A log of CI is no terminal: nothing is redrawn, each line stands for itself.
#[test]
fn spinners_in_ci_logs() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "--progress", "auto"]);
    let made = Ended::of(command.env("CI", "true").env("TERM", "xterm-256color").output().unwrap()).done();
    assert!(!made.stderr.contains(['\r', '\u{1b}', '\u{8}']), "{:?}", made.stderr);
    assert!(made.stderr.contains("cluster myAKSCluster: created in "), "{}", made.stderr);
}

/// What the service or the survey would refuse ends with a code that scripts can see.
#[test]
fn exit_code_0_on_validation_errors() {
    let world = World::new();
    for (arguments, code) in [
        (["--node-count", "0"], 2),
        (["--cluster", "x_"], 2),
        (["--model", "gpt-0"], 4),
        (["--location", "nowhere"], 4),
    ] {
        for dry in [&[][..], &["--dry-run"]] {
            world.provision(&[&arguments, dry].concat()).exit(code);
        }
    }
}
