//! What holds, value by value, and where each comes from: for `config show`.

use serde::Serialize;
use serde_json::{Value, json};

use super::cost::DEFAULT_CURRENCY;
use super::{LabSource, Settings, SettingsError, Target};
use crate::cli::config::ShowArgs;
use crate::cli::{Cli, Given};
use crate::config::Config;
use crate::lab::overrides::{LabOverrides, Origin};
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use azlab_sandbox::SUBSCRIPTION_ID;

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Setting {
    /// Its key in the file, or the option without its hyphens: `cluster.node_count`, `sandbox_speed`.
    pub(crate) key: String,
    /// What holds; null if it is left to what exists, or to the service.
    pub(crate) value: Value,
    /// Who says so.
    pub(crate) source: Source,
    /// With what, or where: `--location`, `AZLAB_OWNER`, `azlab.toml:12`.
    pub(crate) from: Option<String>,
}

/// Who says that a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
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
pub(crate) struct ShownLab {
    /// The lab's name.
    pub(crate) name: String,
    /// Its values, in the order of the file's template.
    pub(crate) settings: Vec<Setting>,
}

/// Who goes where, as far as the file and the options say: the quotas, and what exists, say the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct WhoGoes {
    /// Labs with a location of their own: they go only there.
    pub(crate) fixed: Vec<FixedLab>,
    /// The other labs, in the order in which they are placed: each goes to the first place that has quota for it.
    pub(crate) free: Vec<String>,
    /// The places, in order of preference.
    pub(crate) places: Vec<ShownPlace>,
}

/// A lab with a location of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct FixedLab {
    /// Its name.
    pub(crate) lab: String,
    /// The location.
    pub(crate) location: String,
    /// Who says so: as of [`Setting`].
    pub(crate) from: Option<String>,
}

/// A location of an entry of `[[placement]]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ShownPlace {
    /// The subscription's id or name; null for that of the run.
    pub(crate) subscription: Option<String>,
    /// The location.
    pub(crate) location: String,
    /// How many labs the entry takes in all of its locations together; null for no limit.
    pub(crate) max_labs: Option<u32>,
    /// Where the entry is: `azlab.toml:12`.
    pub(crate) from: Option<String>,
}

/// Everything that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Shown {
    /// The file, if there is one.
    pub(crate) file: Option<String>,
    /// What holds for the command as a whole.
    pub(crate) settings: Vec<Setting>,
    /// Who goes where, if the file says where labs may go.
    pub(crate) who_goes: Option<WhoGoes>,
    /// What holds for each lab that is meant; of a file all, if nobody says which.
    pub(crate) labs: Vec<ShownLab>,
}

impl Shown {
    /// What `provision` would go by.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(
        cli: &Cli,
        args: &ShowArgs,
        settings: &Settings,
        labs: &LabSource,
    ) -> Result<Self, SettingsError> {
        let ttl = args.ttl.map(|ttl| humantime::format_duration(ttl).to_string());
        let labs = labs
            .only_listed()?
            .clone()
            .or_all()
            .given_by(cli.given.clone())
            .with(&LabOverrides { ttl, ..args.lab.clone() })?;
        let sources = Sources { given: &cli.given, file: labs.file() };
        // The derived account's name needs it. az's own default is not looked up: nothing here needs a sign-in.
        let subscription = match &settings.target {
            Target::Sandbox { .. } => Some(SUBSCRIPTION_ID),
            Target::Azure(target) => target.subscription.as_deref(),
        };
        let of = |lab: &LabSpec| sources.lab(lab, &labs, subscription.is_some());
        let specs = labs.specs(subscription.unwrap_or_default());
        Ok(Self {
            file: labs.file().map(|file| file.path().display().to_string()),
            who_goes: sources.who_goes(&specs, &labs),
            settings: sources.command(cli, settings, labs.file()),
            labs: specs.iter().map(of).collect(),
        })
    }
}

struct Sources<'a> {
    given: &'a Given,
    file: Option<&'a Config>,
}

