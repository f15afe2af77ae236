//! What a scenario says is checked before anything is changed.

use std::collections::BTreeMap;

use super::{Located, Scenario, ScenarioError, subscriptions};
use crate::arm::regions;
use crate::faults::entry::Rule;
use crate::providers::PROVIDERS;
use crate::providers::authorization::definitions;
use crate::providers::cognitiveservices::catalogue_day::{self, KNOWN_ON};
use crate::providers::cognitiveservices::{catalogue, changes};
use crate::providers::compute;
use crate::providers::resources::groups;
use crate::state::offer;
use crate::state::settings::Settings;

impl Scenario {
    /// Checks it, and brings names of regions and quotas into the form in which they are looked up.
    pub(super) fn check(&mut self) -> Result<(), ScenarioError> {
        for (index, granted) in self.settings.roles.iter().enumerate() {
            if definitions::named(&PROVIDERS, &granted.role).is_none() {
                let known = definitions::names(&PROVIDERS).join(", ");
                return Err(self.invalid_key(
                    &["settings", "roles", &index.to_string(), "role"],
                    format!("the sandbox has no role '{}'; it has: {known}", granted.role),
                ));
            }
        }
        for (index, retire) in self.retire.iter().enumerate() {
            if !catalogue::has(&retire.model, retire.version.as_deref()) {
                let what = retire.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
                let known = catalogue::names().join(", ");
                return Err(self.invalid_key(
                    &["retire", &index.to_string(), "model"],
                    format!("the sandbox's catalogue has no model '{}{what}'; it has: {known}", retire.model),
                ));
            }
        }
        for (index, namespace) in self.unregister.iter().enumerate() {
            if PROVIDERS.named(namespace).is_none() {
                let known = PROVIDERS.iter().map(|provider| provider.namespace()).collect::<Vec<_>>().join(", ");
                return Err(self.invalid_key(
                    &["unregister", &index.to_string()],
                    format!("there is no resource provider '{namespace}'; there are: {known}"),
                ));
            }
        }
        if let Some(Located { start, value }) = &self.latencies {
            value.check().map_err(|slip| self.invalid_in("[latencies]", *start, &slip))?;
        }
        let day = match &self.catalogue_day {
            None => None,
            Some(text) => Some(catalogue_day::parse(text).filter(|day| *day <= KNOWN_ON).ok_or_else(|| {
                let reason = format!("`catalogue_day` is a day until {KNOWN_ON}, such as 2023-11-01, and not '{text}'");
                self.invalid_key(&["catalogue_day"], reason)
            })?),
        };
        let catalogue = catalogue_day::catalogue(day, KNOWN_ON);
        let mut so_far = Vec::new();
        for Located { start, value } in &self.models {
            so_far.push(value.clone());
            changes::apply(catalogue.clone(), &so_far).map_err(|slip| self.invalid_in("[[models]]", *start, &slip))?;
        }
        self.read_answers()?;
        for Located { start, value } in &self.faults {
            Rule::of(value).map_err(|slip| self.invalid_in("[[faults]]", *start, &slip))?;
        }
        for Located { start, value } in &self.resources {
            value.check().map_err(|slip| self.invalid_in("[[resources]]", *start, &slip))?;
        }
        self.check_settings()
    }

    fn check_settings(&mut self) -> Result<(), ScenarioError> {
        let settings = &self.settings;
        let durations = serde_json::to_value(&settings.durations).unwrap_or_default();
        let seconds = durations.as_object().into_iter().flatten();
        let seconds =
            seconds.map(|(name, value)| (vec!["settings", "durations", name], value.as_f64().unwrap_or(f64::NAN)));
        let late = [
            ("late_principals_s", settings.late_principals_s),
            ("late_principals_with_type_s", settings.late_principals_with_type_s),
            ("purge_conflict_s", settings.purge_conflict_s),
            ("late_federated_credentials_s", settings.late_federated_credentials_s),
            ("autoscaler_s", settings.autoscaler_s),
            ("version_upgrades_s", settings.version_upgrades_s),
        ];
        if !(0.0..=60_000.0).contains(&settings.token_ms) {
            let reason =
                format!("`token_ms` is a number of milliseconds from 0 to 60000, and not {}", settings.token_ms);
            return Err(self.invalid_key(&["settings", "token_ms"], reason));
        }
        // 30 days: more than anything takes, and far from where dates end.
        let late = late.map(|(name, value)| (vec!["settings", name], value));
        if let Some((path, value)) = seconds.chain(late).find(|(_, value)| !(0.0..=2_592_000.0).contains(value)) {
            return Err(self.invalid_key(
                &path,
                format!("`{}` is a number of seconds from 0 to 2592000, and not {value}", path.last().unwrap_or(&"")),
            ));
        }
        if settings.page_size == 0 || settings.empty_pages > 100 {
            let key = if settings.page_size == 0 { "page_size" } else { "empty_pages" };
            return Err(self.invalid_key(&["settings", key], "`page_size` is 1 or more, and `empty_pages` at most 100"));
        }
        if offer::known(&settings.offer).is_none() {
            let known = offer::names().join(", ");
            return Err(self.invalid_key(
                &["settings", "offer"],
                format!("the sandbox has no offer '{}'; a quotaId begins with one of: {known}", settings.offer),
            ));
        }
        for (index, full) in settings.full_regions.iter().enumerate() {
            if !regions::known(full) {
                return Err(self.invalid_key(
                    &["settings", "full_regions", &index.to_string()],
                    format!("there is no region '{full}'; there are: {}", regions::listed()),
                ));
            }
        }
        for (index, one) in settings.not_offered.iter().enumerate() {
            if !one.split_once('/').is_some_and(|(region, kind)| regions::known(region) && kind.contains('/')) {
                return Err(self.invalid_key(
                    &["settings", "not_offered", &index.to_string()],
                    format!(
                        "'{one}' is no region and resource type, such as \
                         koreasouth/Microsoft.ContainerService/managedClusters"
                    ),
                ));
            }
        }
        for (index, pooled) in settings.pooled_models.iter().enumerate() {
            if !catalogue::has(pooled, None) {
                let known = catalogue::names().join(", ");
                return Err(self.invalid_key(
                    &["settings", "pooled_models", &index.to_string()],
                    format!("the sandbox's catalogue has no model '{pooled}'; it has: {known}"),
                ));
            }
        }
        for (retired, successor) in &settings.successors {
            if let Some(unknown) = [retired, successor].into_iter().find(|model| !catalogue::has(model, None)) {
                let known = catalogue::names().join(", ");
                return Err(self.invalid_key(
                    &["settings", "successors", retired],
                    format!("the sandbox's catalogue has no model '{unknown}'; it has: {known}"),
                ));
            }
        }
        for (index, version) in settings.long_term_support.iter().enumerate() {
            let known: Vec<&str> = compute::DATA.kubernetes.iter().map(|one| one.version.as_str()).collect();
            let is_default = compute::DATA.kubernetes.iter().any(|one| one.default && one.version == *version);
            if is_default || !known.contains(&version.as_str()) {
                return Err(self.invalid_key(
                    &["settings", "long_term_support", &index.to_string()],
                    format!(
                        "'{version}' is not one of {}, or is the default, which has the usual support",
                        known.join(", ")
                    ),
                ));
            }
        }
        self.check_kubernetes()?;
        let quota = self.check_quota(&["settings"], &settings.quota)?;
        let others = subscriptions::check(self)?;
        self.settings.quota = quota;
        self.settings.subscriptions = others;
        Ok(())
    }

