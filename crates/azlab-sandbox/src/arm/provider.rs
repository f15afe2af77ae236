//! A resource provider as Resource Manager knows it: its namespace, its types, and what happens in it.
//!
//! Whatever Resource Manager does for all providers (dispatch, api-versions, limits, permissions, registration, lists, a
//! group's deletion, quotas, coverage) asks this trait. To add a provider: implement it in a folder of its own, and name it
//! in [`PROVIDERS`](crate::providers::PROVIDERS).

use http::Method;

use super::api_versions::ApiVersions;
use super::call::{Call, Path};
use super::coverage::Coverage;
use super::facts::Facts;
use super::failure::{Failure, Outcome};
use super::limit::{Limit, Metered};
use super::resource_type::ResourceType;
use super::role::Role;
use crate::state::operation_end::OperationEnd;
use crate::state::settings::Durations;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;

/// A request that reached its provider.
pub(crate) struct Routed<'a> {
    pub call: &'a Call<'a>,
    /// What follows the namespace in the path, in lower case; for Microsoft.Resources the whole path.
    pub inner: &'a [&'a str],
    /// The resource group that the path names.
    pub group: Option<&'a Resource>,
    /// All of them, for what concerns the others (a group's deletion, lists of resources).
    pub providers: &'static Providers,
}

impl<'a> Routed<'a> {
    /// A segment of [`Routed::inner`] as the caller wrote it.
    pub fn raw(&self, offset: usize) -> &'a str {
        self.call.path.raw(self.call.path.len() - self.inner.len() + offset)
    }
}

/// The times at which what is in a group ends with it.
pub(crate) struct GroupDeletion {
    /// When most of it is gone: in the first part of the work.
    pub soon: Millis,
    /// When the group itself is gone.
    pub done: Millis,
}

/// A deletion that did not end well.
pub(crate) struct FailedDeletion {
    /// When it failed.
    pub at: Millis,
    /// The state in which it leaves its resource.
    pub end: OperationEnd,
}

/// A resource provider.
pub(crate) trait Provider: Sync {
    /// `Microsoft.ContainerService`
    fn namespace(&self) -> &'static str;

    /// The `api-version`s that it takes.
    fn api_versions(&self) -> &'static ApiVersions;

    /// Its types.
    fn types(&self) -> &'static [ResourceType];

    /// Its part of the operations that docs/sandbox.md lists: the text of its `coverage.json`.
    fn coverage(&self) -> &'static str;

    /// Answers a request.
    fn route(&self, request: &Routed<'_>) -> Outcome;

    /// Whether it is a part of Resource Manager, which then asks nobody.
    fn is_part_of_arm(&self) -> bool {
        false
    }

    /// Whether its types are found below any scope (`{scope}/providers/Microsoft.Authorization/…`).
    fn extends_scopes(&self) -> bool {
        false
    }

    /// The request limits that a request counts on, beside Resource Manager's own.
    fn limits(&self, _request: &Metered<'_>) -> Vec<Limit> {
        Vec::new()
    }

    /// Whether a request that a limit refuses is to be answered all the same, because the service tells what it is from
    /// too many: writes at the same time from writes one after the other.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn is_concurrent(&self, _store: &Store<'_>, _method: &Method, _path: &Path) -> rusqlite::Result<bool> {
        Ok(false)
    }

    /// What the bodies of its types may hold: the tables by which it judges them.
    fn bodies(&self) -> &'static [Facts] {
        &[]
    }

    /// The permission that a request needs where it is not `{namespace}/{types}/{read|write|delete|action}`; `types` as the
    /// path has them, joined by `/`.
    fn action(&self, _method: &Method, _types: &str) -> Option<&'static str> {
        None
    }

    /// The built-in roles that are about it.
    fn roles(&self) -> &'static [Role] {
        &[]
    }

    /// The names of the quotas that it counts.
    fn quota_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The refusal of a request inside a group that is gone, where it is not Resource Manager's `ResourceGroupNotFound`;
    /// `group` as the caller wrote it.
    fn in_missing_group(&self, _call: &Call<'_>, _inner: &[&str], _group: &str) -> Option<Failure> {
        None
    }

    /// A refusal in its envelope.
    fn envelope(&self, failure: Failure) -> Failure {
        failure
    }

    /// Seconds that the deletion of a group takes with a resource of this kind in it; `None`: no longer than without.
    fn group_deletion_takes(&self, _kind: &str, _durations: &Durations) -> Option<f64> {
        None
    }

    /// Ends one of its resources with the group that it is in.
    ///
    /// # Errors
    /// When the state cannot be written.
    fn cascade(&self, call: &Call<'_>, resource: &Resource, deletion: &GroupDeletion) -> Result<(), Failure> {
        Ok(call.store.end(&resource.key(), deletion.soon)?)
    }

    /// Brings back what went with one of its resources, whose deletion has failed; the resource itself is there again.
    ///
    /// # Errors
    /// When the state cannot be written.
    fn undo_deletion(&self, _call: &Call<'_>, _resource: &Resource, _failed: &FailedDeletion) -> Result<(), Failure> {
        Ok(())
    }

    /// Keeps one of its soft-deleted resources, whose purge has failed.
    ///
    /// # Errors
    /// When the state cannot be written.
    fn undo_purge(&self, _call: &Call<'_>, _soft_deleted: &Resource) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the state begins with the resource of this id, so that nobody has made it.
    fn is_initial(&self, _id: &str) -> bool {
        false
    }
}

/// The list of providers, and what is made of it once.
pub(crate) struct Providers {
    all: &'static [&'static dyn Provider],
    tracked: Vec<&'static str>,
    pub coverage: Coverage,
}

impl Providers {
    /// `others`: the coverage of what no provider of the list is asked for.
    pub fn new(all: &'static [&'static dyn Provider], others: &'static str) -> Self {
        let types = all.iter().flat_map(|provider| provider.types());
        Self {
            all,
            tracked: types.filter(|it| it.tracked && !it.is_nested()).map(|it| it.kind).collect(),
            coverage: Coverage::read(all.iter().map(|provider| provider.coverage()).chain([others])),
        }
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Provider> + use<> {
        self.all.iter().copied()
    }

    /// The provider of a namespace, in any casing.
    pub fn named(&self, namespace: &str) -> Option<&'static dyn Provider> {
        self.iter().find(|provider| provider.namespace().eq_ignore_ascii_case(namespace))
    }

    /// The provider of a type as the store keeps it: `microsoft.containerservice/managedclusters`.
    pub fn of_kind(&self, kind: &str) -> Option<&'static dyn Provider> {
        self.named(kind.split('/').next().unwrap_or_default())
    }

    /// The provider that a path leads to (the last: a role assignment of a cluster is not AKS's), and what follows its
    /// namespace.
    pub fn of_path<'a, 'b>(&self, segments: &'a [&'b str]) -> Option<(&'static dyn Provider, &'a [&'b str])> {
        let at = segments.iter().rposition(|segment| *segment == "providers")?;
        Some((self.named(segments.get(at + 1)?)?, &segments[at + 2..]))
    }

    /// The kinds that Resource Manager lists: tracked, top-level resources.
    pub fn tracked(&self) -> &[&'static str] {
        &self.tracked
    }

    /// The type of a resource as the store keeps it.
    pub fn resource_type(&self, kind: &str) -> Option<&'static ResourceType> {
        self.of_kind(kind)?.types().iter().find(|it| it.kind == kind)
    }

    /// Every built-in role.
    pub fn roles(&self) -> impl Iterator<Item = &'static Role> + use<> {
        self.iter().flat_map(Provider::roles)
    }
}
