//! What holds, value by value, and where each comes from: for `config show`.

use serde::Serialize;
use serde_json::{Value, json};

use super::{LabSource, Settings, SettingsError, Target};
use crate::cli::config::ShowArgs;
use crate::cli::{Cli, Given, Origin};
use crate::config::Config;
use crate::lab::spec::{DeploymentSpec, FederatedCredentialSpec, LabSpec, SoftDeleted};
use crate::lab::tags;
use azlab_sandbox::SUBSCRIPTION_ID;

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// Its key in the file, or the option without its hyphens: `cluster.node_count`, `sandbox_speed`.
    pub key: String,
    /// What holds; null if it is left to what exists, or to the service.
    pub value: Value,
    /// Who says so.
    pub source: Source,
    /// With what, or where: `--location`, `AZLAB_OWNER`, `azlab.toml:12`.
    pub from: Option<String>,
}

/// Who says that a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The file.
    File,
    /// Nobody: azlab's own choice.
    Default,
}

/// The values of one lab.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownLab {
    /// The lab's name.
    pub name: String,
    /// Its values, in the order of the file's template.
    pub settings: Vec<Setting>,
}

/// Everything that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The file, if there is one.
    pub file: Option<String>,
    /// What holds for the command as a whole.
    pub settings: Vec<Setting>,
    /// What holds for each lab that is meant; of a file all, if nobody says which.
    pub labs: Vec<ShownLab>,
}

impl Shown {
    /// What `provision` would go by.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(cli: &Cli, args: &ShowArgs, settings: &Settings, labs: &LabSource) -> Result<Self, SettingsError> {
        let labs = labs.clone().or_all().with(&args.lab)?;
        let sources = Sources { given: &cli.given, file: labs.file() };
        // The derived account's name needs it. az's own default is not looked up: nothing here needs a sign-in.
        let subscription = match &settings.target {
            Target::Sandbox { .. } => Some(SUBSCRIPTION_ID),
            Target::Azure(target) => target.subscription.as_deref(),
        };
        let of = |lab: &LabSpec| sources.lab(lab, args, subscription.is_some());
        Ok(Self {
            file: labs.file().map(|file| file.path().display().to_string()),
            settings: sources.command(cli, settings, labs.file()),
            labs: labs.specs(subscription.unwrap_or_default()).iter().map(of).collect(),
        })
    }
}

struct Sources<'a> {
    given: &'a Given,
    file: Option<&'a Config>,
}

