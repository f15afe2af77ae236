//! The command that puts right what a check found.

use crate::lab::spec::LabSpec;

/// How to verify.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Whether to ask the model.
    pub chat: bool,
    /// Whether it is the sandbox.
    pub is_sandbox: bool,
    /// The command that puts the lab right.
    pub repair: String,
    /// The command that changes its model deployment; options may follow.
    pub deploy: String,
    /// The command that checks again.
    pub again: String,
}

/// Makes the commands for one lab.
pub(super) struct Fixes<'a> {
    pub lab: &'a LabSpec,
    pub options: &'a VerifyOptions,
    /// Whether azlab may change the lab.
    pub is_ours: bool,
}

impl Fixes<'_> {
    /// azlab's own command, which repairs whatever differs; what az does where the lab is not azlab's to change.
    pub fn repair(&self, az: impl FnOnce() -> String) -> String {
        if self.is_ours { self.options.repair.clone() } else { az() }
    }

    /// `-g {group}`
    pub fn group(&self) -> String {
        format!("-g {}", self.lab.group)
    }
}
