//! From arguments and environment to plain values that are checked and complete. No I/O but looking at the terminal.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::azure::cloud::{Cloud, CloudError, parse_arm_endpoint};
use crate::azure::credential::{AuthMode, Environment};
use crate::azure::subscription::{self, SubscriptionError};
use crate::cli::deploy_model::DeployModelArgs;
use crate::cli::provision::{ProvisionArgs, SoftDeletedArg};
use crate::cli::teardown::TeardownArgs;
use crate::cli::{Cli, GlobalArgs};
use crate::lab::names::{self, NameError};
use crate::lab::spec::{DEFAULT_LAB, LabSpec, ModelSpec, SoftDeleted};
use crate::lab::tags;
use crate::report::{Environment as TerminalEnvironment, Output, ReportOptions};

/// The subscription that stands in while names are checked, before the real one is known.
const ANY_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// Wrong usage or configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that Azure would refuse.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An endpoint that is not allowed.
    #[error(transparent)]
    Endpoint(#[from] CloudError),
    /// An id that is none.
    #[error(transparent)]
    Id(#[from] SubscriptionError),
    /// Options that exclude each other or do not go together.
    #[error("{0}")]
    Combination(String),
    /// The platform has no data directory.
    #[error("this platform has no data directory for the sandbox: name one with AZLAB_SANDBOX_DIR")]
    NoDataDirectory,
}

/// Where a command runs.
#[derive(Clone, Debug)]
pub enum Target {
    /// The embedded Azure.
    Sandbox {
        /// Where its state is kept.
        dir: PathBuf,
        /// Service seconds per real second.
        speed: f64,
    },
    /// An Azure Resource Manager.
    Azure(Box<AzureTarget>),
}

/// An Azure Resource Manager, and how to sign in.
#[derive(Clone, Debug)]
pub struct AzureTarget {
    /// The cloud.
    pub cloud: Cloud,
    /// Another endpoint than the cloud's.
    pub endpoint: Option<Url>,
    /// How to sign in.
    pub auth: AuthMode,
    /// The subscription, from flag or environment.
    pub subscription: Option<String>,
    /// The tenant, from flag or environment.
    pub tenant: Option<String>,
    /// Certificates to trust besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// The environment that credentials read.
    pub environment: Environment,
}

/// What every command needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it runs.
    pub target: Target,
    /// How progress and results are shown.
    pub report: ReportOptions,
    /// What goes to stdout.
    pub output: Output,
    /// The limit of the whole command, in service time.
    pub timeout: Option<Duration>,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Every question is answered with yes.
    pub yes: bool,
    /// The command line, quoted for a shell, to be shown as what continues.
    pub command_line: String,
}

/// What `provision` needs to know.
#[derive(Clone, Debug)]
pub struct ProvisionSettings {
    args: Box<ProvisionArgs>,
    labs: Vec<String>,
    location: Option<String>,
    user: Option<String>,
}

/// What `teardown` needs to know.
#[derive(Clone, Debug)]
pub struct TeardownSettings {
    args: TeardownArgs,
    labs: Vec<String>,
}

impl TeardownSettings {
    /// Resolves the options of `teardown`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &TeardownArgs, labs: &[String]) -> Result<Self, SettingsError> {
        let labs = lab_names(labs, &[("--resource-group", &args.resource_group)])?;
        let settings = Self { args: args.clone(), labs };
        for lab in settings.specs(ANY_SUBSCRIPTION) {
            lab.check_names()?;
        }
        Ok(settings)
    }

    /// The labs that should go, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        let spec = |name: &String| {
            let mut lab = LabSpec::workshop(name, subscription);
            if let Some(group) = &self.args.resource_group {
                lab.group.clone_from(group);
            }
            lab
        };
        self.labs.iter().map(spec).collect()
    }

    /// Whether soft-deleted accounts are purged.
    pub fn purge(&self) -> bool {
        !self.args.no_purge
    }

    /// Whether the end is waited for.
    pub fn wait(&self) -> bool {
        !self.args.no_wait
    }
}

/// What `deploy-model` should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployModel<'a> {
    /// Add or change.
    Put,
    /// Remove the deployment of that name.
    Remove(&'a str),
    /// List what can be deployed.
    List,
}

/// What `deploy-model` needs to know.
#[derive(Clone, Debug)]
pub struct DeployModelSettings {
    args: Box<DeployModelArgs>,
    labs: Vec<String>,
}

