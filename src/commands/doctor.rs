//! `azlab doctor`: makes every check before anything is made. Reads only, but for `--fix`.

use std::time::Duration;

use futures::future::join_all;

use super::apply::together;
use super::finished::Finished;
use super::placing;
use super::refused;
use super::run_options::RunOptions;
use super::runner::Command;
use super::session::Session;
use super::shared;
use super::spending::{self, Purse};
use super::subcommand::Subcommand;
use super::subscriptions;
use super::work::Work;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::cli::doctor::DoctorArgs;
use crate::events::{CheckStatus, Level};
use crate::follow_up::{Advice, FollowUp, Place};
use crate::hints;
use crate::outcome::NextStep;
use crate::outcome::{CheckReport, CommandResult, ErrorReport, Exit};
use crate::preflight::budget;
use crate::preflight::finding::Finding;
use crate::preflight::survey::{SurveyOptions, Surveyed, look};
use crate::preflight::{
    CHECKS, EXISTING_ID, SIGN_IN_ID, attendee_roles, attendees, location, placement, providers, subscription,
};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::provision::Plan;
use crate::settings::{DoctorSettings, LabSource, SettingsError, Spending};
use crate::values::{Surroundings, agreeing, counted};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "doctor";

impl Subcommand for DoctorSettings {
    type Args = DoctorArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &DoctorArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        !self.fix()
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// How long registrations are waited for, in service time; they take a minute or two.
const MOST_REGISTRATION: Duration = Duration::from_secs(15 * 60);
/// Checks that the others cannot be made without.
const BLOCKING: [&str; 5] = [subscription::ID, providers::ID, location::ID, EXISTING_ID, placement::entry::ID];
/// The pause between two looks at them.
const REGISTRATION_POLL: Duration = Duration::from_secs(5);

/// Makes every check.
pub async fn run(session: &Session, settings: &DoctorSettings, options: &RunOptions) -> Finished {
    let mut command = match Command::connect(COMMAND, session, options).await {
        Ok(command) => command,
        Err(mut finished) => {
            if finished.exit == Exit::NotSignedIn {
                finished.result = without_sign_in(finished.result);
            }
            return *finished;
        }
    };
    let mut labs = settings.specs(session.azure.subscription());
    // What keeps azlab from asking is told by the checks of the subscription.
    let places = subscriptions::of_placements(session, settings.labs()).await.unwrap_or_default();
    let attendees = attendees::settle(&session.graph, &session.azure, &mut labs, &places).await;
    let mut placed = match placing::look(&command, settings.labs(), labs, false).await {
        Ok(placed) => placed,
        Err(finished) => return *finished,
    };
    let roles = attendee_roles::settle(&session.azure, &mut placed.labs).await;
    // Without a place there is nothing that could be looked at.
    let has_places = placed.findings.iter().all(|finding| finding.status != CheckStatus::Fail);
    command.take(if has_places { placed.labs } else { Vec::new() });
    // What there is of several labs is read from lists.
    command.look_together();
    let works = &command.works;
    if settings.fix()
        && let Some(first) = works.first()
    {
        for azure in &subscriptions_of(works) {
            let registered = command.limited(first, async { Ok(register(session, azure).await) }).await;
            if let Ok(Err(error)) = &registered {
                session.events.note(Level::Warning, format!("the resource providers cannot be registered: {error}"));
            }
            if let Some(stopped) = registered.err().and_then(|error| cut_short(&command, &error)) {
                return stopped;
            }
        }
    }
    let survey_options = SurveyOptions { adopt: settings.adopt(), thorough: true, ..SurveyOptions::default() };
    let looks = join_all(works.iter().map(async |work| {
        let cache = command.cache(&work.lab.subscription).await;
        let mut looked = command.limited(work, look(&cache, &work.ctx.events, &work.lab, &survey_options)).await?;
        let refused = refused::find(&command, &cache, (work, &looked.plan), true).await?;
        refused.iter().for_each(|finding| finding.emit(&work.ctx.events));
        looked.findings.extend(refused);
        Ok(looked)
    }))
    .await;
    if let Some(stopped) =
        looks.iter().filter_map(|look| look.as_ref().err()).find_map(|error| cut_short(&command, error))
    {
        return stopped;
    }
    let mut findings = placed.findings;
    if findings.is_empty() && !placed.rows.is_empty() {
        findings.push(Finding::pass(placement::entry::ID, "no lab is new, and those that exist stay where they are"));
    }
    let listing = placing::listing(&placed.rows);
    findings
        .iter_mut()
        .filter(|one| one.status == CheckStatus::Pass)
        .for_each(|one| one.message = format!("{}\n{listing}", one.message));
    let shared = match looks.iter().all(Result::is_ok) {
        true => shared::survey(&command, looks.iter().flatten().map(|one| &one.plan), &survey_options).await,
        false => Ok(Vec::new()),
    };
    let shared = shared.unwrap_or_else(|error| {
        findings.push(untouchable(&hints::report(&error)));
        Vec::new()
    });
    findings.extend(shared.iter().flat_map(|one| one.findings.iter().cloned()));
    findings.extend(together(&command, looks.iter().map(|look| look.as_ref().ok()), &shared).await);
    findings.extend(match attendees {
        Ok(finding) => finding,
        Err(error) => Some(Finding::skip(attendees::ID, format!("the directory cannot be read: {error}"))),
    });
    findings.extend(match roles {
        Ok(finding) => finding,
        Err(error) => Some(Finding::skip(attendees::ID, format!("the role definitions cannot be read: {error}"))),
    });
    let budget = budget(&command, settings, &looks).await;
    let findings: Vec<Finding> = findings.into_iter().chain(budget).collect();
    findings.iter().for_each(|finding| finding.emit(&session.events));
    let winner = session.sign_in().await.unwrap_or_default();
    let who = session.object_id().await.map(|id| format!(", object id {id}")).unwrap_or_default();
    let sign_in = Finding::pass(SIGN_IN_ID, format!("signed in with {winner}{who}"));
    let mut finished = finish(&command, settings, in_order(sign_in, works, &looks, &findings, &options.place));
    finished.result.placement = placing::shown(&placed.rows);
    finished
}

/// What the check of the budget found; `None` without a budget, or if a lab cannot be planned.
async fn budget(
    command: &Command<'_>,
    settings: &DoctorSettings,
    looks: &[Result<Surveyed, RecipeError>],
) -> Option<Finding> {
    let purse = Purse { spending: Spending::of(settings.labs()), class: settings.labs().whole_class() };
    let plan = |(work, look): (&'_ Work, &'_ Result<Surveyed, RecipeError>)| {
        look.as_ref().ok().map(|surveyed| (work.clone(), surveyed.plan.clone()))
    };
    let planned: Option<Vec<(Work, Plan)>> = command.works.iter().zip(looks).map(plan).collect();
    let planned = planned?;
    let planned: Vec<(&Work, &Plan)> = planned.iter().map(|(work, plan)| (work, plan)).collect();
    let first = planned.first()?.0;
    match command.limited(first, spending::held_against_budget(command, &purse, &planned)).await {
        Ok(finding) => finding,
        Err(error) => Some(Finding::skip(budget::ID, hints::report(&error).message)),
    }
}

/// Ends a run that was interrupted, took too long, or is not signed in after all.
fn cut_short(command: &Command<'_>, error: &RecipeError) -> Option<Finished> {
    let exit = hints::exit_of(error);
    match exit {
        Exit::Interrupted | Exit::TimedOut => Some(command.before_any_lab(hints::report(error), exit)),
        Exit::NotSignedIn => {
            let mut finished = command.before_any_lab(hints::report(error), exit);
            finished.result = without_sign_in(finished.result);
            Some(finished)
        }
        _ => None,
    }
}

/// The result of a run that could not sign in: that is a check too, and no other was made.
pub(crate) fn without_sign_in(result: CommandResult) -> CommandResult {
    let Some(error) = &result.error else { return result };
    let failed = CheckReport {
        id: SIGN_IN_ID,
        lab: None,
        status: CheckStatus::Fail,
        message: error.message.clone(),
        code: Some(error.code.clone()),
        hint: error.hint.clone(),
    };
    let skipped =
        CHECKS.iter().skip(1).map(|(id, _)| Finding::skip(id, "not signed in").check_report(None, &Place::default()));
    let checks = std::iter::once(failed).chain(skipped).collect();
    CommandResult { checks: Some(checks), ..result }
}

/// What passed for other labs, where that is something else: a few are told, many are counted.
fn others_too(first: &str, others: &[&str]) -> String {
    let differing: Vec<&str> = others.iter().copied().filter(|other| *other != first).collect();
    let mut distinct = differing.clone();
    distinct.sort_unstable();
    distinct.dedup();
    match distinct.len() {
        0 => String::new(),
        1 | 2 => format!("; {}", distinct.join("; ")),
        _ => format!("; {} {} too", counted(differing.len(), "more lab"), agreeing(differing.len(), "passes", "pass")),
    }
}

/// What was found, each once if it is the same for all labs, in the order of [`CHECKS`]; what was not looked at is told.
fn in_order(
    sign_in: Finding,
    works: &[Work],
    looks: &[Result<Surveyed, RecipeError>],
    together: &[Finding],
    place: &Place,
) -> Vec<CheckReport> {
    let mut found: Vec<(Option<&str>, Finding)> = vec![(None, sign_in)];
    for (work, look) in works.iter().zip(looks) {
        let findings = match look {
            Ok(surveyed) => surveyed.findings.clone(),
            Err(error) => vec![untouchable(&hints::report(error))],
        };
        found.extend(findings.into_iter().map(|finding| (Some(work.lab.name.as_str()), finding)));
    }
    found.extend(together.iter().map(|finding| (None, finding.clone())));
    let mut reports: Vec<CheckReport> = Vec::new();
    for (id, _) in CHECKS {
        let before = reports.len();
        // A class of forty is not told forty times that all is well.
        let passed: Vec<&(Option<&str>, Finding)> = found
            .iter()
            .filter(|(lab, finding)| finding.id == *id && finding.status == CheckStatus::Pass && lab.is_some())
            .collect();
        if let [(_, first), others @ ..] = passed.as_slice() {
            let mut report = first.check_report(None, place);
            let others: Vec<&str> = others.iter().map(|(_, other)| other.message.as_str()).collect();
            report.message.push_str(&others_too(&first.message, &others));
            reports.push(report);
        }
        let passes = |(lab, finding): &(Option<&str>, Finding)| finding.status == CheckStatus::Pass && lab.is_some();
        for (lab, finding) in found.iter().filter(|one| one.1.id == *id && !passes(one)) {
            let times = found.iter().filter(|(_, other)| other == finding).count();
            let lab = lab.filter(|_| times < works.len() && works.len() > 1);
            let report = finding.check_report(lab, place);
            if !reports.contains(&report) {
                reports.push(report);
            }
        }
        if reports.len() == before {
            let is_blocked =
                reports.iter().any(|report| report.status == CheckStatus::Fail && BLOCKING.contains(&report.id));
            let why = if is_blocked { "not checked, because of what failed" } else { "nothing to check" };
            reports.push(Finding::skip(id, why).check_report(None, place));
        }
    }
    reports
}

/// A lab that cannot be looked at, or whose group is somebody else's.
fn untouchable(error: &ErrorReport) -> Finding {
    Finding {
        status: CheckStatus::Fail,
        code: error.code.clone().into(),
        hint: error.hint.clone().map(Advice::from),
        ..Finding::pass(EXISTING_ID, error.message.clone())
    }
}

fn finish(command: &Command<'_>, settings: &DoctorSettings, checks: Vec<CheckReport>) -> Finished {
    let failed = checks.iter().any(|check| check.status == CheckStatus::Fail);
    let exit = if failed { Exit::Preflight } else { Exit::Done };
    let mut finished = command.close(Vec::new(), exit, |_, _| next(command.options, settings));
    finished.result.labs = None;
    finished.result.checks = Some(checks);
    finished
}

/// What comes after a doctor that found nothing wrong.
fn next(options: &RunOptions, settings: &DoctorSettings) -> Vec<NextStep> {
    let make = if settings.adopt() { FollowUp::take_over() } else { FollowUp::make() };
    vec![NextStep {
        command: options.place.line(&make.on(settings.labs().meant())),
        why: "create what is missing".to_owned(),
    }]
}

/// The subscriptions of the labs, each once.
fn subscriptions_of(works: &[Work]) -> Vec<Azure> {
    let mut all: Vec<Azure> = Vec::new();
    for work in works {
        if all.iter().all(|known| known.subscription() != work.lab.subscription) {
            all.push(work.ctx.azure.clone());
        }
    }
    all
}

/// Registers the resource providers that are not, and waits until they are.
async fn register(session: &Session, azure: &Azure) -> Result<(), AzureError> {
    let (clock, events) = (session.clock(), &session.events);
    for namespace in providers::missing(&providers::read(azure).await?) {
        events.note(Level::Info, format!("registering {namespace}"));
        azure.register_provider(namespace).await?;
    }
    let awake = clock.stopwatch();
    let mut told = String::new();
    loop {
        let looked = awake.elapsed();
        let waiting = providers::waiting(&providers::read(azure).await?);
        if waiting.is_empty() {
            return Ok(());
        }
        if looked > MOST_REGISTRATION {
            return Err(AzureError::TimedOut { what: waiting.join(", "), limit: MOST_REGISTRATION });
        }
        let status = waiting.join(", ");
        if status != told {
            events.note(Level::Info, format!("waiting for {status}"));
            told = status;
        }
        tokio::select! {
            () = clock.sleep(REGISTRATION_POLL) => {}
            () = session.stop.cancelled() => return Err(AzureError::Interrupted),
        }
    }
}
