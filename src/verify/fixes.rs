//! The command that puts right what a check found.

use super::VerifyOptions;
use crate::lab::spec::LabSpec;

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
