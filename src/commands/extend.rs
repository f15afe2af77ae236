//! `azlab extend`: moves the time from which on labs may be swept.

use futures::future::join_all;
use time::OffsetDateTime;

use super::find::{self, Which};
use super::finished::Finished;
use super::refused;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::shared_expiry;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::azure::code::Code;
use crate::cli::expiry::ExtendArgs;
use crate::events::Level;
use crate::follow_up::FollowUp;
use crate::lab::tags::{self, Expiry, Tags};
use crate::outcome::NextStep;
use crate::outcome::state::About;
use crate::outcome::{Details, ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::expiry::{set_expiry, to_write};
use crate::recipe::lease;
use crate::settings::{ExtendSettings, LabSource, SettingsError, Until};
use crate::values::{Surroundings, TimeSpec, Zone, a_few, both_clocks, counted};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "extend";

impl Subcommand for ExtendSettings {
    type Args = ExtendArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &ExtendArgs, labs: &LabSource, around: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs, around.zone.clone())
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
    let at = match moment(settings, now) {
        Ok(at) => at,
        Err(error) => return command.before_any_lab(error, Exit::Usage),
    };
    if let (Until::At(TimeSpec::Local { .. }), Some(at)) = (settings.until(), at) {
        session.events.note(Level::Info, format!("--until is taken for {}", both_clocks(at, settings.zone())));
    }
    if let (Some(at), false) = (at, settings.shorten())
        && let Some(error) = shortened(&command, settings.zone(), at).await
    {
        return command.before_any_lab(error, Exit::Usage);
    }
    let ended = join_all(command.works.iter().map(|work| one(&command, settings, work, at))).await;
    let more = Box::pin(shared_expiry::extend_all(&command)).await;
    command.finish_beside(ended, &more, next_steps)
}

/// When the labs are to expire; `None` is never.
///
/// # Errors
/// What is wrong with that time.
fn moment(settings: &ExtendSettings, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, ErrorReport> {
    let zone = settings.zone();
    let invalid = |message: String, hint: &str| Err(ErrorReport::new("InvalidArgument", message).hint(hint));
    match settings.until() {
        Until::Never => Ok(None),
        Until::For(ttl) => Ok(now.checked_add(time::Duration::try_from(ttl).unwrap_or(time::Duration::MAX))),
        Until::At(moment) => match moment.resolve(now, zone) {
            Some(at) if at <= now => invalid(
                format!("--until {} is in the past: it is {} now", both_clocks(at, zone), both_clocks(now, zone)),
                "name a later time, such as --until 'tomorrow 17:00', or a time from now: --ttl 4h",
            ),
            Some(at) => Ok(Some(at)),
            None => invalid("--until is beyond the year 9999".to_owned(), "for no expiry: --never"),
        },
    }
}

/// Why none of the labs is changed: some would expire sooner than before. What cannot be read is told by what follows.
async fn shortened(command: &Command<'_>, zone: &Zone, at: OffsetDateTime) -> Option<ErrorReport> {
    let look = |work: &Work| {
        let (azure, lab) = (work.ctx.azure.clone(), work.lab.clone());
        async move {
            let group = azure.group(&lab.group).await.ok().flatten()?;
            match Tags::read(group.tags.as_ref()).expiry() {
                // The tag has whole seconds.
                Expiry::At(had) if had.unix_timestamp() > at.unix_timestamp() => Some((lab.name, had)),
                _ => None,
            }
        }
    };
    let found: Vec<(String, OffsetDateTime)> =
        join_all(command.works.iter().map(look)).await.into_iter().flatten().collect();
    let (_, latest) = found.iter().max_by_key(|(_, had)| *had)?;
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!(
        "{} would be sooner than before for {} ({}): the latest expires at {}; no lab was changed",
        both_clocks(at, zone),
        counted(names.len(), "lab"),
        a_few(&names),
        both_clocks(*latest, zone)
    );
    let hint = format!("name a later time; or, to shorten: {}", command.options.place.again(&["--shorten"]));
    Some(ErrorReport::new("WouldShorten", message).hint(hint))
}

async fn one(
    command: &Command<'_>,
    settings: &ExtendSettings,
    work: &Work,
    at: Option<OffsetDateTime>,
) -> (LabOutcome, Exit) {
    let zone = settings.zone();
    let expires = at.and_then(tags::moment_text);
    let expires = expires.as_deref();
    let (ctx, lab) = (&work.ctx, &work.lab);
    let mut location = None;
    // What cannot be read is told by what follows.
    let before = ctx.azure.group(&lab.group).await.ok().flatten();
    let before = Tags::read(before.as_ref().and_then(|group| group.tags.as_ref()));
    let writes = || async {
        let all = to_write(ctx, lab, expires, settings.shorten()).await?;
        Ok(Writes::listed(all.into_iter().map(|(kind, id)| (kind, id, Does::Write))))
    };
    if let Some(refused) = refused::foreseen(command, work, writes).await {
        return command.end_writing(work, None, refused).await;
    }
    let moving = async {
        lease::admit(ctx).await?;
        // One write and it is over.
        lease::decline(ctx);
        set_expiry(ctx, lab, expires, settings.shorten()).await
    };
    let ending = match command.limited(work, moving).await {
        Ok(Some(group)) => {
            let tags = Tags::read(group.tags.as_ref());
            // Another run may have set a later one in the meantime.
            let at = match tags.expiry() {
                Expiry::At(later) if at.is_some() => Some(later),
                _ => at,
            };
            ctx.events.note(
                Level::Info,
                match at {
                    Some(at) => format!("the lab {} may be swept from {} on", lab.name, both_clocks(at, zone)),
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
