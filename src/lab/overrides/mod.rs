//! What somebody says that a lab should be. The command line, what the file says for all labs, and what it says for one
//! become one type, [`LabOverrides`]; [`Merged`] lays them on top of each other and keeps who said what.

mod access;
mod field;
mod merged;
mod parts;
#[cfg(test)]
mod tests;
mod values;

use serde_json::{Value, json};

pub(crate) use field::whole;
pub(crate) use field::{Field, Origin, OriginOf, Origins};
pub(crate) use merged::Merged;
pub(crate) use parts::{
    ClusterOverrides, CredentialOverrides, DeploymentOverrides, IdentityOverrides, LabOverrides, OpenAiOverrides,
};

pub(crate) use values::as_owner;

use super::names::NameError;
use super::spec::{DeploymentSpec, FederatedCredentialSpec, LabSpec, SoftDeleted};
use super::tags;

/// What stands for a lab's name in other names.
pub(crate) const LAB: &str = "{lab}";

/// What stands for a model that azlab chooses.
const AUTO: &str = "auto";

/// Whether the choice of the model is left to azlab.
pub(crate) fn is_auto(model: &str) -> bool {
    model.eq_ignore_ascii_case(AUTO)
}

/// A value that is not one of its field.
#[derive(Clone, Debug)]
pub(crate) struct BadValue {
    /// The field.
    pub(crate) field: &'static Field,
    /// Its path: `deployments[0].name`.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) error: NameError,
}

