//! `azlab env`: the workshop's shell variables of a lab, from what Azure has now.

use super::find::{self, Which};
use super::finished::Finished;
use super::lab_values::{self, Found};
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::env::EnvArgs;
use crate::lab::variables::Variables;
use crate::outcome::{Details, ErrorReport, Exit, LabState};
use crate::settings::{EnvSettings, LabSource, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "env";

impl Subcommand for EnvSettings {
    type Args = EnvArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &EnvArgs, labs: &LabSource, around: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs, around.environment.get("GITHUB_ACTIONS").is_some())
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Prints the variables of the lab, or nothing.
pub async fn run(session: &Session, settings: &EnvSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let mut ended = Vec::new();
    let (mut data, mut masks) = (None, None);
    for work in &command.works {
        let found = match command.limited(work, lab_values::look(work, settings.names_deployment())).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                ended.push(command.outcome(work, None, absent(&command, work)));
                continue;
            }
            Err(error) => {
                ended.push(command.outcome(work, None, Ending::failed(&error)));
                continue;
            }
        };
        let location = found.location.clone();
        let ending = match variables(&command, work, settings, &found).await {
            Ok(variables) => match variables.write(settings.format()) {
                Ok(text) => {
                    data = Some(text);
                    masks = settings.masks_keys().then(|| variables.masks());
                    let details = Details { env: Some(variables), ..Details::default() };
                    Ending { details, ..Ending::done(LabState::Ready, found.outputs) }
                }
                Err(error) => {
                    let report = ErrorReport::new("UnwritableValue", error.to_string());
                    Ending::refused(LabState::Failed, report, Exit::LabFailed)
                }
            },
            Err(ending) => *ending,
        };
        ended.push(command.outcome(work, location.as_deref(), ending));
    }
    let finished = command.finish(ended, |_, _| Vec::new());
    Finished { data, masks, ..finished }
}

fn absent(command: &Command<'_>, work: &Work) -> Ending {
    Ending::refused(LabState::Absent, find::not_found(&work.lab, &command.options.place), Exit::NotFound)
}

/// The variables, whole or not at all: half of them would set some and leave others from before.
async fn variables(
    command: &Command<'_>,
    work: &Work,
    settings: &EnvSettings,
    found: &Found,
) -> Result<Variables, Box<Ending>> {
    let outputs = &found.outputs;
    let values = (
        &outputs.openai_account,
        &outputs.openai_endpoint,
        &outputs.openai_deployment,
        &found.account_id,
        &outputs.identity_client_id,
        &outputs.identity_principal_id,
        &outputs.oidc_issuer,
    );
    let (Some(account), Some(endpoint), Some(deployment), Some(id), Some(client), Some(principal), Some(issuer)) =
        values
    else {
        return Err(Box::new(lab_values::incomplete(command, work, found)));
    };
    let mut variables = Variables::default();
    variables.set("AOAI_NAME", account);
    variables.set("AOAI_ENDPOINT", endpoint);
    variables.set("AOAI_DEPLOYMENT_NAME", deployment);
    variables.set("AOAI_RESOURCE_ID", id);
    variables.set("MANAGED_IDENTITY_CLIENT_ID", client);
    variables.set("MANAGED_IDENTITY_OBJECT_ID", principal);
    variables.set("AKS_OIDC_ISSUER", issuer);
    if settings.show_keys() {
        variables.set_secret("AOAI_OPENAI_API_KEY", lab_values::key(command, work, found, account, id).await?);
    }
    Ok(variables)
}
