//! What `azlab sandbox` did, and what it offers while it serves.

use std::path::PathBuf;

use azlab_sandbox::{ActiveScenario, Inventory};
use serde_json::Value;
use time::OffsetDateTime;

use crate::values::Secret;

/// The `schema` of what `azlab sandbox` prints with `-o json`.
pub(crate) const SCHEMA: &str = "azlab.sandbox/v1";

/// What a subcommand of `sandbox` did. The commands in it are ready to be pasted.
pub(crate) enum SandboxOutcome {
    /// Its state was deleted.
    Emptied {
        /// Where it was.
        directory: PathBuf,
    },
    /// What is in it.
    Contents {
        /// The resources.
        inventory: Inventory,
        /// The scenario in force.
        scenario: Option<ActiveScenario>,
        /// What makes a lab.
        make: String,
    },
    /// Its time.
    Clock {
        /// Its date.
        now: OffsetDateTime,
        /// By how much that is ahead of this machine's.
        ahead: time::Duration,
        /// By how much it was just moved on.
        advanced: Option<std::time::Duration>,
    },
    /// The ready-made scenarios.
    Scenarios(Vec<ScenarioAbout>),
    /// The JSON schema of scenario files.
    Schema(Value),
    /// A ready-made scenario, as its file would be.
    ScenarioText {
        /// Its name.
        name: String,
        /// The file.
        text: &'static str,
    },
    /// A scenario was played.
    Played {
        /// Its name, or its file.
        name: String,
        /// What it is for.
        about: String,
        /// The commands to rehearse it with.
        rehearsal: Vec<String>,
        /// What ends it; `None` if nothing is changed.
        back: Option<String>,
    },
    /// The scenario in force.
    InForce {
        /// It; `None` if none is.
        scenario: Option<ActiveScenario>,
        /// What lists those that there are.
        list: String,
    },
    /// A service account's token.
    Token(ServiceAccountToken),
    /// The private key of a cluster's issuer.
    Key(IssuerKey),
}

/// A ready-made scenario, and what it is for.
pub(crate) struct ScenarioAbout {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: String,
}

/// A service account's token, and where it is.
pub(crate) struct ServiceAccountToken {
    /// The cluster's issuer.
    pub(crate) issuer: String,
    /// The service account.
    pub(crate) subject: String,
    /// The audience.
    pub(crate) audience: String,
    /// Until when it holds, RFC 3339.
    pub(crate) expires: String,
    /// Where it is.
    pub(crate) place: SecretPlace,
}

/// The private key of a cluster's issuer, and where it is.
pub(crate) struct IssuerKey {
    /// The issuer's URL.
    pub(crate) issuer: String,
    /// The cluster's id.
    pub(crate) cluster: String,
    /// Where it is: PKCS #8 in PEM.
    pub(crate) place: SecretPlace,
}

/// Where a secret is.
pub(crate) enum SecretPlace {
    /// In a file that only its owner can read.
    File(PathBuf),
    /// Here, to be printed.
    Here(Secret),
}

impl SandboxOutcome {
    /// What to say beside it, whatever form it is printed in.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        matches!(self, Self::Key(_)).then_some(
            "the key is a secret: anyone with it signs in as every service account of the cluster; delete it when it is no \
             longer needed",
        )
    }

    /// Whether it is a secret that was asked for, which is then printed as it is: all else is redacted.
    pub(crate) fn is_secret(&self) -> bool {
        let (Self::Token(ServiceAccountToken { place, .. }) | Self::Key(IssuerKey { place, .. })) = self else {
            return false;
        };
        matches!(place, SecretPlace::Here(_))
    }
}

/// The sandbox is served from now on, and this is how tools use it. It holds the sandbox's secret, for its owner's terminal;
/// it goes to no log and no event.
pub(crate) struct Serving {
    /// `https://localhost:8443`
    pub(crate) url: String,
    /// The port.
    pub(crate) port: u16,
    /// Whether other machines may reach it.
    pub(crate) allow_remote: bool,
    /// Whether it is served over HTTPS.
    pub(crate) has_certificate: bool,
    /// azlab's own environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// How each tool uses it.
    pub(crate) tools: Vec<Tool>,
}

/// How one tool uses the served sandbox.
pub(crate) struct Tool {
    /// Its name, as `--for` takes it.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) about: &'static str,
    /// The variables that it reads.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// What is run with it, line by line; a line with a `#` in front is a remark.
    pub(crate) commands: Vec<String>,
    /// A last word, for people.
    pub(crate) then: String,
}
