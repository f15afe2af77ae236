//! The options of `provision`.

use std::time::Duration;

use super::apply::{ApplySettings, DryRun};
use super::{LabSource, SettingsError, Spending};
use crate::cli::provision::ProvisionArgs;
use crate::lab::chapter::Chapter;
use crate::lab::spec::LabSpec;

/// What `provision` needs to know.
#[derive(Clone, Debug)]
pub struct ProvisionSettings {
    labs: LabSource,
    apply: ApplySettings,
    ttl: Option<Duration>,
    spending: Spending,
    with_app: Option<Chapter>,
}

impl ProvisionSettings {
    /// Resolves the options of `provision`, and checks every name against Azure's rules.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &ProvisionArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let apply =
            ApplySettings { adopt: args.adopt, skip_preflight: args.skip_preflight, dry_run: DryRun::of(args.dry_run) };
        let mut spending = Spending::of(labs);
        spending.budget = spending.budget.filter(|_| !args.no_budget);
        let with_app = args.with_app;
        Ok(Self { labs: labs.only_listed()?.with(&args.lab)?, apply, ttl: args.ttl, spending, with_app })
    }

    /// The labs that should be, in `subscription`.
    pub(crate) fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.labs.specs(subscription)
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// How they are made.
    pub(crate) fn apply(&self) -> ApplySettings {
        self.apply
    }

    /// In which currency costs are told, and the budget, unless it is left out.
    pub(crate) fn spending(&self) -> Spending {
        self.spending.clone()
    }

    /// The chapter at whose beginning the application is put onto the clusters, if it is.
    pub(crate) fn with_app(&self) -> Option<Chapter> {
        self.with_app
    }

    /// How long until the lab may be swept.
    pub(crate) fn ttl(&self) -> Option<Duration> {
        self.ttl
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::lab::spec::SoftDeleted;
    use crate::lab::tags;

    fn resolve(arguments: &[&str]) -> Result<Vec<LabSpec>, String> {
        let cli =
            Cli::try_parse_from(["azlab", "provision"].iter().chain(arguments)).map_err(|error| error.to_string())?;
        let Command::Provision(args) = &cli.command else { return Err("another command".into()) };
        let settings =
            ProvisionSettings::resolve(args, &LabSource::named(&cli.global.labs)).map_err(|error| error.to_string())?;
        Ok(settings.specs("s"))
    }

    #[test]
    fn without_options_it_is_the_workshops_own_lab() {
        assert_eq!(resolve(&[]), Ok(vec![LabSpec::workshop("default", "s")]));
    }

    #[test]
    fn every_option_reaches_the_desired_state() {
        let lab = resolve(&[
            "-g",
            "rg1",
            "--location",
            "Sweden Central",
            "--cluster",
            "c1",
            "--kubernetes-version",
            "1.33",
            "--node-count",
            "3",
            "--node-vm-size",
            "Standard_B2s",
            "--identity",
            "id1",
            "--federated-credential",
            "fc1",
            "--subject",
            "system:serviceaccount:a:b",
            "--account",
            "acc1",
            "--restore",
            "--deployment",
            "d1",
            "--model",
            "gpt-4o",
            "--model-version",
            "1",
            "--model-sku",
            "Standard",
            "--capacity",
            "7",
            "--owner",
            "me",
        ])
        .expect("valid")
        .remove(0);
        assert_eq!(
            (lab.group.as_str(), lab.location.as_deref(), lab.cluster.name.as_str(), lab.identity.as_str()),
            ("rg1", Some("swedencentral"), "c1", "id1")
        );
        assert_eq!(lab.cluster.kubernetes_version.as_deref(), Some("1.33"));
        assert_eq!((lab.cluster.node_count, lab.cluster.node_vm_size.as_deref()), (Some(3), Some("Standard_B2s")));
        assert_eq!(lab.federated_credentials[0].subject, "system:serviceaccount:a:b");
        assert_eq!((lab.account.name.as_deref(), lab.account.soft_deleted), (Some("acc1"), SoftDeleted::Restore));
        let model = &lab.deployments[0].model;
        assert_eq!(
            (lab.deployments[0].name.as_str(), model.name.as_deref(), model.capacity),
            ("d1", Some("gpt-4o"), Some(7))
        );
        assert_eq!(lab.tags.get(tags::OWNER), Some("me"));
    }

    #[test]
    fn bad_input_is_named_with_its_rule() {
        for (arguments, says) in [
            (&["-g", "a/b"][..], "resource group name 'a/b'"),
            (&["--account", "microsoft-x"], "reserves"),
            (&["--node-count", "-1"], "-1"),
            (&["--node-count", "0"], "it must be a whole number from 1 to 1000, such as 3"),
            (&["--node-count", "two"], "it must be a whole number from 1 to 1000, such as 3"),
            (&["--capacity", "1.5"], "it must be a whole number from 1 to 1000000, such as 3"),
            (&["--ttl", "8"], "a time with its unit, such as 8h, 8m or 8s"),
            (&["--timeout", "8 apples"], "a time such as 90s, 45m or 2h"),
            (&["--capacity", "-5"], "-5"),
            (&["--kubernetes-version", "latest"], "a version such as 1.33"),
            (&["--subject", "me"], "system:serviceaccount"),
            (&["--location", "west-europe"], "location 'west-europe'"),
            (&["--timeout", "soon"], "a time such as"),
            (&["--sandbox-speed", "0"], "a number from 0.01"),
            (&["--lab", "a", "b", "-g", "one"], "for 2 labs"),
            (&["--restore", "--soft-deleted", "avoid"], "cannot be used with"),
        ] {
            let error = resolve(arguments).expect_err(says);
            assert!(error.contains(says), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn labs_of_other_names_get_groups_of_their_own_and_repeats_are_one() {
        let labs = resolve(&["--lab", "a", "b", "A"]).expect("valid");
        let groups: Vec<_> = labs.iter().map(|lab| lab.group.as_str()).collect();
        assert_eq!(groups, ["myResourceGroup-a", "myResourceGroup-b"]);
    }
}
