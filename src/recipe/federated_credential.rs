//! The federated credential: what makes Entra trust the cluster's service account.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::Resource;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::identities::{
    FederatedIdentityCredential as State, FederatedIdentityCredentialProperties as Properties,
};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::limits::MAX_CREDENTIALS;
use crate::lab::spec::{FederatedCredentialSpec, LabSpec};
use crate::values::ResourceKind;

/// The federated credential as it should be.
#[derive(Clone, Debug)]
pub struct FederatedCredential {
    group: String,
    identity: String,
    parent: String,
    id: String,
    spec: FederatedCredentialSpec,
    issuer: String,
    /// How many the identity holds, as the last look has shown; 0 before one.
    held: Arc<AtomicUsize>,
}

impl FederatedCredential {
    /// The federated credential `spec` of `lab`, for a cluster's `issuer`; empty where a look does not know it.
    pub fn new(lab: &LabSpec, spec: &FederatedCredentialSpec, issuer: &str) -> Self {
        let parent = lab.identity_id();
        Self {
            group: lab.group.clone(),
            identity: lab.identity.clone(),
            id: ids::federated_credential(&parent, &spec.name),
            parent,
            spec: spec.clone(),
            issuer: issuer.to_owned(),
            held: Arc::default(),
        }
    }

    fn wanted(&self) -> Properties {
        Properties::new(self.issuer.clone(), self.spec.subject.clone(), vec![self.spec.audience.clone()])
    }
}

/// Whether a federated credential says what it should.
pub(crate) fn is_as(credential: &State, want: &Properties) -> bool {
    credential.properties.as_ref().is_some_and(|have| compare(have, want) == Comparison::Fits)
}

/// Compares what a federated credential says with what it should.
pub(crate) fn compare(have: &Properties, want: &Properties) -> Comparison {
    let mut differences = Vec::new();
    for (field, have, want) in [
        ("issuer", have.issuer.clone(), want.issuer.clone()),
        ("subject", have.subject.clone(), want.subject.clone()),
        ("audience", have.audiences.join(", "), want.audiences.join(", ")),
    ] {
        // Entra compares these to the letter.
        if have != want {
            differences.push(Difference::changeable(field, have, want));
        }
    }
    Comparison::of(differences)
}

impl Resource for FederatedCredential {
    type State = State;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::FederatedCredential,
        provider: "Microsoft.ManagedIdentity",
        resource_type: "userAssignedIdentities/federatedIdentityCredentials",
        is_regional: false,
        bills: false,
        write: &[RequiredAction::in_group(
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        )],
        delete: &[],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn found_id<'a>(&'a self, state: &'a State) -> &'a str {
        state.proxy_resource.resource.id.as_deref().unwrap_or(&self.id)
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.parent)
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<State>, AzureError> {
        let wanted = self.wanted();
        let first = ctx.azure.first_federated_credential(&self.group, &self.identity, self.name()).await?;
        if first.as_ref().is_some_and(|one| is_as(one, &wanted)) {
            return Ok(first);
        }
        let all = ctx.azure.federated_credentials(&self.group, &self.identity).await?;
        self.held.store(all.len(), Ordering::Relaxed);
        let by_name =
            |one: &&State| one.proxy_resource.resource.name.as_deref().is_some_and(|name| ids::same(name, self.name()));
        // One with the same issuer and subject under another name does the same, and ours would be refused beside it.
        let by_meaning = |one: &&State| {
            one.properties.as_ref().is_some_and(|have| have.issuer == wanted.issuer && have.subject == wanted.subject)
        };
        Ok(all.iter().find(by_meaning).or_else(|| all.iter().find(by_name)).cloned())
    }

    fn note(&self, state: Option<&State>) -> Option<String> {
        let held = self.held.load(Ordering::Relaxed);
        (state.is_none() && held >= MAX_CREDENTIALS).then(|| {
            format!(
                "the identity {} holds {held} federated credentials, and Azure takes no more on one: {} cannot be created",
                self.identity, self.spec.name
            )
        })
    }

    fn compare(&self, state: &State) -> Comparison {
        let empty = Properties::new(String::new(), String::new(), Vec::new());
        let mut comparison = compare(state.properties.as_ref().unwrap_or(&empty), &self.wanted());
        if self.issuer.is_empty()
            && let Comparison::Differs(differences) = &mut comparison
        {
            let unknown = differences.iter_mut().filter(|one| one.want.is_empty());
            unknown.for_each(|one| one.want = "(the cluster's, once it has one)".into());
        }
        comparison
    }

    async fn write(&self, ctx: &Context, current: Option<&State>) -> Result<Reply, AzureError> {
        let name = current.and_then(|state| state.proxy_resource.resource.name.as_deref()).unwrap_or(self.name());
        let (group, identity) = (&self.group, &self.identity);
        let current = match current {
            Some(_) => ctx.azure.observe_federated_credential(group, identity, name).await?,
            None => None,
        };
        if let Some(current) = current {
            let wanted = self.wanted();
            let mut update = current.into_update();
            update.set("/properties/issuer", wanted.issuer);
            update.set("/properties/subject", wanted.subject);
            update.set("/properties/audiences", wanted.audiences);
            return ctx.azure.update_federated_credential(group, identity, name, update).await;
        }
        let mut credential = State::new();
        credential.properties = Some(self.wanted());
        ctx.azure.put_federated_credential(group, identity, name, credential).await
    }
}
