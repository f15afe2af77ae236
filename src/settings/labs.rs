//! Which labs a command is about, and what each of them should be.

use std::sync::Arc;

use super::SettingsError;
use crate::cli::GlobalArgs;
use crate::cli::lab::{LabArgs, SoftDeletedArg};
use crate::config::{Config, nearest};
use crate::follow_up::{Advice, FollowUp, Labs, Verb};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LAB, DeploymentSpec, LabSpec, SoftDeleted};
use crate::lab::tags;

/// The subscription that stands in while names are checked, before the real one is known.
pub(super) const ANY_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The labs that are meant: the one place from which every command gets its [`LabSpec`]s.
#[derive(Clone, Debug, Default)]
pub struct LabSource {
    names: Vec<String>,
    file: Option<Arc<Config>>,
    /// The file lists several labs, and nobody has said which.
    undecided: bool,
    /// Whether one deployment is meant, not all.
    one_deployment: bool,
    options: Box<LabArgs>,
    location: Option<String>,
    user: Option<String>,
    given: bool,
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
        Self { given: !names.is_empty(), names, ..Self::default() }
    }

    /// The labs that the command line means, as `file` says what they are. Of a file with several labs, none is meant until
    /// somebody says which.
    ///
    /// # Errors
    /// A lab that the file does not list, or `--all` without a file.
    pub fn resolve(global: &GlobalArgs, file: Option<Arc<Config>>) -> Result<Self, SettingsError> {
        let named = Self::named(&global.labs);
        let Some(file) = file else {
            return match global.all {
                true => Err(SettingsError::Labs {
                    message: "--all takes the labs of an azlab.toml, and there is none here or above".into(),
                    hint: Advice::from("name them: -l NAME...; or write a file: ").run(FollowUp::new(Verb::ConfigInit)),
                }),
                false => Ok(named),
            };
        };
        let listed: Vec<String> = file.lab_names().map(str::to_owned).collect();
        if listed.is_empty() {
            return Ok(Self { file: Some(file), ..named });
        }
        if named.names.is_empty() {
            let undecided = listed.len() > 1 && !global.all;
            return Ok(Self { names: listed, file: Some(file), undecided, ..named });
        }
        let known = |name: &String| match listed.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => Ok(known.clone()),
            None => Err(SettingsError::Labs {
                message: format!("{} has no lab '{name}'", file.name()),
                hint: match nearest(name, listed.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?").into(),
                    None => format!("it has {}; add '{name}' there, or name another file with --config", some(&listed))
                        .into(),
                },
            }),
        };
        let names = named.names.iter().map(known).collect::<Result<_, _>>()?;
        Ok(Self { names, file: Some(file), ..named })
    }

    /// All labs of the file where nobody has said which: for commands that only look.
    #[must_use]
    pub fn or_all(self) -> Self {
        Self { undecided: false, ..self }
    }

    /// One deployment of each lab is meant: the one that is named, or the only one.
    #[must_use]
    pub fn of_one_deployment(self) -> Self {
        Self { one_deployment: true, ..self }
    }

    /// The file that says what the labs are.
    pub fn file(&self) -> Option<&Config> {
        self.file.as_deref()
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
        if self.undecided {
            let file = self.file().map(Config::name).unwrap_or_default();
            return Err(SettingsError::Labs {
                message: format!("{file} has {} labs: {}", self.names.len(), some(&self.names)),
                hint: "name those that are meant with -l NAME..., or take all with --all".into(),
            });
        }
        self.single("--resource-group", options.resource_group.as_deref())?;
        self.single("--account", options.account.as_deref())?;
        if options.model.as_deref().is_some_and(is_auto) && options.model_version.is_some() {
            let message = "--model-version goes with a model's name, not with --model auto";
            return Err(SettingsError::Combination(message.into()));
        }
        let location = options.location.as_deref().map(names::location).transpose()?;
        let source = Self { options: Box::new(options.clone()), location, ..self.clone() };
        let default = [DEFAULT_LAB.to_owned()];
        for name in if self.names.is_empty() { &default[..] } else { &self.names } {
            let base = self.base(name, ANY_SUBSCRIPTION);
            source.one_of_many(&base)?;
            source.spec(base).check_names()?;
        }
        Ok(source)
    }

    /// The labs that should be, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        let default = [DEFAULT_LAB.to_owned()];
        let names = if self.names.is_empty() { &default[..] } else { &self.names };
        names.iter().map(|name| self.spec_of(name, subscription)).collect()
    }

    /// The lab of that name, as it should be.
    pub fn spec_of(&self, name: &str, subscription: &str) -> LabSpec {
        self.spec(self.base(name, subscription))
    }

    /// The lab before the command line has its say.
    fn base(&self, name: &str, subscription: &str) -> LabSpec {
        match &self.file {
            Some(file) => file.spec(name, subscription),
            None => LabSpec::workshop(name, subscription),
        }
    }

    /// The labs that are meant, for a command that is to be about the same.
    pub fn meant(&self) -> Labs {
        let listed = self.file().map(|file| file.lab_names().count()).unwrap_or_default();
        if listed > 1 && listed == self.names.len() {
            return Labs::all();
        }
        Labs::named(&self.names, self.resource_group())
    }

    /// Whether the command line itself names what is meant.
    pub fn given(&self) -> bool {
        self.given || self.options.resource_group.is_some()
    }

    /// Whether labs were named, on the command line or in a file.
    pub fn names_labs(&self) -> bool {
        !self.names.is_empty()
    }

    /// The resource group that was named.
    pub fn resource_group(&self) -> Option<&str> {
        self.options.resource_group.as_deref()
    }

    /// Refuses several labs, for `what` (`env prints the variables of one lab`).
    ///
    /// # Errors
    /// [`SettingsError::Combination`]
    pub fn only_one(&self, what: &str) -> Result<(), SettingsError> {
        match self.specs(ANY_SUBSCRIPTION).len() {
            1 => Ok(()),
            count => Err(SettingsError::Combination(format!("{what}, not of {count}: name one with --lab"))),
        }
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
        if args.federated_credential.is_some() || args.subject.is_some() {
            if spec.federated_credentials.is_empty() {
                spec.federated_credentials = LabSpec::workshop(&spec.name, "").federated_credentials;
            }
            for credential in &mut spec.federated_credentials {
                set(&mut credential.name, &args.federated_credential);
                set(&mut credential.subject, &args.subject);
            }
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
        self.choose_deployment(&mut spec);
        if names_a_deployment(args) {
            for deployment in &mut spec.deployments {
                set(&mut deployment.name, &args.deployment);
                set_model(deployment, args);
            }
        }
        // A tag's value has at most 256 characters.
        let owner = |name: &String| name.chars().take(256).collect::<String>();
        // Nobody is no owner: the tag would be empty.
        if let Some(name) = args.owner.as_ref().filter(|name| !name.trim().is_empty()) {
            spec.tags.set(tags::OWNER, owner(name));
        }
        spec.default_owner = self.user.as_ref().map(owner);
        spec
    }

    /// Leaves of the lab's deployments the one that is meant.
    fn choose_deployment(&self, spec: &mut LabSpec) {
        if let Some(name) = self.options.deployment.as_ref().filter(|_| self.one_deployment) {
            spec.deployments.retain(|one| one.name.eq_ignore_ascii_case(name));
        }
        // A lab without any is one in which people make it themselves: by this command, or by naming it.
        if spec.deployments.is_empty() && (self.one_deployment || names_a_deployment(&self.options)) {
            spec.deployments = LabSpec::workshop(&spec.name, "").deployments;
        }
    }

    /// Refuses options that name one thing where the file says that there are several.
    fn one_of_many(&self, base: &LabSpec) -> Result<(), SettingsError> {
        let args = &self.options;
        let refuse = |option: &str, what: &str, names: Vec<String>, hint: &str| {
            Err(SettingsError::Labs {
                message: format!(
                    "{option} is about one {what}, and the lab '{}' has {}: {}",
                    base.name,
                    names.len(),
                    names.join(", ")
                ),
                hint: hint.into(),
            })
        };
        if base.federated_credentials.len() > 1 && (args.federated_credential.is_some() || args.subject.is_some()) {
            let names = base.federated_credentials.iter().map(|one| one.name.clone()).collect();
            return refuse(
                "--federated-credential or --subject",
                "federated credential",
                names,
                "change them in the file",
            );
        }
        let is_chosen = self.one_deployment && args.deployment.is_some();
        if base.deployments.len() > 1 && names_a_deployment(args) && !is_chosen {
            let names = base.deployments.iter().map(|one| one.name.clone()).collect();
            let hint = if self.one_deployment { "say which with --name" } else { "change them in the file" };
            return refuse("a model's option", "deployment", names, hint);
        }
        Ok(())
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

/// Some names, and how many more.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 8 { format!("{shown} and {} more", names.len() - 8) } else { shown }
}

fn names_a_deployment(args: &LabArgs) -> bool {
    let texts = [&args.deployment, &args.model, &args.model_version, &args.model_sku];
    args.capacity.is_some() || texts.iter().any(|text| text.is_some())
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
