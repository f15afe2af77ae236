//! From arguments, environment and file to plain values that are checked and complete. No I/O but reading that file.

mod app;
mod apply;
mod board;
mod cost;
mod deploy_model;
mod doctor;
mod env;
mod error;
mod expiry;
mod handout;
mod kubeconfig;
mod labs;
mod place;
mod power;
mod provision;
mod reset;
mod shown;
mod status;
mod swap;
mod teardown;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::cli::{Cli, Command, GlobalArgs};
use crate::config::{self, Config};
use crate::follow_up::Place;
pub use app::AppSettings;
pub(crate) use app::{AppDoing, AppWriting, LogsAsked, OtherParts};
pub(crate) use apply::{ApplySettings, DryRun};
pub use board::BoardSettings;
pub use cost::CostSettings;
pub(crate) use cost::{Budget, Spending};
pub use deploy_model::{DeployModel, DeployModelSettings};
pub use doctor::DoctorSettings;
pub use env::EnvSettings;
pub use error::SettingsError;
pub use expiry::{ExtendSettings, SweepSettings, Until};
pub use handout::HandoutSettings;
pub use kubeconfig::KubeconfigSettings;
pub use labs::LabSource;
pub use place::place;
pub(crate) use power::PowerSettings;
pub use power::{PauseSettings, ResumeSettings};
pub use provision::ProvisionSettings;
pub use reset::ResetSettings;
pub(crate) use shown::{FixedLab, Setting, Shown, WhoGoes};
pub use status::StatusSettings;
pub use swap::SwapSettings;
pub use teardown::TeardownSettings;
pub use verify::VerifySettings;

use crate::values::cloud::parse_arm_endpoint;
use crate::values::id::{subscription_id, tenant_name};
use crate::values::{AuthMode, Cloud, Environment, IfBusy, Output, ReportOptions, Surroundings, Writer};

/// Where a command runs.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The embedded Azure.
    Sandbox {
        /// Where its state is kept.
        dir: PathBuf,
        /// Service seconds per real second.
        speed: f64,
        /// The program of real control planes for its clusters.
        kubernetes: Option<PathBuf>,
    },
    /// An Azure Resource Manager.
    Azure(Box<AzureTarget>),
}

/// An Azure Resource Manager, and how to sign in.
#[derive(Clone, Debug)]
pub(crate) struct AzureTarget {
    /// The cloud.
    pub(crate) cloud: Cloud,
    /// Another endpoint than the cloud's.
    pub(crate) endpoint: Option<Url>,
    /// How to sign in.
    pub(crate) auth: AuthMode,
    /// The subscription, from flag or environment.
    pub(crate) subscription: Option<String>,
    /// The tenant, from flag or environment.
    pub(crate) tenant: Option<String>,
    /// Certificates to trust besides the platform's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The environment that credentials read.
    pub(crate) environment: Environment,
}

/// What every command needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where it runs.
    pub(crate) target: Target,
    /// How progress and results are shown.
    pub(crate) report: ReportOptions,
    /// What goes to stdout.
    pub(crate) output: Output,
    /// The limit of the whole command, in service time.
    pub(crate) timeout: Option<Duration>,
    /// What to do about another run that is at work on the same lab.
    pub(crate) if_busy: IfBusy,
    /// Who the run is to others.
    pub(crate) writer: Writer,
    /// Whether a person can be asked.
    pub(crate) interactive: bool,
    /// Every question is answered with yes.
    pub(crate) yes: bool,
    /// Where it is, for the commands that it recommends.
    pub(crate) place: Place,
    /// The file that says what the labs are, as messages call it.
    pub(crate) file: Option<String>,
}

/// The file that says what the labs are: the one that was named, else the nearest in `directory` or above.
///
/// # Errors
/// [`SettingsError::Config`]
pub(crate) fn config_file(global: &GlobalArgs, directory: &Path) -> Result<Option<Arc<Config>>, SettingsError> {
    let path = global.config.clone().or_else(|| config::find(directory));
    Ok(path.map(|path| Config::load(&path)).transpose()?.map(Arc::new))
}

/// The sandbox's directory: the one that was named, else the platform's data directory.
///
/// # Errors
/// [`SettingsError::NoDataDirectory`]
pub(crate) fn sandbox_dir(global: &GlobalArgs) -> Result<PathBuf, SettingsError> {
    if let Some(dir) = &global.sandbox_dir {
        return Ok(dir.clone());
    }
    directories::ProjectDirs::from("", "", "azlab")
        .map(|dirs| dirs.data_dir().join("sandbox"))
        .ok_or(SettingsError::NoDataDirectory)
}

