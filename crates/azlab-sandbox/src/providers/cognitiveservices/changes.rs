//! A scenario's changes of the model catalogue: `[[models]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Model};
use super::catalogue_day;
use crate::arm::regions;
use crate::scenario::entry_error::EntryError;

/// A change of the model catalogue; exactly one of `remove`, `closes` and `like`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelChange {
    /// The model's name.
    pub name: String,
    /// One version of it; left out, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// One way in which it is sold (`Standard`, `GlobalStandard`, …); left out, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Only in these regions; left out, everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Not offered: neither listed nor deployable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// The day (`2026-05-01`) from which it takes no new deployments; it stays listed, even as the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<String>,
    /// A new model (or a new version of one), sold as the one of this name is. Needs a `version`. Its quota is that of the
    /// model that it is like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

/// `catalogue` with all changes made, in their order.
///
/// # Errors
/// What cannot be done, and what could.
pub(crate) fn apply(mut catalogue: Catalogue, changes: &[ModelChange]) -> Result<Catalogue, EntryError> {
    for change in changes {
        change.apply(&mut catalogue)?;
    }
    Ok(catalogue)
}

impl ModelChange {
    fn apply(&self, catalogue: &mut Catalogue) -> Result<(), EntryError> {
        let mut regions = Vec::new();
        for region in &self.regions {
            if !regions::known(region) {
                let reason = format!("there is no region '{region}'; there are: {}", regions::listed());
                return Err(EntryError::at("regions", reason));
            }
            regions.push(regions::normal(region));
        }
        match (self.remove, &self.closes, &self.like) {
            (true, None, None) => self.change(catalogue, &regions, |_| false),
            (false, Some(day), None) => {
                catalogue_day::parse(day).ok_or_else(|| {
                    EntryError::at("closes", format!("`closes` is a day such as 2026-05-01, and not '{day}'"))
                })?;
                self.change(catalogue, &regions, |sku| {
                    sku.until.clone_from(day);
                    true
                })
            }
            (false, None, Some(like)) => self.add(catalogue, regions, like),
            _ => {
                let all = "`remove = true`, `closes = \"2026-05-01\"` and `like = \"gpt-5-mini\"`";
                Err(EntryError::whole(format!("say exactly one of {all}")))
            }
        }
    }

    /// Changes the skus that are meant, in the regions that are meant; those for which `change` is false go.
    fn change(
        &self,
        catalogue: &mut Catalogue,
        regions: &[String],
        mut change: impl FnMut(&mut crate::providers::cognitiveservices::catalogue::Sku) -> bool,
    ) -> Result<(), EntryError> {
        let known = names(catalogue);
        let (mut found, mut models) = (false, Vec::new());
        for mut model in std::mem::take(&mut catalogue.models) {
            let here = |region: &String| regions.is_empty() || regions.contains(region);
            let meant = model.name.eq_ignore_ascii_case(&self.name)
                && self.version.as_ref().is_none_or(|version| *version == model.version);
            if !meant {
                models.push(model);
                continue;
            }
            let mut changed =
                Model { regions: model.regions.iter().filter(|it| here(it)).cloned().collect(), ..model.clone() };
            model.regions.retain(|region| !here(region));
            changed.skus.retain_mut(|sku| {
                let of = self.sku.as_ref().is_none_or(|only| sku.name.eq_ignore_ascii_case(only));
                found |= of && !changed.regions.is_empty();
                !of || change(sku)
            });
            models.extend([model, changed].into_iter().filter(|it| !it.regions.is_empty() && !it.skus.is_empty()));
        }
        catalogue.models = models;
        if found {
            return Ok(());
        }
        let what = [Some(self.name.as_str()), self.version.as_deref(), self.sku.as_deref()];
        let what = what.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let reason = format!("the catalogue has no model '{what}' in these regions; its models are: {known}");
        Err(EntryError::at("name", reason))
    }

    fn add(&self, catalogue: &mut Catalogue, regions: Vec<String>, like: &str) -> Result<(), EntryError> {
        if self.sku.is_some() {
            return Err(EntryError::at("sku", "a new model is sold as the one that it is `like`: leave out `sku`"));
        }
        let Some(version) = self.version.clone() else {
            return Err(EntryError::whole("a new model needs a `version`, such as \"2026-05-01\""));
        };
        let mut alike = catalogue.models.iter().filter(|model| model.name.eq_ignore_ascii_case(like));
        let Some(model) = alike.clone().find(|model| model.default).or_else(|| alike.next()).cloned() else {
            let reason = format!("the catalogue has no model '{like}'; its models are: {}", names(catalogue));
            return Err(EntryError::at("like", reason));
        };
        if catalogue.models.iter().any(|known| known.name == self.name && known.version == version) {
            return Err(EntryError::at("version", format!("the catalogue has '{} {version}' already", self.name)));
        }
        let is_default = !catalogue.models.iter().any(|known| known.name == self.name);
        let regions = if regions.is_empty() { model.regions.clone() } else { regions };
        catalogue.models.push(Model { name: self.name.clone(), version, regions, default: is_default, ..model });
        Ok(())
    }
}

fn names(catalogue: &Catalogue) -> String {
    let mut names: Vec<&str> = catalogue.models.iter().map(|model| model.name.as_str()).collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::CATALOGUE;
    use super::*;

    fn apply(changes: &[ModelChange]) -> Result<Catalogue, EntryError> {
        super::apply(CATALOGUE.clone(), changes)
    }

    fn change(name: &str) -> ModelChange {
        ModelChange { name: name.into(), ..ModelChange::default() }
    }

    #[test]
    fn a_change_holds_where_and_for_what_it_is_meant() {
        let only = ModelChange {
            sku: Some("GlobalStandard".into()),
            regions: vec!["West Europe".into()],
            closes: Some("2026-05-01".into()),
            ..change("gpt-4o-mini")
        };
        let catalogue = apply(&[only]).unwrap();
        let until = |region: &str, sku: &str| {
            let model = catalogue.models.iter().find(|it| it.name == "gpt-4o-mini" && it.in_region(region)).unwrap();
            model.sku(sku).unwrap().until.clone()
        };
        assert_eq!(until("westeurope", "GlobalStandard"), "2026-05-01");
        assert_ne!(until("westeurope", "Standard"), "2026-05-01");
        assert_ne!(until("swedencentral", "GlobalStandard"), "2026-05-01");
        let gone = apply(&[ModelChange { remove: true, ..change("gpt-35-turbo") }]).unwrap();
        assert!(!gone.models.iter().any(|it| it.name == "gpt-35-turbo"));
        let like = Some("gpt-5-mini".into());
        let added = apply(&[ModelChange { version: Some("1".into()), like, ..change("gpt-9") }]).unwrap();
        let new = added.models.iter().find(|it| it.name == "gpt-9").unwrap();
        assert!(new.default && !new.skus.is_empty());
    }

    #[test]
    fn changes_that_cannot_be_made_say_what_could() {
        let refused = |change: ModelChange| apply(&[change]).unwrap_err().reason;
        assert!(refused(change("gpt-4o")).contains("exactly one of"));
        assert!(refused(ModelChange { remove: true, ..change("gpt-9") }).contains("gpt-4o"));
        assert!(refused(ModelChange { closes: Some("soon".into()), ..change("gpt-4o") }).contains("2026-05-01"));
        assert!(refused(ModelChange { like: Some("gpt-4o".into()), ..change("gpt-9") }).contains("version"));
        let regions = vec!["atlantis".into()];
        assert!(refused(ModelChange { remove: true, regions, ..change("gpt-4o") }).contains("westeurope"));
    }
}