impl Sources<'_> {
    /// A value of the command as a whole, which the option `key` sets, else the file.
    fn setting(&self, key: &str, value: Value) -> Setting {
        let in_file = || Some(Origin::File(key.to_owned())).filter(|_| self.place(key).is_some());
        self.of(key, value, self.given.origin(key).cloned().or_else(in_file).as_ref())
    }

    fn of(&self, key: &str, value: Value, origin: Option<&Origin>) -> Setting {
        let (source, from) = match origin {
            Some(Origin::Flag(flag)) => (Source::Flag, Some(flag.clone())),
            Some(Origin::Environment(variable)) => (Source::Environment, Some(variable.clone())),
            Some(Origin::File(path)) => (Source::File, self.place(path)),
            None => (Source::Default, None),
        };
        Setting { key: key.to_owned(), value, source, from }
    }

    fn place(&self, path: &str) -> Option<String> {
        self.file?.place(path)
    }

    fn command(&self, cli: &Cli, settings: &Settings, file: Option<&Config>) -> Vec<Setting> {
        let global = Settings::on_top_of(file, &cli.global).unwrap_or_else(|_| cli.global.clone());
        let dir = match &settings.target {
            Target::Sandbox { dir, .. } => json!(dir),
            Target::Azure(_) => json!(global.sandbox_dir),
        };
        let timeout = global.timeout.map(|limit| humantime::format_duration(limit).to_string());
        let workshop = file.and_then(|file| file.file().workshop.as_deref()).unwrap_or(tags::DEFAULT_WORKSHOP);
        let budget = file.and_then(|file| file.file().budget.clone()).unwrap_or_default();
        let app = file.and_then(|file| file.file().app.clone()).unwrap_or_default();
        let rows = [
            ("workshop", json!(workshop)),
            ("app.images", json!(app.images)),
            ("app.manifests", json!(app.manifests)),
            ("budget.most", json!(budget.most)),
            ("budget.currency", json!(budget.currency.unwrap_or_else(|| DEFAULT_CURRENCY.to_owned()))),
            ("roster", json!(file.and_then(Config::roster_name))),
            ("spares", json!(file.map_or(0, |file| file.spares().count()))),
            ("subscription", json!(global.subscription)),
            ("placement", json!(file.and_then(|file| file.file().placement.as_ref()))),
            ("on_full", json!(file.map(Config::on_full).unwrap_or_default().as_str())),
            ("tenant", json!(global.tenant)),
            ("cloud", json!(global.cloud.unwrap_or_default().as_str())),
            ("auth", json!(global.auth.unwrap_or_default().as_str())),
            ("arm_endpoint", json!(global.arm_endpoint)),
            ("ca_file", json!(global.ca_file)),
            ("sandbox", json!(global.sandbox)),
            ("sandbox_speed", json!(global.sandbox_speed)),
            ("sandbox_dir", dir),
            ("sandbox_kubernetes", json!(global.sandbox_kubernetes)),
            ("output", json!(global.output.to_string())),
            ("progress", json!(global.progress.to_string())),
            ("color", json!(global.color.to_string())),
            ("hide_ids", json!(global.hide_ids)),
            ("yes", json!(global.yes)),
            ("no_input", json!(global.no_input)),
            ("timeout", json!(timeout)),
        ];
        rows.into_iter().map(|(key, value)| self.setting(key, value)).collect()
    }

    /// `is_known`: the subscription is, from which the account's name is derived.
    fn lab(&self, lab: &LabSpec, labs: &LabSource, is_known: bool) -> ShownLab {
        let said = labs.said(&lab.name);
        let row = |(key, value): (String, Value)| {
            let value = match key.as_str() {
                "openai.account" if value.is_null() && is_known => json!(lab.account_name(0)),
                _ => value,
            };
            self.of(&key, value, said.origin(&key))
        };
        let settings = std::iter::once(self.named(&lab.name)).chain(LabOverrides::rows(lab).into_iter().map(row));
        ShownLab { name: lab.name.clone(), settings: settings.collect() }
    }

    fn who_goes(&self, specs: &[LabSpec], labs: &LabSource) -> Option<WhoGoes> {
        let entries = labs.placements();
        if entries.is_empty() {
            return None;
        }
        let mut places = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let from = self.place(&format!("placement[{index}]"));
            places.extend(entry.locations.iter().map(|location| ShownPlace {
                subscription: entry.subscription.clone(),
                location: location.clone(),
                max_labs: entry.max_labs,
                from: from.clone(),
            }));
        }
        let (mut fixed, mut free) = (Vec::new(), Vec::new());
        for lab in specs {
            let Some(location) = lab.location.clone() else {
                free.push(lab.name.clone());
                continue;
            };
            let from = self.of("location", json!(location), labs.said(&lab.name).origin("location")).from;
            fixed.push(FixedLab { lab: lab.name.clone(), location, from });
        }
        Some(WhoGoes { fixed, free, places })
    }

    fn named(&self, name: &str) -> Setting {
        let given = ["labs", "all"].iter().find_map(|id| self.given.origin(id));
        match (given, self.file.and_then(|file| file.lab_place(name))) {
            (None, Some(place)) => {
                Setting { key: "name".into(), value: json!(name), source: Source::File, from: Some(place) }
            }
            _ => self.of("name", json!(name), given),
        }
    }
}