impl DeployModelSettings {
    /// Resolves the options of `deploy-model`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &DeployModelArgs, labs: &[String]) -> Result<Self, SettingsError> {
        check_model(args.model.as_ref(), args.model_version.as_ref())?;
        let labs = lab_names(labs, &[("--resource-group", &args.resource_group), ("--account", &args.account)])?;
        if let Some(name) = &args.remove {
            names::deployment(name)?;
        }
        let settings = Self { args: Box::new(args.clone()), labs };
        for lab in settings.specs(ANY_SUBSCRIPTION) {
            lab.check_names()?;
        }
        Ok(settings)
    }

    /// The labs, with the one deployment that is meant.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        let args = &self.args;
        let spec = |name: &String| {
            let mut lab = LabSpec::workshop(name, subscription);
            if let Some(group) = &args.resource_group {
                lab.group.clone_from(group);
            }
            lab.account.name.clone_from(&args.account);
            for deployment in &mut lab.deployments {
                if let Some(name) = &args.name {
                    deployment.name.clone_from(name);
                }
                let (version, sku) = (&args.model_version, &args.model_sku);
                set_model(&mut deployment.model, args.model.as_deref(), version, sku, args.capacity);
            }
            lab
        };
        self.labs.iter().map(spec).collect()
    }

    /// What to do.
    pub fn what(&self) -> DeployModel<'_> {
        match (&self.args.remove, self.args.list) {
            (Some(name), _) => DeployModel::Remove(name),
            (None, true) => DeployModel::List,
            (None, false) => DeployModel::Put,
        }
    }

    /// Whether failed checks are passed over.
    pub fn skip_preflight(&self) -> bool {
        self.args.skip_preflight
    }
}

fn is_auto(model: &str) -> bool {
    model.eq_ignore_ascii_case("auto")
}

fn check_model(model: Option<&String>, version: Option<&String>) -> Result<(), SettingsError> {
    if model.is_some_and(|model| is_auto(model)) && version.is_some() {
        let message = "--model-version goes with a model's name, not with --model auto";
        return Err(SettingsError::Combination(message.into()));
    }
    Ok(())
}

fn set_model(
    spec: &mut ModelSpec,
    model: Option<&str>,
    version: &Option<String>,
    sku: &Option<String>,
    capacity: Option<u32>,
) {
    match model {
        Some(name) if is_auto(name) => spec.name = None,
        Some(name) => spec.name = Some(name.to_owned()),
        None => {}
    }
    spec.version.clone_from(version);
    spec.sku.clone_from(sku);
    spec.capacity = capacity;
}

/// The labs that are meant, each once; the default one if none is named. `single` are options that name one thing.
fn lab_names(labs: &[String], single: &[(&str, &Option<String>)]) -> Result<Vec<String>, SettingsError> {
    let mut names: Vec<String> = Vec::new();
    for lab in labs {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(lab)) {
            names.push(lab.clone());
        }
    }
    if names.is_empty() {
        names.push(DEFAULT_LAB.to_owned());
    }
    let given = single.iter().find_map(|(option, value)| Some((option, value.as_ref()?)));
    match given {
        Some((option, value)) if names.len() > 1 => Err(SettingsError::Combination(format!(
            "{option} {value} names one thing for {} labs: leave it out, and each lab gets its own",
            names.len()
        ))),
        _ => Ok(names),
    }
}

/// The sandbox's directory: the one that was named, else the platform's data directory.
///
/// # Errors
/// [`SettingsError::NoDataDirectory`]
pub fn sandbox_dir(global: &GlobalArgs) -> Result<PathBuf, SettingsError> {
    if let Some(dir) = &global.sandbox_dir {
        return Ok(dir.clone());
    }
    directories::ProjectDirs::from("", "", "azlab")
        .map(|dirs| dirs.data_dir().join("sandbox"))
        .ok_or(SettingsError::NoDataDirectory)
}

impl Settings {
    /// Resolves the global options. `command_line` are the program's arguments.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(cli: &Cli, environment: Environment, command_line: &[String]) -> Result<Self, SettingsError> {
        let global = &cli.global;
        // In the sandbox they mean nothing, yet what is malformed is a mistake there too. Without a home no file is read.
        let subscription = global.subscription.as_deref().unwrap_or(ANY_SUBSCRIPTION);
        subscription::resolve(Some(subscription), global.tenant.as_deref(), &Environment::default())?;
        let target = if global.sandbox {
            if let Some(endpoint) = &global.arm_endpoint {
                return Err(SettingsError::Combination(format!(
                    "--sandbox and --arm-endpoint {endpoint} exclude each other: leave one of them out"
                )));
            }
            Target::Sandbox { dir: sandbox_dir(global)?, speed: global.sandbox_speed }
        } else {
            Target::Azure(Box::new(AzureTarget {
                cloud: global.cloud,
                endpoint: global.arm_endpoint.as_deref().map(parse_arm_endpoint).transpose()?,
                auth: global.auth,
                subscription: global.subscription.clone(),
                tenant: global.tenant.clone(),
                ca_file: global.ca_file.clone(),
                environment: environment.clone(),
            }))
        };
        let is_terminal = std::io::stderr().is_terminal();
        let interactive =
            !global.no_input && is_terminal && std::io::stdin().is_terminal() && environment.get("CI").is_none();
        Ok(Self {
            target,
            report: ReportOptions {
                progress: global.progress,
                events_file: global.events.clone(),
                log_file: global.log_file.clone(),
                verbosity: if global.quiet { -1 } else { i8::try_from(global.verbose).unwrap_or(i8::MAX) },
                color: global.color,
                hide_ids: global.hide_ids,
                is_terminal,
                stdout_is_terminal: std::io::stdout().is_terminal(),
                environment: TerminalEnvironment::from_process(),
                ..ReportOptions::default()
            },
            output: global.output,
            timeout: global.timeout,
            interactive,
            yes: global.yes,
            command_line: quoted(command_line),
        })
    }
}

