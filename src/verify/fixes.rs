//! The command that puts right what a check found.

use crate::follow_up::{FollowUp, Place, Verb};
use crate::lab::spec::LabSpec;

/// How to verify.
#[derive(Clone, Debug)]
pub(crate) struct VerifyOptions {
    /// Whether to ask the model.
    pub(crate) chat: bool,
    /// Whether it is the sandbox.
    pub(crate) is_sandbox: bool,
    /// Where it runs, for the commands that put right what it finds.
    pub(crate) place: Place,
}

/// Makes the commands for one lab.
pub(super) struct Fixes<'a> {
    pub(crate) lab: &'a LabSpec,
    pub(crate) options: &'a VerifyOptions,
    /// Whether azlab may change the lab.
    pub(crate) is_ours: bool,
}

impl Fixes<'_> {
    /// azlab's own command, which repairs whatever differs; what az does where the lab is not azlab's to change.
    pub(crate) fn repair(&self, az: impl FnOnce() -> String) -> String {
        self.ours_or(FollowUp::repair(), az)
    }

    /// The command that starts the cluster of a paused lab.
    pub(crate) fn resume(&self) -> String {
        self.line(FollowUp::resume())
    }

    /// azlab's own command, which shows when the service has done what it is at work on; or az's.
    pub(crate) fn wait(&self, az: impl FnOnce() -> String) -> String {
        self.ours_or(FollowUp::wait(), az)
    }

    /// azlab's own command, which makes the lab; or az's.
    pub(crate) fn make(&self, az: impl FnOnce() -> String) -> String {
        self.ours_or(FollowUp::make(), az)
    }

    /// The command that changes the model deployment `name`.
    pub(crate) fn deploy(&self, name: &str, options: &[&str]) -> String {
        let deploy = FollowUp::new(Verb::DeployModel).with(["--name", name]);
        self.line(deploy.with(options.iter().copied()))
    }

    /// The command that checks again.
    pub(crate) fn again(&self) -> String {
        self.line(FollowUp::new(Verb::Verify))
    }

    /// `command` for the lab, ready to be pasted.
    pub(crate) fn line(&self, command: FollowUp) -> String {
        self.options.place.line(&command.on(self.lab))
    }

    /// `-g {group}`, and its subscription: without that az takes its default one.
    pub(crate) fn group(&self) -> String {
        format!("-g {} --subscription {}", self.lab.group, self.lab.subscription)
    }

    fn ours_or(&self, command: FollowUp, az: impl FnOnce() -> String) -> String {
        if self.is_ours { self.line(command) } else { az() }
    }
}
