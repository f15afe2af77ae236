//! `chat_completion`: whether the model answers what the workshop's ai-service sends, asked as whoever runs azlab.
//!
//! That the lab's own identity would be answered is what the other checks say; nobody can sign in as it from here. So a
//! caller without a role on the data is no failure of the lab.

use super::facts::{Facts, deployment_name};
use super::fixes::Fixes;
use super::openai;
use super::report::{fail, pass, skip, unread, warn};
use crate::azure::data_plane::DataPlane;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::transport::TransportError;
use crate::follow_up::{FollowUp, Verb};
use crate::lab::ids;
use crate::lab::spec::DeploymentSpec;
use crate::outcome::CheckReport;
use crate::recipe::account::endpoint;
use crate::recipe::error::Error;
use crate::values::ResourceKind;

const ID: &str = "chat_completion";

/// The codes of a model that does not take a parameter, or this value of it (OpenAI's own, which Azure passes on).
const UNSUPPORTED_VALUE: &str = "unsupported_value";
const UNSUPPORTED_PARAMETER: &str = "unsupported_parameter";

/// The question; its answer is short.
const QUESTION: &str = "Reply with the word: ready";

/// The check of each deployment that can be chatted with.
pub(super) async fn check(data_plane: &DataPlane, facts: &Facts, fixes: &Fixes<'_>) -> Result<Vec<CheckReport>, Error> {
    let mut checks = Vec::new();
    for (index, spec) in fixes.lab.deployments.iter().enumerate() {
        checks.extend(one(data_plane, facts, fixes, spec, index == 0).await?);
    }
    Ok(checks)
}

async fn one(
    data_plane: &DataPlane,
    facts: &Facts,
    fixes: &Fixes<'_>,
    spec: &DeploymentSpec,
    is_first: bool,
) -> Result<Option<CheckReport>, Error> {
    if !fixes.options.chat {
        return Ok(Some(skip(ID, "not asked, because of --skip-chat")));
    }
    let Some(account) = facts.account.there() else {
        return Ok(unread(ID, &facts.account, ResourceKind::OpenaiAccount));
    };
    let Some(deployment) = openai::ready(facts, spec) else {
        return Ok(Some(skip(ID, format!("there is no model deployment {} to ask", spec.name))));
    };
    if !openai::can_be_asked(account) {
        return Ok(Some(skip(ID, "the account's endpoint cannot be asked")));
    }
    let capabilities = deployment.properties.as_ref().and_then(|properties| properties.capabilities.as_ref());
    let can_chat = capabilities.and_then(|all| all.get("chatCompletion")).is_some_and(|can| *can == "true");
    if !is_first && !can_chat {
        return Ok(None);
    }
    let name = deployment_name(deployment).unwrap_or(&spec.name);
    let asked = data_plane.chat(endpoint(account).unwrap_or_default(), name, QUESTION).await;
    let report = match asked {
        Ok(answer) => pass(ID, format!("the model deployment {name} answers ({})", answer.model)),
        Err(AzureError::Interrupted) => return Err(Error::Interrupted),
        Err(AzureError::Service(error)) => refused(&error, facts, fixes, name),
        Err(AzureError::SignIn(error)) => CheckReport {
            code: Some(error.failure.code().to_owned()),
            ..skip(ID, format!("there is no token for the account: {}", error.message)).hint(error.hint.clone())
        },
        Err(AzureError::Transport { source: TransportError::Barred(obstacle), .. }) => CheckReport {
            code: Some("CannotConnect".to_owned()),
            ..fail(
                ID,
                format!("the account cannot be asked: {obstacle}"),
                format!("{}, then: {}", obstacle.way_out, fixes.again()),
            )
        },
        Err(error @ AzureError::Transport { .. }) => CheckReport {
            code: Some("NoAnswer".to_owned()),
            ..fail(
                ID,
                format!("the account does not answer: {error}"),
                format!("look at your network, proxy and VPN, then: {}", fixes.again()),
            )
        },
        Err(error) => CheckReport {
            code: Some("UnreadableAnswer".to_owned()),
            ..fail(ID, error.to_string(), format!("run it with --log-file azlab.log to see more: {}", fixes.again()))
        },
    };
    Ok(Some(report))
}

/// What a refusal of the service means for the lab.
fn refused(error: &ServiceError, facts: &Facts, fixes: &Fixes<'_>, name: &str) -> CheckReport {
    let again = fixes.again();
    let said = error.message();
    if let Some(challenge) = &error.challenge {
        let message =
            format!("the account wants you to prove more of who you are, which says nothing about the lab: {said}");
        return CheckReport { code: Some(error.code.to_string()), ..skip(ID, message).hint(challenge.answer()) };
    }
    let report = match (error.status.as_u16(), error.code.as_str()) {
        (401, "PermissionDenied") => {
            let message =
                "you yourself have no role that lets you ask the model, which says nothing about the lab's identity";
            skip(ID, message).hint(own_role(said, facts, fixes))
        }
        (401 | 403, _) => skip(ID, format!("the account refuses requests from here: {said}"))
            .hint(format!("look at the account's network rules and at who you are (az account show), then: {again}")),
        (429, _) => {
            let wait = error.retry_after.map_or(60, |wait| wait.as_secs());
            let message = format!("the model deployment {name} accepts you; its rate limit is used up for now: {said}");
            warn(
                ID,
                message,
                format!(
                    "in {wait} s: {again}; for good, with more capacity: {}",
                    fixes.deploy(name, &["--capacity", "N"])
                ),
            )
        }
        (404, _) => fail(
            ID,
            format!("the account does not know the deployment {name} yet: {said}"),
            format!("five minutes after its creation: {again}"),
        ),
        (400, "OperationNotSupported") => fail(
            ID,
            format!("the model of the deployment {name} is not a chat model: {said}"),
            fixes.deploy(name, &["--model", "auto"]),
        ),
        (400, UNSUPPORTED_VALUE | UNSUPPORTED_PARAMETER) => fail(
            ID,
            format!("the model of the deployment {name} refuses what the workshop's ai-service sends: {said}"),
            fixes.deploy(name, &["--model", "auto"]),
        ),
        (status, code) => {
            fail(ID, format!("the model deployment {name} does not answer: {code} (HTTP {status}): {said}"), again)
        }
    };
    CheckReport { code: Some(error.code.to_string()), ..report }
}

/// The command that lets the caller ask.
fn own_role(said: &str, facts: &Facts, fixes: &Fixes<'_>) -> String {
    if fixes.options.is_sandbox {
        return fixes.options.place.line(&FollowUp::new(Verb::SandboxScenario).with(["standard"]));
    }
    // The service names the principal, if it knows who asks.
    let named = said.split('`').nth(1).filter(|text| uuid::Uuid::try_parse(text).is_ok());
    let me = named.unwrap_or("$(az ad signed-in-user show --query id -o tsv)");
    let account = facts.account.there().and_then(|account| account.azure_entity_resource.resource.id.as_deref());
    format!(
        "az role assignment create --assignee {me} --role \"{}\" --scope {}",
        ids::OPENAI_USER_ROLE_NAME,
        account.unwrap_or_default()
    )
}