    /// A name that is empty would mean nothing, and a webhook without a name or words could not be told from a mistake.
    fn check_kubernetes(&self) -> Result<(), ScenarioError> {
        let kubernetes = &self.settings.kubernetes;
        for (key, names) in [
            ("out_of_memory", &kubernetes.out_of_memory),
            ("image_pull_fails", &kubernetes.image_pull_fails),
            ("never_ready", &kubernetes.never_ready),
            ("unschedulable", &kubernetes.unschedulable),
            ("no_address", &kubernetes.no_address),
        ] {
            if let Some(index) = names.iter().position(|name| name.trim().is_empty()) {
                let reason = "a name is that of a container, an image, a workload or a service, or * for all";
                return Err(self.invalid_key(&["settings", "kubernetes", key, &index.to_string()], reason));
            }
        }
        for (index, webhook) in kubernetes.refusing_webhooks.iter().enumerate() {
            if let Some((key, _)) =
                [("name", &webhook.name), ("message", &webhook.message)].iter().find(|(_, text)| text.trim().is_empty())
            {
                let path = ["settings", "kubernetes", "refusing_webhooks", &index.to_string(), key];
                return Err(
                    self.invalid_key(&path, format!("`{key}` of a webhook is what refusals tell: it has some words"))
                );
            }
        }
        Ok(())
    }

    /// The quota limits of the table at `path`, in the form in which they are looked up.
    pub(super) fn check_quota(
        &self,
        path: &[&str],
        given: &BTreeMap<String, i64>,
    ) -> Result<BTreeMap<String, i64>, ScenarioError> {
        let settings = &self.settings;
        let mut quota = BTreeMap::new();
        for (key, limit) in given {
            let wrong = |why: String| {
                self.invalid_key(&[path, &["quota", key]].concat(), format!("[settings.quota] '{key}': {why}"))
            };
            let (place, usage) = key
                .split_once('/')
                .ok_or_else(|| wrong("a key is \"{region}/{usage name}\", such as \"*/cores\"".into()))?;
            if place != "*" && !regions::known(place) {
                return Err(wrong(format!("there is no region '{place}'; there are *, {}", regions::listed())));
            }
            let names = usage_names();
            if !names.iter().any(|known| known.eq_ignore_ascii_case(usage)) {
                return Err(wrong(format!("there is no quota '{usage}'; there are: {}", names.join(", "))));
            }
            if place != "*" && (usage.eq_ignore_ascii_case(groups::COUNT) || is_pooled(settings, usage)) {
                return Err(wrong("it is counted for all regions together: its region is *".into()));
            }
            if usage.eq_ignore_ascii_case(groups::COUNT) && *limit < groups::MOST_GROUPS {
                return Err(wrong(format!(
                    "every subscription takes {}, and nobody can ask for how many: let some exist instead, by [[resources]] \
                     with a count",
                    groups::MOST_GROUPS
                )));
            }
            if *limit < 0 {
                return Err(wrong("a limit is 0 or more".into()));
            }
            quota.insert(format!("{}/{}", regions::normal(place), usage.to_lowercase()), *limit);
        }
        Ok(quota)
    }
}

/// Whether the quota is that of a pool: of a pooled model's sku that is not of one region.
fn is_pooled(settings: &Settings, usage: &str) -> bool {
    let models = catalogue::CATALOGUE.models.iter();
    let pooled = models.filter(|it| settings.pooled_models.iter().any(|name| name.eq_ignore_ascii_case(&it.name)));
    let mut skus = pooled.flat_map(|model| &model.skus).filter(|sku| sku.name != "Standard");
    skus.any(|sku| sku.usage_name.eq_ignore_ascii_case(usage))
}

/// Every quota that the sandbox counts.
fn usage_names() -> Vec<String> {
    PROVIDERS.iter().flat_map(|provider| provider.quota_names()).collect()
}
