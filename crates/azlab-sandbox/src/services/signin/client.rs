//! Who asks for a token, and the proof of it.

use uuid::Uuid;

use super::refusal::Refusal;
use super::token_endpoint::Form;
use super::{Application, Principal, Proof, Subject, assertion};
use crate::providers::managedidentity::principals::{self, IdentityPrincipal};
use crate::sandbox::Sandbox;
use crate::state::transaction;

/// A client of the sandbox's tenant.
pub(super) enum Client {
    /// A registered application, which proves itself with its secret.
    Application(Application),
    /// A user-assigned identity, which proves itself with a token that one of its federated credentials names.
    Identity(Box<IdentityPrincipal>),
}

/// The client that `client_id` names.
pub(super) fn find(sandbox: &Sandbox, form: &Form) -> Result<Client, Refusal> {
    let named = form.require("client_id")?;
    let directory = sandbox.directory();
    if let Ok(client_id) = Uuid::parse_str(&named) {
        if let Some(application) = directory.application(client_id) {
            return Ok(Client::Application(application.clone()));
        }
        let found = transaction::read(sandbox, |visit| principals::by_client_id(&visit.store, client_id));
        if let Some(identity) = found.map_err(Refusal::from)? {
            return Ok(Client::Identity(Box::new(identity)));
        }
    }
    let text = format!(
        "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not \
         been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent \
         your authentication request to the wrong tenant.",
        *named,
        directory.tenant()
    );
    Err(Refusal::bad_request("unauthorized_client", 700_016, text))
}

/// Checks the client's proof.
pub(super) fn prove(sandbox: &Sandbox, client: Client, form: &Form) -> Result<Subject, Refusal> {
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    match (client, secret, assertion) {
        (Client::Application(application), Some(secret), None) if application.accepts(&secret) => {
            Ok(Subject { principal: application.principal, proof: Proof::Secret, resource_id: None, user: None })
        }
        (client, Some(_), None) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.",
                client.id()
            );
            Err(Refusal::invalid_client(7_000_215, text))
        }
        (client, _, Some(token)) => {
            assertion::check_type(form)?;
            assertion::check(sandbox, client.identity(), &token)?;
            Ok(client.subject(sandbox))
        }
        (_, None, None) => Err(Refusal::invalid_client(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
    }
}

impl Client {
    fn id(&self) -> Uuid {
        match self {
            Self::Application(application) => application.principal.client_id,
            Self::Identity(identity) => identity.client_id,
        }
    }

    fn identity(&self) -> Option<&IdentityPrincipal> {
        match self {
            Self::Application(_) => None,
            Self::Identity(identity) => Some(identity),
        }
    }

    fn subject(&self, sandbox: &Sandbox) -> Subject {
        match self {
            Self::Application(application) => {
                Subject { principal: application.principal, proof: Proof::Assertion, resource_id: None, user: None }
            }
            Self::Identity(identity) => subject_of(sandbox, identity),
        }
    }
}

/// Whom the tokens of an identity are about.
pub(super) fn subject_of(sandbox: &Sandbox, identity: &IdentityPrincipal) -> Subject {
    Subject {
        principal: Principal {
            tenant: sandbox.directory().tenant(),
            client_id: identity.client_id,
            object_id: identity.object_id,
        },
        proof: Proof::Assertion,
        resource_id: Some(identity.identity.id.clone()),
        user: None,
    }
}
