//! `azlab handout`: a card for each attendee, from what Azure has now.

use futures::future::join_all;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::find::{self, Which};
use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::handout::{HandoutArgs, HandoutFormat};
use crate::events::Level;
use crate::lab::ids;
use crate::lab::tags::{self, Tags};
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::pages::handout::{Card, GROUP_PAGE, Handout, Template, csv, html, json_lines, markdown};
use crate::recipe::inspection::{Inspection, inspect};
use crate::settings::{HandoutSettings, LabSource, SettingsError};
use crate::values::{Secret, Surroundings, a_few, agreeing, counted, local_clock, shell_word};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "handout";

impl Subcommand for HandoutSettings {
    type Args = HandoutArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &HandoutArgs, labs: &LabSource, around: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs, around.zone.clone())
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Looks at the labs and writes their cards.
async fn run(session: &Session, settings: &HandoutSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::All).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    command.look_together();
    let tenant = session.tenant().await;
    let looks = command.works.iter().map(|work| one(&command, settings, work, tenant.as_deref()));
    let looked: Vec<((LabOutcome, Exit), Option<Card>)> = join_all(looks).await;
    let (ended, cards): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
    let cards: Vec<Card> = cards.into_iter().flatten().collect();
    tell_unready(session, &ended);
    let finished = command.finish(ended, |_, _| Vec::new());
    match write(settings, session, cards) {
        Ok(text) => Finished { data: Some(Secret::new(text)), ..finished },
        Err(error) => command.before_any_lab(error, Exit::Usage),
    }
}

/// Cards of labs that are not ready are handed out all the same, for a lab may be repaired until the class begins.
fn tell_unready(session: &Session, ended: &[(LabOutcome, Exit)]) {
    let unready = ended.iter().filter(|(lab, _)| lab.error.is_none() && lab.state != LabState::Ready);
    let names: Vec<&str> = unready.map(|(lab, _)| lab.name.as_str()).collect();
    if !names.is_empty() {
        let message = format!(
            "{} {} not ready, and what does not exist is left out of {}: {}",
            counted(names.len(), "lab"),
            agreeing(names.len(), "is", "are"),
            agreeing(names.len(), "its card", "their cards"),
            a_few(&names)
        );
        session.events.note(Level::Warning, message);
    }
}

async fn one(
    command: &Command<'_>,
    settings: &HandoutSettings,
    work: &Work,
    tenant: Option<&str>,
) -> ((LabOutcome, Exit), Option<Card>) {
    match command.limited(work, inspect(&work.ctx, &work.lab, None)).await {
        Ok(seen) => {
            let location = seen.group.as_ref().map(|group| group.location.clone());
            let state = match &seen.group {
                None => LabState::Absent,
                Some(_) if seen.is_ready() => LabState::Ready,
                Some(_) => LabState::Incomplete,
            };
            let card = card(command.session, settings, work, &seen, tenant);
            (command.outcome(work, location.as_deref(), Ending::done(state, seen.outputs)), Some(card))
        }
        Err(error) => (command.outcome(work, None, Ending::failed(&error)), None),
    }
}

fn card(session: &Session, settings: &HandoutSettings, work: &Work, seen: &Inspection, tenant: Option<&str>) -> Card {
    let lab = &work.lab;
    let tags = Tags::read(seen.group.as_ref().and_then(|group| group.tags.as_ref()));
    let expires_at = tags.get(tags::EXPIRES).filter(|text| !text.is_empty()).map(str::to_owned);
    let ends = expires_at.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let attendee = lab.attendee.as_ref();
    let owner = tags.get(tags::OWNER).filter(|owner| !owner.is_empty());
    let Outputs { cluster, openai_account, openai_endpoint, openai_deployment, .. } = seen.outputs.clone();
    let portal = |id: &str| match tenant {
        Some(tenant) => format!("{}/#@{tenant}/resource{id}", session.cloud.portal()),
        None => format!("{}/#resource{id}", session.cloud.portal()),
    };
    let location = seen.group.as_ref().map(|group| group.location.as_str()).unwrap_or_default();
    let account_group = seen.lab.account_group(location);
    let mut pages = vec![(GROUP_PAGE, portal(&lab.group_id()))];
    pages
        .extend(cluster.as_deref().map(|name| ("cluster", portal(&ids::cluster(&lab.subscription, &lab.group, name)))));
    pages.extend(
        openai_account
            .as_deref()
            .map(|name| ("OpenAI account", portal(&ids::account(&lab.subscription, &account_group, name)))),
    );
    Card {
        lab: lab.name.clone(),
        name: attendee.and_then(|attendee| attendee.name.clone()),
        sign_in: attendee
            .and_then(|one| one.address())
            .or(owner.filter(|owner| owner.contains('@')))
            .map(str::to_owned),
        resource_group: lab.group.clone(),
        location: seen.group.as_ref().map(|group| group.location.clone()).or_else(|| lab.location.clone()),
        subscription: lab.subscription.clone(),
        tenant: tenant.map(str::to_owned),
        commands: commands(lab, cluster.as_deref(), tenant),
        cluster,
        account: openai_account,
        endpoint: openai_endpoint,
        deployment: openai_deployment,
        ends: ends.and_then(|at| local_clock(at, settings.zone())),
        expires_at,
        portal: pages.into_iter().collect(),
        more: attendee.map(|attendee| attendee.more.clone()).unwrap_or_default(),
    }
}

/// What an attendee types first: sign in, and connect kubectl.
fn commands(lab: &crate::lab::spec::LabSpec, cluster: Option<&str>, tenant: Option<&str>) -> Vec<String> {
    let mut commands = vec![
        tenant.map_or_else(|| "az login".to_owned(), |tenant| format!("az login --tenant {tenant}")),
        format!("az account set -s {}", lab.subscription),
    ];
    commands.extend(
        cluster.map(|name| format!("az aks get-credentials -g {} -n {}", shell_word(&lab.group), shell_word(name))),
    );
    commands
}

fn write(settings: &HandoutSettings, session: &Session, cards: Vec<Card>) -> Result<String, ErrorReport> {
    // A text in memory takes what is written.
    let broken = |error: String| ErrorReport::new("InternalError", error);
    match settings.format() {
        HandoutFormat::Csv => csv(&cards).map_err(|error| broken(error.to_string())),
        HandoutFormat::Jsonl => json_lines(&cards).map_err(|error| broken(error.to_string())),
        HandoutFormat::Html => {
            let workshop = settings.labs().file().and_then(|file| file.file().workshop.clone());
            let handout = Handout {
                title: workshop.unwrap_or_else(|| tags::DEFAULT_WORKSHOP.to_owned()),
                is_sandbox: session.is_sandbox,
                cards,
                back: settings.back().map(markdown),
            };
            let template = settings.template().map(|(name, text)| Template { name: name.clone(), text: text.clone() });
            html(&handout, template.as_ref()).map_err(|error| {
                ErrorReport::new("InvalidTemplate", error.to_string()).hint("--help says what a template may use")
            })
        }
    }
}
