//! Which labs a command is about, and what each of them should be.

use super::SettingsError;
use crate::cli::lab::{LabArgs, SoftDeletedArg};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LAB, DeploymentSpec, LabSpec, SoftDeleted};
use crate::lab::tags;

/// The subscription that stands in while names are checked, before the real one is known.
pub(super) const ANY_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The labs that are meant: the one place from which every command gets its [`LabSpec`]s.
#[derive(Clone, Debug, Default)]
pub struct LabSource {
    names: Vec<String>,
    options: Box<LabArgs>,
    location: Option<String>,
    user: Option<String>,
}

impl LabSource {
    /// The labs of these names, each once; without any, the default one.
    pub fn named(labs: &[String]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for lab in labs {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(lab)) {
                names.push(lab.clone());
            }
        }
        Self { names, ..Self::default() }
    }

    /// Whose the labs are if nothing says otherwise.
    #[must_use]
    pub fn made_by(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    /// With what the command line says that they should be, checked against Azure's rules.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn with(&self, options: &LabArgs) -> Result<Self, SettingsError> {
        self.single("--resource-group", options.resource_group.as_deref())?;
        self.single("--account", options.account.as_deref())?;
        if options.model.as_deref().is_some_and(is_auto) && options.model_version.is_some() {
            let message = "--model-version goes with a model's name, not with --model auto";
            return Err(SettingsError::Combination(message.into()));
        }
        let location = options.location.as_deref().map(names::location).transpose()?;
        let source = Self { options: Box::new(options.clone()), location, ..self.clone() };
        for lab in source.specs(ANY_SUBSCRIPTION) {
            lab.check_names()?;
        }
        Ok(source)
    }

    /// The labs that should be, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        let default = [DEFAULT_LAB.to_owned()];
        let names = if self.names.is_empty() { &default[..] } else { &self.names };
        names.iter().map(|name| self.spec(LabSpec::workshop(name, subscription))).collect()
    }

    /// Whether labs were named, on the command line or in the environment.
    pub fn is_named(&self) -> bool {
        !self.names.is_empty() || self.options.resource_group.is_some()
    }

    /// The command line on top of `spec`.
    fn spec(&self, mut spec: LabSpec) -> LabSpec {
        let args = &self.options;
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        let set_option = |field: &mut Option<String>, value: &Option<String>| {
            if value.is_some() {
                field.clone_from(value);
            }
        };
        set(&mut spec.group, &args.resource_group);
        set(&mut spec.cluster.name, &args.cluster);
        set(&mut spec.identity, &args.identity);
        if let Some(credential) = spec.federated_credentials.first_mut() {
            set(&mut credential.name, &args.federated_credential);
            set(&mut credential.subject, &args.subject);
        }
        set_option(&mut spec.location, &self.location);
        set_option(&mut spec.cluster.kubernetes_version, &args.kubernetes_version);
        spec.cluster.node_count = args.node_count.or(spec.cluster.node_count);
        set_option(&mut spec.cluster.node_vm_size, &args.node_vm_size);
        set_option(&mut spec.account.name, &args.account);
        if args.restore {
            spec.account.soft_deleted = SoftDeleted::Restore;
        } else if let Some(what) = args.soft_deleted {
            spec.account.soft_deleted = match what {
                SoftDeletedArg::Purge => SoftDeleted::Purge,
                SoftDeletedArg::Restore => SoftDeleted::Restore,
                SoftDeletedArg::Avoid => SoftDeleted::Avoid,
            };
        }
        if let Some(deployment) = spec.deployments.first_mut() {
            set(&mut deployment.name, &args.deployment);
            set_model(deployment, args);
        }
        // A tag's value has at most 256 characters.
        let owner = |name: &String| name.chars().take(256).collect::<String>();
        if let Some(name) = &args.owner {
            spec.tags.set(tags::OWNER, owner(name));
        }
        spec.default_owner = self.user.as_ref().map(owner);
        spec
    }

    /// Refuses `value` of `option`, which names one thing, for several labs.
    fn single(&self, option: &str, value: Option<&str>) -> Result<(), SettingsError> {
        match value {
            Some(value) if self.names.len() > 1 => Err(SettingsError::Combination(format!(
                "{option} {value} names one thing for {} labs: leave it out, and each lab gets its own",
                self.names.len()
            ))),
            _ => Ok(()),
        }
    }
}

fn is_auto(model: &str) -> bool {
    model.eq_ignore_ascii_case("auto")
}

/// Another model than before takes its own version and sku.
fn set_model(deployment: &mut DeploymentSpec, args: &LabArgs) {
    let model = &mut deployment.model;
    if let Some(name) = &args.model {
        model.name = Some(name.clone()).filter(|name| !is_auto(name));
        model.is_default = false;
        model.version = None;
        model.sku = None;
    }
    for (field, value) in [(&mut model.version, &args.model_version), (&mut model.sku, &args.model_sku)] {
        if value.is_some() {
            field.clone_from(value);
        }
    }
    model.capacity = args.capacity.or(model.capacity);
}
