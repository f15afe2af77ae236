//! Who asks for a token, and the proof of it.

use uuid::Uuid;

use super::refusal::Refusal;
use super::token_endpoint::Form;
use super::{Application, Principal};
use crate::sandbox::Sandbox;

/// A client of the sandbox's tenant.
pub(super) enum Client {
    /// A registered application, which proves itself with its secret.
    Application(Application),
}

/// The client that `client_id` names.
pub(super) fn find(sandbox: &Sandbox, form: &Form) -> Result<Client, Refusal> {
    let client_id = form.require("client_id")?;
    let directory = sandbox.directory();
    let application = Uuid::parse_str(&client_id).ok().and_then(|id| directory.application(id));
    application.cloned().map(Client::Application).ok_or_else(|| {
        let text = format!(
            "Application with identifier '{}' was not found in the directory '{}'.",
            *client_id,
            directory.tenant()
        );
        Refusal::bad_request("unauthorized_client", 700_016, text)
    })
}

/// Checks the client's proof.
pub(super) fn prove(_sandbox: &Sandbox, client: Client, form: &Form) -> Result<Principal, Refusal> {
    match client {
        Client::Application(application) => {
            let Some(secret) = form.get("client_secret") else {
                return Err(Refusal::invalid_client(
                    7_000_218,
                    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
                ));
            };
            if application.accepts(&secret) {
                return Ok(application.principal);
            }
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.",
                application.principal.client_id
            );
            Err(Refusal::invalid_client(7_000_215, text))
        }
    }
}
