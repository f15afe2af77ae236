//! From what a file says to what each lab should be.

use std::time::Duration;

use super::file::{
    ClusterTable, DeploymentTable, FederatedCredentialTable, File, IdentityTable, LabEntry, LabTable, NamedLab,
    OpenAiTable,
};
use crate::lab::spec::{AUDIENCE, DeploymentSpec, FederatedCredentialSpec, LabSpec, ModelSpec};
use crate::lab::{names, tags};
use azlab_clock::parse_duration;

/// What stands for a lab's name in other names.
pub(super) const LAB: &str = "{lab}";

/// One lab of a file.
#[derive(Clone, Debug)]
pub(super) struct Lab {
    pub(super) name: String,
    /// Its place in `labs`.
    pub(super) entry: Option<usize>,
    /// What the file says of it, its own on top of what holds for all.
    pub(super) table: LabTable,
}

impl Lab {
    /// A lab that the file does not list.
    pub(super) fn unlisted(file: &File, name: &str) -> Self {
        Self { name: name.to_owned(), entry: None, table: file.lab.clone() }
    }

    /// What it should be, in `subscription`.
    pub(super) fn spec(&self, file: &File, subscription: &str) -> LabSpec {
        let mut spec = LabSpec::workshop(&self.name, subscription);
        let table = &self.table;
        if let Some(workshop) = &file.workshop {
            spec.tags.set(tags::WORKSHOP, workshop);
        }
        if let Some(owner) = table.owner.as_ref().filter(|owner| !owner.trim().is_empty()) {
            spec.tags.set(tags::OWNER, owner);
        }
        for (name, value) in table.tags.iter().flatten() {
            spec.tags.set(name, value);
        }
        spec.default_ttl = self.ttl();
        self.set(&mut spec.group, table.resource_group.as_deref());
        spec.location = table.location.as_deref().and_then(|location| names::location(location).ok());
        if let Some(cluster) = &table.cluster {
            self.set(&mut spec.cluster.name, cluster.name.as_deref());
            spec.cluster.kubernetes_version.clone_from(&cluster.kubernetes_version);
            spec.cluster.node_count = cluster.node_count;
            spec.cluster.node_vm_size.clone_from(&cluster.node_vm_size);
        }
        if let Some(identity) = &table.identity {
            self.set(&mut spec.identity, identity.name.as_deref());
            if let Some(credentials) = &identity.federated_credentials {
                spec.federated_credentials = credentials.iter().map(credential).collect();
            }
        }
        if let Some(openai) = &table.openai {
            spec.account.name = openai.account.as_ref().map(|name| self.named(name));
            spec.account.soft_deleted = openai.soft_deleted.map(Into::into).unwrap_or_default();
        }
        if let Some(deployments) = &table.deployments {
            spec.deployments = deployments.iter().map(deployment).collect();
        }
        spec
    }

    /// A name of the file, with the lab's own in it.
    pub(super) fn named(&self, pattern: &str) -> String {
        pattern.replace(LAB, &self.name)
    }

    fn ttl(&self) -> Option<Duration> {
        parse_duration(self.table.ttl.as_deref()?).ok()
    }

    fn set(&self, field: &mut String, pattern: Option<&str>) {
        if let Some(pattern) = pattern {
            *field = self.named(pattern);
        }
    }
}

fn credential(table: &FederatedCredentialTable) -> FederatedCredentialSpec {
    FederatedCredentialSpec {
        name: table.name.clone(),
        subject: subject(table),
        audience: table.audience.clone().unwrap_or_else(|| AUDIENCE.to_owned()),
    }
}

/// Whom a credential trusts.
pub(super) fn subject(table: &FederatedCredentialTable) -> String {
    match (&table.subject, &table.namespace, &table.service_account) {
        (Some(subject), _, _) => subject.clone(),
        (None, Some(namespace), Some(account)) => format!("system:serviceaccount:{namespace}:{account}"),
        _ => "system:serviceaccount:default:ai-service-account".into(),
    }
}

/// The model that the workshop's application asks for.
const DEFAULT_MODEL: &str = "gpt-35-turbo";

