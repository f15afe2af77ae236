//! The programs and files that the tests need, and what happens where they are missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// axe-core, as `tests/browser/install` names it.
const AXE: &str = "axe-core@4.14.1.js";

/// What was found.
pub(crate) struct Tools {
    /// axe-core's script.
    pub(crate) axe: String,
}

impl Tools {
    /// `None`, with a message, where something is missing; that fails where it is required.
    pub(crate) fn found() -> Option<Self> {
        match Self::look() {
            Ok(tools) => Some(tools),
            Err(missing) if std::env::var_os("AZLAB_BROWSER_REQUIRED").is_some() => panic!("{missing}"),
            Err(missing) => {
                eprintln!("skipped: {missing}; bash tests/browser/install target/browser brings it");
                None
            }
        }
    }

    fn look() -> Result<Self, String> {
        for program in ["chromium", "chromedriver", "pdftotext", "pdftoppm"] {
            // Each of them ends with a word about itself; what counts is that it can be started.
            let started = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            started.map_err(|error| format!("{program} cannot be started ({error})"))?;
        }
        let script = directory().join(AXE);
        let axe = std::fs::read_to_string(&script).map_err(|error| format!("{}: {error}", script.display()))?;
        Ok(Self { axe })
    }
}

/// Where `tests/browser/install` puts what it brings.
fn directory() -> PathBuf {
    std::env::var_os("AZLAB_BROWSER_TOOLS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser"), PathBuf::from)
}
