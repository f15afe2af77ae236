//! Real Kubernetes control planes behind the sandbox's clusters, with kubectl as a second witness.
//!
//! They need the program that `tests/kubernetes/install` builds; where it is not, these tests say so and skip.

mod admission;
mod app_connected;
mod app_deployed;
mod app_refused;
mod chain;
mod cluster;
mod ends;
mod passwordless;
mod pods;
mod refused;
mod rotation;

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The program, or `None`, with a message; that fails where it is required.
fn program(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("AZLAB_KUBERNETES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kubernetes/azlab-kubernetes"),
        PathBuf::from,
    );
    if path.is_file() {
        return Some(path);
    }
    let missing =
        format!("{} does not exist; bash tests/kubernetes/install target/kubernetes builds it", path.display());
    assert!(std::env::var_os("AZLAB_KUBERNETES_REQUIRED").is_none(), "{missing}");
    // Not by eprintln!, which nobody sees of a test that passes.
    let _ = writeln!(std::io::stderr(), "{test}: skipped, {missing}");
    None
}