impl Settings {
    /// Resolves the global options, which go before what `file` says; `place` is that of the run.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(
        cli: &Cli,
        file: Option<&Config>,
        around: &Surroundings,
        place: Place,
    ) -> Result<Self, SettingsError> {
        let global = &Self::on_top_of(file, &cli.global)?;
        // In the sandbox they mean nothing, yet what is malformed is a mistake there too.
        global.tenant.as_deref().map(tenant_name).transpose()?;
        global.subscription.as_deref().map(subscription_id).transpose()?;
        let target = if global.sandbox {
            if let Some(endpoint) = &global.arm_endpoint {
                return Err(SettingsError::Combination(format!(
                    "--sandbox and --arm-endpoint {endpoint} exclude each other: leave one of them out"
                )));
            }
            Target::Sandbox {
                dir: sandbox_dir(global)?,
                speed: global.sandbox_speed,
                kubernetes: global.sandbox_kubernetes.clone(),
            }
        } else {
            Target::Azure(Box::new(AzureTarget {
                cloud: global.cloud.unwrap_or_default(),
                endpoint: global.arm_endpoint.as_deref().map(parse_arm_endpoint).transpose()?,
                auth: global.auth.unwrap_or_default(),
                subscription: global.subscription.clone(),
                tenant: global.tenant.clone(),
                ca_file: global.ca_file.clone(),
                environment: signing_in(around.environment.clone(), global),
            }))
        };
        // Where stdout is read by a program that does not expect an object, nothing else may come there: CI systems set
        // AZLAB_OUTPUT for all commands.
        let stdout_is_data = match &cli.command {
            Command::Env(args) => args.format.is_some() || global.output == Output::Text,
            Command::Kubeconfig(args) => kubeconfig::is_stdout(args),
            Command::App(args) => app::is_data(args) && global.output == Output::Text,
            Command::Handout(_) => true,
            _ => false,
        };
        let is_terminal = around.stderr_is_terminal;
        let in_ci = around.environment.get("CI").is_some();
        let interactive = !global.no_input && is_terminal && around.stdin_is_terminal && !in_ci;
        Ok(Self {
            target,
            report: ReportOptions {
                progress: global.progress,
                events_file: global.events.clone(),
                log_file: global.log_file.clone(),
                verbosity: if global.quiet { -1 } else { i8::try_from(global.verbose).unwrap_or(i8::MAX) },
                color: global.color,
                hide_ids: global.hide_ids,
                people: file.map(people).unwrap_or_default(),
                stdout_is_data,
                is_terminal,
                stdout_is_terminal: around.stdout_is_terminal,
                environment: around.terminal,
                ..ReportOptions::default()
            },
            output: if stdout_is_data { Output::Text } else { global.output },
            timeout: global.timeout,
            if_busy: global.if_busy,
            writer: around.writer(),
            interactive,
            yes: global.yes,
            place,
            file: file.map(|file| file.name().to_owned()),
        })
    }

    /// The global options with what `file` says where they say nothing.
    fn on_top_of(file: Option<&Config>, global: &GlobalArgs) -> Result<GlobalArgs, SettingsError> {
        let mut global = global.clone();
        let Some(file) = file.map(Config::file) else { return Ok(global) };
        global.subscription = global.subscription.or_else(|| file.subscription.clone());
        global.tenant = global.tenant.or_else(|| file.tenant.clone());
        if global.cloud.is_none() {
            global.cloud = file.cloud.as_deref().map(str::parse).transpose()?;
        }
        if global.auth.is_none() {
            // The schema has let no other word pass.
            global.auth = file.auth.as_deref().and_then(|auth| auth.parse().ok());
        }
        Ok(global)
    }
}

/// What the people of a file are called, the longer names first: one may be a part of another.
fn people(file: &Config) -> Arc<[String]> {
    let owners = file.lab_names().filter_map(|lab| file.said(lab).overrides().owner.clone());
    let names = file.attendees().filter_map(|attendee| attendee.name.clone());
    let mut people: Vec<String> = owners.chain(names).collect();
    people.sort_by_key(|name| std::cmp::Reverse(name.len()));
    people.dedup();
    people.into()
}

/// The environment that credentials read: what is trusted for Azure is trusted for its sign-in too, whatever said it.
fn signing_in(environment: Environment, global: &GlobalArgs) -> Environment {
    match &global.ca_file {
        Some(file) => environment.with("AZLAB_CA_FILE", file),
        None => environment,
    }
}

impl Settings {
    /// For a command that only looks (`is_look`): its result says it all, unless somebody asked to see more.
    #[must_use]
    pub(crate) fn quiet_if(&self, is_look: bool) -> Self {
        let mut settings = self.clone();
        settings.report.only_notes = is_look && settings.report.verbosity == 0;
        settings
    }
}
