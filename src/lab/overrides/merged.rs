//! The one merger: overrides on top of overrides, and who said what.

use std::collections::BTreeMap;

use super::{CredentialOverrides, DeploymentOverrides, Field, LabOverrides, Origin, OriginOf, Origins};
use crate::lab::defaults::DEFAULT_DEPLOYMENT;

const CREDENTIALS: &str = "identity.federated_credentials";
const DEPLOYMENTS: &str = "deployments";

/// What several say of a lab, the later ones before the earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    overrides: LabOverrides,
    origins: Origins,
}

impl Merged {
    /// What is said altogether.
    pub(crate) fn overrides(&self) -> &LabOverrides {
        &self.overrides
    }

    /// Who says what the field at `path` is; `None` if nobody does.
    pub(crate) fn origin(&self, path: &str) -> Option<&Origin> {
        // A subject may be said in two parts.
        let parts = || self.origins.get(&format!("{}.service_account", path.strip_suffix(".subject")?));
        self.origins.get(path).or_else(parts)
    }

    /// Puts `own` on top: tables and tags key by key, lists as a whole. What the command line says of the one entry of a
    /// list, it says of each. `origin` tells where `own` comes from.
    pub(crate) fn put(&mut self, own: &LabOverrides, origin: OriginOf<'_>) {
        let Self { overrides, origins } = self;
        let mut told = Told { origins, origin };
        overrides.put_fields(own, &mut |field, name| told.note("", field, name));
        overrides.cluster.put_fields(&own.cluster, &mut |field, name| told.note("cluster.", field, name));
        overrides.identity.put_fields(&own.identity, &mut |field, name| told.note("identity.", field, name));
        overrides.openai.put_fields(&own.openai, &mut |field, name| told.note("openai.", field, name));
        if own.access.roles.is_some() {
            overrides.access.roles.clone_from(&own.access.roles);
            told.note_path("access.roles");
        }
        told.put_tags(&mut overrides.tags, own.tags.as_ref());
        let credentials = &mut overrides.identity.federated_credentials;
        told.put_list(CREDENTIALS, credentials, own.identity.federated_credentials.as_ref());
        told.put_on_each(CREDENTIALS, credentials, &own.identity.credential);
        told.put_list(DEPLOYMENTS, &mut overrides.deployments, own.deployments.as_ref());
        told.put_on_each(DEPLOYMENTS, &mut overrides.deployments, &own.deployment);
    }

    /// Leaves of the deployments the one of that name, or else one that says nothing. Their origins are no longer told.
    pub(crate) fn only_deployment(&mut self, name: Option<&str>) {
        let list = self.overrides.deployments.get_or_insert_with(|| vec![DeploymentOverrides::default()]);
        if let Some(name) = name {
            list.retain(|one| one.name.as_deref().unwrap_or(DEFAULT_DEPLOYMENT).eq_ignore_ascii_case(name));
        }
        if list.is_empty() {
            list.push(DeploymentOverrides::default());
        }
        forget(&mut self.origins, DEPLOYMENTS);
    }

    /// Notes who says something that is no field of a lab: who its attendee is.
    pub(crate) fn told(&mut self, path: &str, origin: Origin) {
        self.origins.insert(path.to_owned(), origin);
    }

    /// Writes the lab's name where `{lab}` stands for it.
    pub(crate) fn fill_in(&mut self, name: &str) {
        self.overrides.fill_in(name);
    }
}

/// An entry of a list.
trait Entry: Clone + Default + PartialEq {
    /// Takes over what `own` says; `told` hears of each field.
    fn put(&mut self, own: &Self, told: &mut dyn FnMut(&'static Field, &str));

    /// Drops what makes no sense any more with what `own` says, and names it.
    fn give_way(&mut self, own: &Self) -> &'static [&'static str];
}

impl Entry for CredentialOverrides {
    fn put(&mut self, own: &Self, told: &mut dyn FnMut(&'static Field, &str)) {
        self.put_fields(own, told);
    }

    fn give_way(&mut self, own: &Self) -> &'static [&'static str] {
        if own.subject.is_none() {
            return &[];
        }
        self.namespace = None;
        self.service_account = None;
        &["namespace", "service_account"]
    }
}

impl Entry for DeploymentOverrides {
    fn put(&mut self, own: &Self, told: &mut dyn FnMut(&'static Field, &str)) {
        self.put_fields(own, told);
    }

    /// Another model than before takes its own version and sku.
    fn give_way(&mut self, own: &Self) -> &'static [&'static str] {
        if own.model.is_none() {
            return &[];
        }
        self.model_version = None;
        self.model_sku = None;
        &["model_version", "model_sku"]
    }
}

struct Told<'a> {
    origins: &'a mut Origins,
    origin: OriginOf<'a>,
}

impl Told<'_> {
    fn note(&mut self, at: &str, field: &Field, name: &str) {
        let path = format!("{at}{name}");
        let from = (self.origin)(field.flags, &path);
        self.origins.insert(path, from);
    }

    /// Notes what is said at `path`, which has no option.
    fn note_path(&mut self, path: &str) {
        let from = (self.origin)(&[], path);
        self.origins.insert(path.to_owned(), from);
    }

    /// Tags' names are one whatever their case.
    fn put_tags(&mut self, tags: &mut Option<BTreeMap<String, String>>, own: Option<&BTreeMap<String, String>>) {
        for (name, value) in own.into_iter().flatten() {
            let tags = tags.get_or_insert_default();
            tags.retain(|other, _| !other.eq_ignore_ascii_case(name));
            tags.insert(name.clone(), value.clone());
            self.note_path(&format!("tags.{name}"));
        }
    }

    fn put_list<T: Entry>(&mut self, at: &str, list: &mut Option<Vec<T>>, own: Option<&Vec<T>>) {
        let Some(own) = own else { return };
        forget(self.origins, at);
        for (index, one) in own.iter().enumerate() {
            T::default().put(one, &mut |field, name| self.note(&format!("{at}[{index}]."), field, name));
        }
        *list = Some(own.clone());
    }

    fn put_on_each<T: Entry>(&mut self, at: &str, list: &mut Option<Vec<T>>, own: &T) {
        if *own == T::default() {
            return;
        }
        let list = list.get_or_insert_default();
        if list.is_empty() {
            list.push(T::default());
        }
        for (index, one) in list.iter_mut().enumerate() {
            let at = format!("{at}[{index}].");
            for name in one.give_way(own) {
                self.origins.remove(&format!("{at}{name}"));
            }
            one.put(own, &mut |field, name| self.note(&at, field, name));
        }
    }
}

/// Forgets who said what of a list.
fn forget(origins: &mut Origins, list: &str) {
    origins.retain(|path, _| !path.strip_prefix(list).is_some_and(|rest| rest.starts_with('[')));
}
