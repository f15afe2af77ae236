//! The options of `deploy-model`.

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::deploy_model::DeployModelArgs;
use crate::lab::names;
use crate::lab::overrides::{DeploymentOverrides, LabOverrides, OpenAiOverrides};

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
    labs: LabSource,
    version: Option<String>,
    remove: Option<String>,
    list: bool,
    skip_preflight: bool,
    dry_run: DryRun,
}

impl DeployModelSettings {
    /// Resolves the options of `deploy-model`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &DeployModelArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        if let Some(name) = &args.remove {
            names::deployment(name)?;
        }
        let options = LabOverrides {
            resource_group: args.resource_group.clone(),
            openai: OpenAiOverrides { account: args.account.clone(), ..OpenAiOverrides::default() },
            deployment: DeploymentOverrides {
                name: args.name.clone(),
                model: args.model.clone(),
                model_version: args.model_version.clone(),
                model_sku: args.model_sku.clone(),
                capacity: args.capacity,
            },
            ..LabOverrides::default()
        };
        Ok(Self {
            labs: labs.clone().of_one_deployment().with(&options)?,
            version: args.model_version.clone(),
            remove: args.remove.clone(),
            list: args.list,
            skip_preflight: args.skip_preflight,
            dry_run: DryRun::of(args.dry_run),
        })
    }

    /// The labs that are meant, each with the one deployment that is.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The version that the command line names.
    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What to do.
    pub(crate) fn what(&self) -> DeployModel<'_> {
        match (&self.remove, self.list) {
            (Some(name), _) => DeployModel::Remove(name),
            (None, true) => DeployModel::List,
            (None, false) => DeployModel::Put,
        }
    }

    /// Whether it only tells.
    pub(crate) fn dry_run(&self) -> DryRun {
        self.dry_run
    }

    /// Whether failed checks are passed over.
    pub(crate) fn skip_preflight(&self) -> bool {
        self.skip_preflight
    }
}
