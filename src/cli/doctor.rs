//! `azlab doctor`

use clap::Args;

use crate::lab::overrides::LabOverrides;

/// Check everything that a lab needs before it is created.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It takes the options of provision and runs the checks that provision runs before
its first write. Exit code 0: no check failed (there may be warnings); 4: a check
failed; 3: not signed in. Only --fix changes anything.")]
pub struct DoctorArgs {
    /// Register the resource providers that are not registered, and wait until they are
    #[arg(long)]
    pub(crate) fix: bool,
    /// Check as if provision were run with --adopt
    #[arg(long)]
    pub(crate) adopt: bool,
    /// What the labs should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
}