fn deployment(table: &DeploymentTable) -> DeploymentSpec {
    DeploymentSpec {
        name: table.name.clone(),
        model: ModelSpec {
            name: match &table.model {
                None => Some(DEFAULT_MODEL.to_owned()),
                Some(model) => Some(model.clone()).filter(|model| !is_auto(model)),
            },
            is_default: table.model.is_none(),
            version: table.model_version.clone(),
            sku: table.model_sku.clone(),
            capacity: table.capacity,
        },
    }
}

/// Whether the choice of the model is left to azlab.
pub(super) fn is_auto(model: &str) -> bool {
    model.eq_ignore_ascii_case("auto")
}

/// The labs of one entry of `labs`, with the names that it stands for.
pub(super) fn expand(file: &File, entry: usize, of: &LabEntry) -> Vec<Lab> {
    let lab = |name: String, table: &LabTable| Lab { name, entry: Some(entry), table: on_top(&file.lab, table) };
    match of {
        LabEntry::Name(name) => vec![lab(name.clone(), &LabTable::default())],
        LabEntry::Table(of) => match of.count {
            None => vec![lab(of.name.clone(), &of.lab)],
            Some(count) => (1..=count).map(|n| lab(numbered(of, n), &of.lab)).collect(),
        },
    }
}

/// How `{n}` stands in a name: where, and with how many digits.
pub(super) struct Number {
    pub(super) range: std::ops::Range<usize>,
    digits: usize,
}

/// The first `{n}` or `{n:02}` of a name.
pub(super) fn number(name: &str) -> Option<Number> {
    let start = name.find("{n")?;
    let rest = name.get(start + 2..)?;
    let end = rest.find('}')?;
    let digits = match rest.get(..end)? {
        "" => 1,
        format => match format.strip_prefix(":0")?.as_bytes() {
            [digit @ b'1'..=b'9'] => usize::from(digit - b'0'),
            _ => return None,
        },
    };
    Some(Number { range: start..start + 2 + end + 1, digits })
}

fn numbered(of: &NamedLab, n: u32) -> String {
    let mut name = of.name.clone();
    if let Some(Number { range, digits }) = number(&name) {
        name.replace_range(range, &format!("{n:0digits$}"));
    }
    name
}

/// What a lab says for itself on top of what holds for all: tables key by key, lists as a whole.
fn on_top(base: &LabTable, own: &LabTable) -> LabTable {
    fn or<T: Clone>(own: &Option<T>, base: &Option<T>) -> Option<T> {
        own.as_ref().or(base.as_ref()).cloned()
    }
    let tags = base
        .tags
        .iter()
        .flatten()
        .filter(|(name, _)| own.tags.iter().flatten().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
    let tags = tags.chain(own.tags.iter().flatten()).map(|(name, value)| (name.clone(), value.clone())).collect();
    let (base_cluster, own_cluster) =
        (base.cluster.clone().unwrap_or_default(), own.cluster.clone().unwrap_or_default());
    let (base_identity, own_identity) =
        (base.identity.clone().unwrap_or_default(), own.identity.clone().unwrap_or_default());
    let (base_openai, own_openai) = (base.openai.clone().unwrap_or_default(), own.openai.clone().unwrap_or_default());
    LabTable {
        resource_group: or(&own.resource_group, &base.resource_group),
        location: or(&own.location, &base.location),
        ttl: or(&own.ttl, &base.ttl),
        owner: or(&own.owner, &base.owner),
        tags: Some(tags),
        cluster: Some(ClusterTable {
            name: or(&own_cluster.name, &base_cluster.name),
            kubernetes_version: or(&own_cluster.kubernetes_version, &base_cluster.kubernetes_version),
            node_count: or(&own_cluster.node_count, &base_cluster.node_count),
            node_vm_size: or(&own_cluster.node_vm_size, &base_cluster.node_vm_size),
        }),
        identity: Some(IdentityTable {
            name: or(&own_identity.name, &base_identity.name),
            federated_credentials: or(&own_identity.federated_credentials, &base_identity.federated_credentials),
        }),
        openai: Some(OpenAiTable {
            account: or(&own_openai.account, &base_openai.account),
            soft_deleted: or(&own_openai.soft_deleted, &base_openai.soft_deleted),
        }),
        deployments: or(&own.deployments, &base.deployments),
    }
}