/// Arguments as a person would type them.
fn quoted(arguments: &[String]) -> String {
    let words = std::iter::once("azlab").chain(arguments.iter().map(String::as_str));
    words.map(|word| shlex::try_quote(word).unwrap_or_default().into_owned()).collect::<Vec<_>>().join(" ")
}

impl ProvisionSettings {
    /// Resolves the options of `provision`, and checks every name against Azure's rules.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &ProvisionArgs, labs: &[String], user: Option<String>) -> Result<Self, SettingsError> {
        let names = lab_names(labs, &[("--resource-group", &args.resource_group), ("--account", &args.account)])?;
        check_model(args.model.as_ref(), args.model_version.as_ref())?;
        let location = args.location.as_deref().map(names::location).transpose()?;
        let settings = Self { args: Box::new(args.clone()), labs: names, location, user };
        for lab in settings.specs(ANY_SUBSCRIPTION) {
            lab.check_names()?;
        }
        Ok(settings)
    }

    /// The labs that should be, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.labs.iter().map(|lab| self.spec(lab, subscription)).collect()
    }

    /// Whether a group that is not ours is taken over.
    pub fn adopt(&self) -> bool {
        self.args.adopt
    }

    /// Whether failed checks are passed over.
    pub fn skip_preflight(&self) -> bool {
        self.args.skip_preflight
    }

    /// How long until the lab may be swept.
    pub fn ttl(&self) -> Option<Duration> {
        self.args.ttl
    }

    fn spec(&self, lab: &str, subscription: &str) -> LabSpec {
        let args = &self.args;
        let mut spec = LabSpec::workshop(lab, subscription);
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut spec.group, &args.resource_group);
        set(&mut spec.cluster.name, &args.cluster);
        set(&mut spec.identity, &args.identity);
        set(&mut spec.federated_credential.name, &args.federated_credential);
        set(&mut spec.federated_credential.subject, &args.subject);
        spec.location.clone_from(&self.location);
        spec.cluster.kubernetes_version.clone_from(&args.kubernetes_version);
        spec.cluster.node_count = args.node_count;
        spec.cluster.node_vm_size.clone_from(&args.node_vm_size);
        spec.account.name.clone_from(&args.account);
        spec.account.soft_deleted = match args.soft_deleted {
            SoftDeletedArg::Purge if !args.restore => SoftDeleted::Purge,
            SoftDeletedArg::Avoid => SoftDeleted::Avoid,
            _ => SoftDeleted::Restore,
        };
        for deployment in &mut spec.deployments {
            set(&mut deployment.name, &args.deployment);
            let (version, sku) = (&args.model_version, &args.model_sku);
            set_model(&mut deployment.model, args.model.as_deref(), version, sku, args.capacity);
        }
        // A tag's value has at most 256 characters.
        let owner = |name: &String| name.chars().take(256).collect::<String>();
        if let Some(name) = &args.owner {
            spec.tags.set(tags::OWNER, owner(name));
        }
        spec.default_owner = self.user.as_ref().map(owner);
        spec
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Command;

    fn resolve(arguments: &[&str]) -> Result<Vec<LabSpec>, String> {
        let cli =
            Cli::try_parse_from(["azlab", "provision"].iter().chain(arguments)).map_err(|error| error.to_string())?;
        let Command::Provision(args) = &cli.command else { return Err("another command".into()) };
        let settings = ProvisionSettings::resolve(args, &cli.global.labs, None).map_err(|error| error.to_string())?;
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
        assert_eq!(lab.federated_credential.subject, "system:serviceaccount:a:b");
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
            (&["--node-count", "0"], "0"),
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

    #[test]
    fn the_command_that_continues_can_be_pasted() {
        assert_eq!(quoted(&["provision".into(), "-g".into(), "it's mine".into()]), "azlab provision -g \"it's mine\"");
    }
}
