//! What a lab's ai-service is connected to.

use super::super::lab_values::{self, Found};
use super::super::runner::{Command, Ending};
use super::super::work::Work;
use crate::app::connect::{Means, Model};
use crate::app::namespace::service_account;
use crate::lab::chapter::AppAuth;
use crate::outcome::{Exit, LabState};

/// What there is of a lab for its ai-service.
pub(crate) struct LabMaterials {
    found: Found,
}

impl LabMaterials {
    /// Looks at the lab.
    ///
    /// # Errors
    /// The end of a lab that does not exist, or cannot be read.
    pub(crate) async fn look(command: &Command<'_>, work: &Work, names_deployment: bool) -> Result<Self, Box<Ending>> {
        match command.limited(work, lab_values::look(work, names_deployment)).await {
            Ok(Some(found)) => Ok(Self { found }),
            Ok(None) => {
                let report = super::super::find::not_found(&work.lab, &command.options.place);
                Err(Box::new(Ending::refused(LabState::Absent, report, Exit::NotFound)))
            }
            Err(error) => Err(Box::new(Ending::failed(&error))),
        }
    }

    /// The ARM id of the account, where there is one.
    pub(super) fn account_id(&self) -> Option<&str> {
        self.found.account_id.as_deref()
    }

    /// The model, and with what the ai-service signs in.
    ///
    /// # Errors
    /// The end of a lab that lacks something of it, or whose account has no keys.
    pub(crate) async fn model(
        &self,
        command: &Command<'_>,
        work: &Work,
        auth: AppAuth,
    ) -> Result<(Model, Means), Box<Ending>> {
        let found = &self.found;
        let outputs = &found.outputs;
        let lacking = || Box::new(lab_values::incomplete(command, work, found));
        let (Some(endpoint), Some(deployment)) = (&outputs.openai_endpoint, &outputs.openai_deployment) else {
            return Err(lacking());
        };
        let model = Model { endpoint: endpoint.clone(), deployment: deployment.clone() };
        let means = match auth {
            AppAuth::WorkloadIdentity => {
                let (client_id, service_account) = self.identity(command, work)?;
                Means::Identity { client_id, service_account }
            }
            AppAuth::Key => {
                let (Some(account), Some(id)) = (&outputs.openai_account, &found.account_id) else {
                    return Err(lacking());
                };
                Means::Key(lab_values::key(command, work, found, account, id).await?)
            }
        };
        Ok((model, means))
    }

    /// The identity's client id, and the service account that it trusts.
    ///
    /// # Errors
    /// The end of a lab without an identity.
    pub(crate) fn identity(&self, command: &Command<'_>, work: &Work) -> Result<(String, String), Box<Ending>> {
        let client_id = self.found.outputs.identity_client_id.clone();
        let client_id = client_id.ok_or_else(|| Box::new(lab_values::incomplete(command, work, &self.found)))?;
        Ok((client_id, service_account(&work.lab).1.to_owned()))
    }
}