impl LabOverrides {
    /// All fields, in the order in which they are shown.
    pub(crate) fn fields() -> impl Iterator<Item = &'static Field> {
        [
            Self::FIELDS,
            ClusterOverrides::FIELDS,
            IdentityOverrides::FIELDS,
            CredentialOverrides::FIELDS,
            OpenAiOverrides::FIELDS,
            DeploymentOverrides::FIELDS,
        ]
        .into_iter()
        .flatten()
    }

    /// The field at a path in the file: `labs[3].deployments[0].model`.
    pub(crate) fn field_at(path: &str) -> Option<&'static Field> {
        let own = match path.strip_prefix("labs[").and_then(|rest| rest.split_once("].")) {
            Some((_, own)) => own,
            None => path,
        };
        let key: String = own.chars().filter(|c| !c.is_ascii_digit()).collect();
        Self::fields().find(|field| field.key == key)
    }

    /// The field of that key.
    pub(crate) fn field(key: &str) -> Option<&'static Field> {
        Self::fields().find(|field| field.key == key)
    }

    /// What `--help` says of the field of that key; empty if there is none.
    pub(crate) fn help(key: &str) -> String {
        Self::field(key).map(Field::help).unwrap_or_default()
    }

    /// What the command line says, with what its short options stand for, and an owner that fits into a tag.
    #[must_use]
    pub(crate) fn written_out(mut self) -> Self {
        if std::mem::take(&mut self.openai.restore) {
            self.openai.soft_deleted = Some(SoftDeleted::Restore);
        }
        self.owner = self.owner.as_deref().map(as_owner);
        self
    }

    /// Whether it says something of the lab's deployment.
    pub(crate) fn names_a_deployment(&self) -> bool {
        self.deployment != DeploymentOverrides::default()
    }

    /// Whether it says something of the lab's federated credential.
    pub(crate) fn names_a_credential(&self) -> bool {
        self.identity.credential != CredentialOverrides::default()
    }

    /// Values that are none of their fields. Those with the lab's name in them are judged as they stand.
    pub(crate) fn bad_values(&self) -> Vec<BadValue> {
        let mut bad = Vec::new();
        let mut look = |at: &str, texts: Vec<(&'static Field, &'static str, String)>| {
            let errors = texts.into_iter().filter_map(|(field, name, text)| {
                let error = field.check(&text).err()?;
                Some(BadValue { field, path: format!("{at}{name}"), error })
            });
            bad.extend(errors);
        };
        look("", self.texts());
        look("cluster.", self.cluster.texts());
        look("identity.", self.identity.texts());
        look("identity.federated_credentials[0].", self.identity.credential.texts());
        for (index, one) in self.identity.federated_credentials.iter().flatten().enumerate() {
            look(&format!("identity.federated_credentials[{index}]."), one.texts());
        }
        look("openai.", self.openai.texts());
        look("deployments[0].", self.deployment.texts());
        for (index, one) in self.deployments.iter().flatten().enumerate() {
            look(&format!("deployments[{index}]."), one.texts());
        }
        bad
    }

    /// Puts it into the desired state.
    pub(crate) fn apply(&self, lab: &mut LabSpec) {
        self.apply_fields(lab);
        self.access.apply(lab);
        for (name, value) in self.tags.iter().flatten() {
            lab.tags.set(name, value);
        }
        self.cluster.apply_fields(&mut lab.cluster);
        self.identity.apply_fields(lab);
        if let Some(credentials) = &self.identity.federated_credentials {
            lab.federated_credentials = credentials.iter().map(CredentialOverrides::spec).collect();
        }
        self.openai.apply_fields(&mut lab.account);
        if let Some(deployments) = &self.deployments {
            lab.deployments = deployments.iter().map(DeploymentOverrides::spec).collect();
        }
    }

    /// Every field of a desired state, by its path in the file.
    pub(crate) fn rows(lab: &LabSpec) -> Vec<(String, Value)> {
        let mut rows = Vec::new();
        let mut put = |at: &str, of: Vec<(&'static str, Value)>| {
            rows.extend(of.into_iter().map(|(name, value)| (format!("{at}{name}"), value)));
        };
        put("", Self::rows_of(lab));
        for (tag, value) in lab.tags.iter().filter(|(tag, _)| !tag.starts_with(tags::PREFIX)) {
            put(&format!("tags.{tag}"), vec![("", json!(value))]);
        }
        if let Some(attendee) = &lab.attendee {
            put("", vec![("attendee", json!(attendee.label()))]);
            put("access.", vec![("roles", json!(lab.roles))]);
        }
        put("cluster.", ClusterOverrides::rows_of(&lab.cluster));
        put("identity.", IdentityOverrides::rows_of(lab));
        for (index, one) in lab.federated_credentials.iter().enumerate() {
            put(&format!("identity.federated_credentials[{index}]."), CredentialOverrides::rows_of(one));
        }
        put("openai.", OpenAiOverrides::rows_of(&lab.account));
        for (index, one) in lab.deployments.iter().enumerate() {
            put(&format!("deployments[{index}]."), DeploymentOverrides::rows_of(one));
        }
        rows
    }

    /// Writes the lab's name where `{lab}` stands for it.
    pub(crate) fn fill_in(&mut self, name: &str) {
        self.fill(name);
        self.cluster.fill(name);
        self.identity.fill(name);
        self.identity.federated_credentials.iter_mut().flatten().for_each(|one| one.fill(name));
        self.openai.fill(name);
        self.deployments.iter_mut().flatten().for_each(|one| one.fill(name));
    }
}

impl CredentialOverrides {
    /// Whom it trusts, where it says that: by the subject, or by a service account.
    fn whom(&self) -> Option<String> {
        match (&self.subject, &self.namespace, &self.service_account) {
            (None, Some(namespace), Some(account)) => Some(format!("system:serviceaccount:{namespace}:{account}")),
            (subject, _, _) => subject.clone(),
        }
    }

    /// The credential that should be.
    pub(crate) fn spec(&self) -> FederatedCredentialSpec {
        let mut spec = FederatedCredentialSpec::workshop();
        Self { subject: self.whom(), ..self.clone() }.apply_fields(&mut spec);
        spec
    }
}

impl DeploymentOverrides {
    /// The deployment that should be.
    pub(crate) fn spec(&self) -> DeploymentSpec {
        let mut spec = DeploymentSpec::workshop();
        self.apply_fields(&mut spec);
        spec
    }
}
