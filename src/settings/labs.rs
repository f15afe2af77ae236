//! Which labs a command is about, and what each of them should be.
mod refusals;

use std::sync::Arc;

use super::SettingsError;
use crate::cli::{Given, GlobalArgs};
use crate::config::Config;
use crate::follow_up::{Advice, FollowUp, Labs, Verb};
use crate::lab::attendee::is_address;
use crate::lab::defaults::DEFAULT_LAB;
use crate::lab::ids::same;
use crate::lab::overrides::{BadValue, LabOverrides, Merged, Origin, as_owner, is_auto};
use crate::lab::placement::{OnFull, Placement};
use crate::lab::spec::LabSpec;
use crate::values::a_few;

use refusals::{not_listed, one_of_many, single};

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
    /// What the command line and the environment say of the labs.
    options: Box<LabOverrides>,
    /// Which of it comes from where; only looked at to be shown.
    options_given: Given,
    user: Option<String>,
    given: bool,
    /// A name that the file does not list: a lab that may exist all the same.
    unlisted: Option<String>,
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
        let known = |name: &String| {
            let by_name = listed.iter().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str);
            by_name.or_else(|| file.lab_of(name)).map(str::to_owned)
        };
        let (mut names, mut unlisted) = (Vec::new(), None);
        for name in &named.names {
            let name = match known(name) {
                Some(name) => name,
                // Rows go and come; a lab whose row has gone is there until it is torn down.
                None if file.roster_name().is_some() => unlisted.insert(name.clone()).clone(),
                None => return Err(not_listed(&file, name)),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self { names, file: Some(file), unlisted, ..named })
    }

    /// Only labs that should be: for commands that create, not those that look for what exists.
    ///
    /// # Errors
    /// A name that the file does not list, or an address that is nobody's there.
    pub(crate) fn only_listed(&self) -> Result<&Self, SettingsError> {
        if let (Some(file), Some(name)) = (&self.file, &self.unlisted) {
            return Err(not_listed(file, name));
        }
        match self.names.iter().find(|name| is_address(name)) {
            Some(address) => Err(SettingsError::Labs {
                message: format!("no roster says which lab is that of {address}"),
                hint: "name a roster in azlab.toml: roster = \"roster.csv\"; or name the lab".into(),
            }),
            None => Ok(self),
        }
    }

    /// Whether every lab of the file is meant, and the file has a roster.
    pub(crate) fn is_whole_roster(&self) -> bool {
        let is_all = |file: &Config| file.roster_name().is_some() && file.lab_names().count() == self.names.len();
        self.unlisted.is_none() && self.file().is_some_and(is_all)
    }

    /// All labs of the file where nobody has said which: for commands that only look.
    #[must_use]
    pub(crate) fn or_all(self) -> Self {
        Self { undecided: false, ..self }
    }

    /// The labs that somebody has: without the spares, unless the command line names them.
    #[must_use]
    pub(crate) fn without_spares(mut self) -> Self {
        if let Some(file) = self.file.as_ref().filter(|_| !self.given) {
            self.names.retain(|name| !file.is_spare(name));
        }
        self
    }

    /// One deployment of each lab is meant: the one that is named, or the only one.
    #[must_use]
    pub(crate) fn of_one_deployment(self) -> Self {
        Self { one_deployment: true, ..self }
    }

    /// The file that describes the labs.
    pub(crate) fn file(&self) -> Option<&Config> {
        self.file.as_deref()
    }

    /// Where new labs may go, in order of preference; empty if nobody says.
    pub(crate) fn placements(&self) -> Vec<Placement> {
        self.file().map(Config::placements).unwrap_or_default()
    }

    /// What happens to a lab whose region turns out full while it is made.
    pub(crate) fn on_full(&self) -> OnFull {
        self.file().map(Config::on_full).unwrap_or_default()
    }

    /// Whose the labs are if nothing says otherwise.
    #[must_use]
    pub fn made_by(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    /// With what tells the options on the command line from those of the environment.
    #[must_use]
    pub(crate) fn given_by(self, options_given: Given) -> Self {
        Self { options_given, ..self }
    }

    /// With what the command line says that they should be, checked against Azure's rules.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn with(&self, options: &LabOverrides) -> Result<Self, SettingsError> {
        if self.undecided {
            let file = self.file().map(Config::name).unwrap_or_default();
            return Err(SettingsError::Labs {
                message: format!("{file} has {} labs: {}", self.names.len(), a_few(&self.names)),
                hint: "name the labs with -l NAME..., or take all with --all".into(),
            });
        }
        let options = options.clone().written_out();
        single("--resource-group", options.resource_group.as_deref(), self.names.len())?;
        single("--account", options.openai.account.as_deref(), self.names.len())?;
        if options.openai.account.is_some() && self.file().is_some_and(Config::is_sharing) {
            let message =
                "--account names an account of one lab, and the file's labs share theirs ([openai] shared = true)";
            return Err(SettingsError::Combination(message.into()));
        }
        if options.deployment.model.as_deref().is_some_and(is_auto) && options.deployment.model_version.is_some() {
            let message = "--model-version needs a model's name, not --model auto";
            return Err(SettingsError::Combination(message.into()));
        }
        if let Some(BadValue { error, .. }) = options.bad_values().into_iter().next() {
            return Err(error.into());
        }
        let source = Self { options: Box::new(options), ..self.clone() };
        // An address is looked for among what exists: it names no lab.
        for name in source.meant_names().filter(|name| !is_address(name)) {
            one_of_many(name, source.said_in_file(name).overrides(), &source.options, self.one_deployment)?;
            source.spec_of(name, ANY_SUBSCRIPTION).check_names()?;
        }
        Ok(source)
    }

    /// The names of the labs that are meant.
    fn meant_names(&self) -> impl Iterator<Item = &str> {
        let default = self.names.is_empty().then_some(DEFAULT_LAB);
        self.names.iter().map(String::as_str).chain(default)
    }

    /// The labs that should be, in `subscription`.
    pub(crate) fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.meant_names().map(|name| self.spec_of(name, subscription)).collect()
    }

    /// The same with every lab of the file meant; where it lists none, those that are.
    #[must_use]
    pub(crate) fn whole_class(&self) -> Self {
        let listed: Vec<String> = self.file().into_iter().flat_map(Config::lab_names).map(str::to_owned).collect();
        if listed.is_empty() {
            return self.clone();
        }
        Self { names: listed, undecided: false, given: false, ..self.clone() }
    }

    /// The lab of that name, as it should be.
    pub(crate) fn spec_of(&self, name: &str, subscription: &str) -> LabSpec {
        let mut spec = match &self.file {
            Some(file) => file.bare(name, subscription),
            None => LabSpec::workshop(name, subscription),
        };
        self.said(name).overrides().apply(&mut spec);
        let is_asked_now = self.options.deployment.model.is_some();
        spec.deployments.iter_mut().for_each(|one| one.model.is_asked_now = is_asked_now);
        if let Some(file) = self.file() {
            // A file that is silent about it says no: without one, the tags of what exists tell.
            spec.account.shared.get_or_insert(false);
            spec.account.common_tags = file.common_tags();
        }
        let is_spare = self.file().is_some_and(|file| file.is_spare(name));
        spec.default_owner = self.user.as_deref().filter(|_| !is_spare).map(as_owner);
        if is_spare {
            // A spare is nobody's: what a swap that was cut off has given on it is taken away.
            spec.access = Some(Vec::new());
        }
        if let Some(group) = self.resource_group() {
            self.name_after(&mut spec, group);
        }
        spec
    }

    /// Puts `lab` into `group`.
    pub(crate) fn put_into(&self, lab: &mut LabSpec, group: &str) {
        if !same(&lab.group, group) {
            self.name_after(lab, group);
        }
        group.clone_into(&mut lab.group);
    }

    /// What is in a group that the file makes for another of its labs, as a swap leaves it, has the names that the file gives to that
    /// one: they stay with the group. Where it is, the group tells: it may have been made for a lab that wanted another location.
    fn name_after(&self, lab: &mut LabSpec, group: &str) {
        if let Some(maker) = self.maker_of(group).filter(|maker| !same(maker, &lab.name)) {
            let mut made = LabSpec::workshop(&maker, &lab.subscription);
            self.said(&maker).overrides().apply(&mut made);
            (lab.cluster.name, lab.identity, lab.account.name) = (made.cluster.name, made.identity, made.account.name);
            if !self.insists_on_location() {
                lab.location = None;
            }
        }
    }

    /// The lab for which the file makes a group of that name, or made one when it had such a lab: a row or a spare that is gone,
    /// whose group a swap has given to another.
    fn maker_of(&self, group: &str) -> Option<String> {
        let file = self.file()?;
        let makes = |name: &&str| same(&file.spec(name, ANY_SUBSCRIPTION).group, group);
        file.lab_names().find(makes).map(str::to_owned).or_else(|| self.former_maker_of(group))
    }

    fn former_maker_of(&self, group: &str) -> Option<String> {
        // Stands for the lab's name, and in no pattern.
        const NAME: &str = "x0q9z";
        let mut made = LabSpec::workshop(NAME, ANY_SUBSCRIPTION);
        self.said(NAME).overrides().apply(&mut made);
        let (made, group) = (made.group.to_lowercase(), group.to_lowercase());
        let (before, after) = made.split_once(NAME)?;
        let name = group.strip_prefix(before)?.strip_suffix(after)?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Whether the file makes a group of that name, or made one once.
    pub(crate) fn makes(&self, group: &str) -> bool {
        self.maker_of(group).is_some()
    }

    /// The labs that are meant, and then the file's spares.
    #[must_use]
    pub(crate) fn with_spares(&self) -> Self {
        let mut names: Vec<String> = self.meant_names().map(str::to_owned).collect();
        let spares = self.file().into_iter().flat_map(Config::spares).map(str::to_owned);
        names.extend(spares.filter(|spare| self.names.iter().all(|name| !same(name, spare))));
        Self { names, ..self.clone() }
    }

    /// What is said of the lab of that name: the command line on top of the file.
    pub(crate) fn said(&self, name: &str) -> Merged {
        let mut said = self.said_in_file(name);
        if self.one_deployment {
            said.only_deployment(self.options.deployment.name.as_deref());
        }
        said.put(&self.options, &|flags, path| self.origin(flags, path));
        said
    }

    fn said_in_file(&self, name: &str) -> Merged {
        self.file().map(|file| file.said(name)).unwrap_or_default()
    }

    /// Where a value of the options comes from. What has no option of its own here is called as its key is.
    fn origin(&self, flags: &[&str], path: &str) -> Origin {
        let names = if flags.is_empty() { &[path][..] } else { flags };
        let given = names.iter().find_map(|name| self.options_given.origin(name));
        given.cloned().unwrap_or_else(|| Origin::Flag(format!("--{}", names.first().unwrap_or(&path))))
    }

    /// The labs that are meant, for a command that is to be about the same.
    pub(crate) fn meant(&self) -> Labs {
        let listed = self.file().map(|file| file.lab_names().count()).unwrap_or_default();
        if listed > 1 && listed == self.names.len() {
            return Labs::all();
        }
        Labs::named(&self.names, self.resource_group())
    }

    /// Whether the command line itself names what is meant.
    pub(crate) fn given(&self) -> bool {
        self.given || self.options.resource_group.is_some()
    }

    /// Whether labs were named, on the command line or in a file.
    pub(crate) fn names_labs(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whether the command line or the environment says where labs are made.
    pub(crate) fn insists_on_location(&self) -> bool {
        self.options.location.is_some()
    }

    /// The resource group that was named.
    pub(crate) fn resource_group(&self) -> Option<&str> {
        self.options.resource_group.as_deref()
    }

    /// Refuses several labs, for `what` (`env prints the variables of one lab`).
    ///
    /// # Errors
    /// [`SettingsError::Combination`]
    pub(crate) fn only_one(&self, what: &str) -> Result<(), SettingsError> {
        match self.specs(ANY_SUBSCRIPTION).len() {
            1 => Ok(()),
            count => Err(SettingsError::Combination(format!("{what}, not of {count}: name one with --lab"))),
        }
    }
}
