//! `azlab extend`: moves the time from which on labs may be swept.

use futures::future::join_all;
use time::OffsetDateTime;

use super::find::{self, Which};
use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::azure::code::Code;
use crate::cli::expiry::ExtendArgs;
use crate::events::Level;
use crate::follow_up::FollowUp;
use crate::lab::tags::{self, Tags};
use crate::outcome::NextStep;
use crate::outcome::state::About;
use crate::outcome::{Details, ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::recipe::expiry::set_expiry;
use crate::settings::{ExtendSettings, LabSource, SettingsError, Until};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "extend";

impl Subcommand for ExtendSettings {
    type Args = ExtendArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &ExtendArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        false
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Moves the expiry of the labs.
pub(crate) async fn run(session: &Session, settings: &ExtendSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let now = session.clock().now();
    let at = match settings.until() {
        Until::Never => None,
        Until::For(ttl) => now.checked_add(time::Duration::try_from(ttl).unwrap_or(time::Duration::MAX)),
        Until::At(at) if at <= now => {
            let at = tags::expiry_text(at).unwrap_or_default();
            let now = tags::expiry_text(now).unwrap_or_default();
            let error = ErrorReport::new("InvalidArgument", format!("--until {at} is in the past: it is {now} now"))
                .hint("name a later time, or a time from now: --ttl 4h");
            return command.before_any_lab(error, Exit::Usage);
        }
        Until::At(at) => Some(at),
    };
    let ended = join_all(command.works.iter().map(|work| one(&command, work, at))).await;
    command.finish(ended, next_steps)
}

async fn one(command: &Command<'_>, work: &Work, at: Option<OffsetDateTime>) -> (LabOutcome, Exit) {
    let expires = at.and_then(tags::expiry_text);
    let expires = expires.as_deref();
    let (ctx, lab) = (&work.ctx, &work.lab);
    let mut location = None;
    // What cannot be read is told by what follows.
    let before = ctx.azure.group(&lab.group).await.ok().flatten();
    let before = Tags::read(before.as_ref().and_then(|group| group.tags.as_ref()));
    let ending = match command.limited(work, set_expiry(ctx, lab, expires)).await {
        Ok(Some(group)) => {
            let tags = Tags::read(group.tags.as_ref());
            ctx.events.note(
                Level::Info,
                match expires {
                    Some(at) => format!("the lab {} may be swept from {at} on", lab.name),
                    None => format!("the lab {} never expires", lab.name),
                },
            );
            if let (Some(had), Some(at)) = (before.get(tags::EXPIRES), at)
                && !before.expiry().has_come(at)
            {
                ctx.events.note(Level::Warning, format!("that is sooner than before: it was {had}"));
            }
            let text = |tag: &str| tags.get(tag).map(str::to_owned);
            let about = About {
                workshop: text(tags::WORKSHOP),
                owner: text(tags::OWNER),
                expires_at: text(tags::EXPIRES),
                expires_in_s: at.map(|at| (at - command.session.clock().now()).whole_seconds()),
                ..About::default()
            };
            location = Some(group.location);
            let done = Ending::done(LabState::Ready, Outputs::default());
            Ending { details: Details { about: Some(about), ..Details::default() }, ..done }
        }
        Ok(None) => absent(command, work),
        // It went while it was looked at.
        Err(error) if error.code() == Some(&Code::ResourceGroupNotFound) => absent(command, work),
        Err(error) => Ending::failed(&error),
    };
    command.outcome(work, location.as_deref(), ending)
}

fn absent(command: &Command<'_>, work: &Work) -> Ending {
    let lab = &work.lab;
    let make = command.line(FollowUp::make(), work);
    let error = ErrorReport {
        resource: Some(lab.group_id()),
        ..ErrorReport::new(Code::ResourceGroupNotFound.as_str(), format!("there is no resource group {}", lab.group))
            .hint(format!("create the lab first: {make}; or name another: --lab, --resource-group"))
    };
    Ending::refused(LabState::Absent, error, Exit::NotFound)
}

fn next_steps(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}