impl Sources<'_> {
    /// A value that the options `ids` set, else the file's `key`.
    fn setting(&self, lab: Option<&str>, key: &str, ids: &[&str], value: Value) -> Setting {
        let (source, from) = match ids.iter().find_map(|id| self.given.origin(id)) {
            Some(Origin::Flag(flag)) => (Source::Flag, Some(flag.clone())),
            Some(Origin::Environment(variable)) => (Source::Environment, Some(variable.clone())),
            None => match self.file.and_then(|file| file.place(lab, key)) {
                Some(place) => (Source::File, Some(place)),
                None => (Source::Default, None),
            },
        };
        Setting { key: key.to_owned(), value, source, from }
    }

    fn command(&self, cli: &Cli, settings: &Settings, file: Option<&Config>) -> Vec<Setting> {
        let global = Settings::on_top_of(file, &cli.global).unwrap_or_else(|_| cli.global.clone());
        let dir = match &settings.target {
            Target::Sandbox { dir, .. } => json!(dir),
            Target::Azure(_) => json!(global.sandbox_dir),
        };
        let timeout = global.timeout.map(|limit| humantime::format_duration(limit).to_string());
        let workshop = file.and_then(|file| file.file().workshop.as_deref()).unwrap_or(tags::DEFAULT_WORKSHOP);
        let rows = [
            ("workshop", json!(workshop)),
            ("subscription", json!(global.subscription)),
            ("tenant", json!(global.tenant)),
            ("cloud", json!(global.cloud.unwrap_or_default().as_str())),
            ("auth", json!(global.auth.unwrap_or_default().as_str())),
            ("arm_endpoint", json!(global.arm_endpoint)),
            ("ca_file", json!(global.ca_file)),
            ("sandbox", json!(global.sandbox)),
            ("sandbox_speed", json!(global.sandbox_speed)),
            ("sandbox_dir", dir),
            ("output", json!(global.output.to_string())),
            ("progress", json!(global.progress.to_string())),
            ("color", json!(global.color.to_string())),
            ("hide_ids", json!(global.hide_ids)),
            ("yes", json!(global.yes)),
            ("no_input", json!(global.no_input)),
            ("timeout", json!(timeout)),
        ];
        rows.into_iter().map(|(key, value)| self.setting(None, key, &[key], value)).collect()
    }

    fn lab(&self, lab: &LabSpec, args: &ShowArgs, is_known: bool) -> ShownLab {
        let name = lab.name.as_str();
        let row = |key: &str, ids: &[&str], value: Value| self.setting(Some(name), key, ids, value);
        let account = lab.account.name.clone().or_else(|| is_known.then(|| lab.account_name(0)));
        let ttl = args.ttl.or(lab.default_ttl).map(|ttl| humantime::format_duration(ttl).to_string());
        let soft_deleted = match lab.account.soft_deleted {
            SoftDeleted::Purge => "purge",
            SoftDeleted::Restore => "restore",
            SoftDeleted::Avoid => "avoid",
        };
        let owner = lab.tags.get(tags::OWNER).or(lab.default_owner.as_deref());
        let mut settings = vec![
            self.named(name),
            row("resource_group", &["resource_group"], json!(lab.group)),
            row("location", &["location"], json!(lab.location)),
            row("ttl", &["ttl"], json!(ttl)),
            row("owner", &["owner"], json!(owner)),
        ];
        for (tag, value) in lab.tags.iter().filter(|(tag, _)| !tag.starts_with(tags::PREFIX)) {
            settings.push(row(&format!("tags.{tag}"), &[], json!(value)));
        }
        settings.extend([
            row("cluster.name", &["cluster"], json!(lab.cluster.name)),
            row("cluster.kubernetes_version", &["kubernetes_version"], json!(lab.cluster.kubernetes_version)),
            row("cluster.node_count", &["node_count"], json!(lab.cluster.node_count)),
            row("cluster.node_vm_size", &["node_vm_size"], json!(lab.cluster.node_vm_size)),
            row("identity.name", &["identity"], json!(lab.identity)),
        ]);
        for (index, credential) in lab.federated_credentials.iter().enumerate() {
            settings.extend(self.credential(name, index, credential));
        }
        settings.extend([
            row("openai.account", &["account"], json!(account)),
            row("openai.soft_deleted", &["soft_deleted", "restore"], json!(soft_deleted)),
        ]);
        for (index, deployment) in lab.deployments.iter().enumerate() {
            settings.extend(self.deployment(name, index, deployment));
        }
        ShownLab { name: name.to_owned(), settings }
    }

    fn named(&self, name: &str) -> Setting {
        let named = self.setting(None, "name", &["labs", "all"], json!(name));
        match self.file.and_then(|file| file.lab_place(name)) {
            Some(place) if named.source == Source::Default => {
                Setting { source: Source::File, from: Some(place), ..named }
            }
            _ => named,
        }
    }

    fn credential(&self, lab: &str, index: usize, credential: &FederatedCredentialSpec) -> Vec<Setting> {
        let row = |key: &str, ids: &[&str], value: &str| {
            self.setting(Some(lab), &format!("identity.federated_credentials[{index}].{key}"), ids, json!(value))
        };
        let mut subject = row("subject", &["subject"], &credential.subject);
        if subject.source == Source::Default {
            // The file may say it in two parts.
            let parts = row("service_account", &[], &credential.subject);
            subject = Setting { source: parts.source, from: parts.from, ..subject };
        }
        vec![
            row("name", &["federated_credential"], &credential.name),
            subject,
            row("audience", &[], &credential.audience),
        ]
    }

    fn deployment(&self, lab: &str, index: usize, deployment: &DeploymentSpec) -> Vec<Setting> {
        let row = |key: &str, ids: &[&str], value: Value| {
            self.setting(Some(lab), &format!("deployments[{index}].{key}"), ids, value)
        };
        let model = &deployment.model;
        vec![
            row("name", &["deployment"], json!(deployment.name)),
            row("model", &["model"], json!(model.name.as_deref().unwrap_or("auto"))),
            row("model_version", &["model_version"], json!(model.version)),
            row("model_sku", &["model_sku"], json!(model.sku)),
            row("capacity", &["capacity"], json!(model.capacity)),
        ]
    }
}
