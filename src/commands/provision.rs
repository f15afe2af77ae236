//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use std::time::Duration;

use futures::future::join_all;

use super::session::Session;
use crate::azure::error::Error as AzureError;
use crate::events::{EventKind, Events, Level};
use crate::hints;
use crate::lab::kind::ResourceKind;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::outcome::{CommandResult, ErrorReport, Exit, LabOutcome, LabState, Outputs, SCHEMA};
use crate::preflight::finding::Finding;
use crate::preflight::survey::{Ask, Stop, SurveyOptions, survey};
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::ledger::Ledger;
use crate::recipe::provision::{Plan, provision};
use crate::report::NextStep;
use crate::settings::ProvisionSettings;

/// The subcommand's name.
pub const COMMAND: &str = "provision";

/// How to run.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// The limit of the whole command, in service time.
    pub timeout: Option<Duration>,
    /// Asks a person.
    pub ask: Option<Ask>,
    /// The command that continues this one.
    pub command_line: String,
}

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// For scripts and people.
    pub result: CommandResult,
    /// What to do next.
    pub next: Vec<NextStep>,
    /// The exit code.
    pub exit: Exit,
}

/// One lab under way.
struct Work {
    lab: LabSpec,
    ctx: Context,
}

/// How a lab's work ended.
struct Ending {
    state: LabState,
    outputs: Outputs,
    error: Option<ErrorReport>,
    exit: Exit,
}

impl Ending {
    fn failed(error: &RecipeError) -> Self {
        let exit = hints::exit_of(error);
        let state = if exit == Exit::Interrupted { LabState::Interrupted } else { LabState::Failed };
        Self { state, outputs: Outputs::default(), error: Some(hints::report(error)), exit }
    }

    fn stopped(stop: &Stop) -> Self {
        match stop {
            Stop::Lab(error) => Self::failed(error),
            Stop::Checks(findings) => Self {
                state: LabState::Failed,
                outputs: Outputs::default(),
                // The others were told as they were found.
                error: findings.first().map(Finding::report),
                exit: Exit::Preflight,
            },
        }
    }
}

/// Makes the labs, or finishes them.
pub async fn run(session: &Session, settings: &ProvisionSettings, options: &RunOptions) -> Finished {
    let (azure, events, clock) = (&session.azure, &session.events, session.clock());
    let credential = match session.sign_in().await {
        Ok(credential) => credential,
        Err(error) => return before_any_lab(session, hints::report_sign_in(&error), Exit::NotSignedIn),
    };
    events.emit(EventKind::RunStarted {
        command: COMMAND,
        sandbox: session.is_sandbox,
        speed: clock.speed(),
        subscription: azure.subscription().to_owned(),
        credential: Some(credential),
    });
    let parents = ParentLocks::default();
    let mut works = Vec::new();
    for mut lab in settings.specs(azure.subscription()) {
        if let Some(ttl) = settings.ttl() {
            lab.expire_after(clock.now(), ttl);
        }
        let ctx = Context::new(azure.clone(), events, parents.clone(), &lab);
        ctx.events.emit(EventKind::LabStarted {
            resource_group: lab.group.clone(),
            location: lab.location.clone().unwrap_or_else(|| DEFAULT_LOCATION.to_owned()),
        });
        works.push(Work { lab, ctx });
    }

    // The whole class is looked at before the first write.
    let survey_options =
        SurveyOptions { adopt: settings.adopt(), skip_checks: settings.skip_preflight(), ask: options.ask.clone() };
    let surveys =
        join_all(works.iter().map(|work| {
            let survey = survey(azure, &work.ctx.events, &work.lab, &survey_options);
            async move {
                limited(session, options, survey).await.unwrap_or_else(|error| Err(Stop::Lab(late(&work.lab, error))))
            }
        }))
        .await;
    let outcomes = if surveys.iter().any(Result::is_err) {
        let endings = surveys.into_iter().map(|survey| match survey {
            Ok(plan) => (plan.location, untouched(plan.is_new)),
            Err(stop) => (String::new(), Ending::stopped(&stop)),
        });
        works.iter().zip(endings).map(|(work, (location, ending))| outcome(session, work, &location, ending)).collect()
    } else {
        let plans: Vec<Plan> = surveys.into_iter().flatten().collect();
        join_all(works.iter().zip(&plans).map(|(work, plan)| make(session, options, work, plan))).await
    };
    finish(session, options, &works, outcomes)
}

/// Runs `work` for what is left of the time limit.
async fn limited<T>(session: &Session, options: &RunOptions, work: impl Future<Output = T>) -> Result<T, Duration> {
    let Some(limit) = options.timeout else { return Ok(work.await) };
    let left = limit.saturating_sub(session.clock().since(session.events.start()));
    session.clock().timeout(left, work).await.map_err(|_| limit)
}

fn late(lab: &LabSpec, limit: Duration) -> RecipeError {
    let error = AzureError::TimedOut { what: format!("the lab {}", lab.name), limit };
    RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
}

/// A lab that could be made, beside one that could not.
fn untouched(is_new: bool) -> Ending {
    let state = if is_new { LabState::Absent } else { LabState::Incomplete };
    Ending { state, outputs: Outputs::default(), error: None, exit: Exit::Done }
}

async fn make(session: &Session, options: &RunOptions, work: &Work, plan: &Plan) -> (LabOutcome, Exit) {
    let made = limited(session, options, provision(&work.ctx, plan)).await;
    let ending = match made.unwrap_or_else(|limit| Err(late(&work.lab, limit))) {
        Ok(outputs) => Ending { state: LabState::Ready, outputs, error: None, exit: Exit::Done },
        Err(error) => Ending::failed(&error),
    };
    outcome(session, work, &plan.location, ending)
}

fn outcome(session: &Session, work: &Work, location: &str, ending: Ending) -> (LabOutcome, Exit) {
    let elapsed_s = session.clock().since(session.events.start()).as_secs_f64();
    work.ctx.events.emit(EventKind::LabFinished { state: ending.state, elapsed_s, error: ending.error.clone() });
    let asked = work.lab.location.as_deref().unwrap_or(DEFAULT_LOCATION);
    let outcome = LabOutcome {
        name: work.lab.name.clone(),
        resource_group: work.lab.group.clone(),
        location: if location.is_empty() { asked } else { location }.to_owned(),
        state: ending.state,
        elapsed_s,
        changes: work.ctx.ledger.changes(),
        outputs: ending.outputs,
        error: ending.error,
    };
    (outcome, ending.exit)
}

/// The exit code of several labs: their own if all that failed agree, else "one or more labs failed".
fn combined(exits: &[Exit]) -> Exit {
    let mut failed = exits.iter().copied().filter(|exit| *exit != Exit::Done);
    match failed.next() {
        None => Exit::Done,
        Some(first) if failed.all(|exit| exit == first) => first,
        Some(_) if exits.contains(&Exit::Interrupted) => Exit::Interrupted,
        Some(_) => Exit::LabFailed,
    }
}

fn finish(session: &Session, options: &RunOptions, works: &[Work], ended: Vec<(LabOutcome, Exit)>) -> Finished {
    let (labs, exits): (Vec<LabOutcome>, Vec<Exit>) = ended.into_iter().unzip();
    let exit = combined(&exits);
    let events = &session.events;
    let continuing: Vec<String> =
        works.iter().flat_map(|work| continuing(&work.ctx.ledger, works.len(), &work.lab)).collect();
    if exit == Exit::Interrupted {
        events.emit(EventKind::Interrupted { continuing, resume: options.command_line.clone() });
    } else if exit != Exit::Done && !continuing.is_empty() {
        let message =
            format!("Azure goes on with:\n  {}\ncontinue with: {}", continuing.join("\n  "), options.command_line);
        events.note(Level::Warning, message);
    }
    let elapsed_s = session.clock().since(events.start()).as_secs_f64();
    let next = if exit == Exit::Done { next_steps(session, &labs) } else { Vec::new() };
    finished_event(events, exit, elapsed_s);
    let result = CommandResult {
        schema: SCHEMA,
        command: COMMAND,
        sandbox: Some(session.is_sandbox),
        subscription: Some(session.azure.subscription().to_owned()),
        elapsed_s: Some(elapsed_s),
        labs: Some(labs),
        requests: Some(session.azure.arm().counts()),
        error: None,
    };
    Finished { result, next, exit }
}

fn continuing(ledger: &Ledger, labs: usize, lab: &LabSpec) -> Vec<String> {
    let all = ledger.continuing();
    if labs == 1 { all } else { all.into_iter().map(|one| format!("{}: {one}", lab.name)).collect() }
}

fn before_any_lab(session: &Session, error: ErrorReport, exit: Exit) -> Finished {
    let elapsed_s = session.clock().since(session.events.start()).as_secs_f64();
    finished_event(&session.events, exit, elapsed_s);
    Finished { result: CommandResult::failed_before_any_lab(COMMAND, error), next: Vec::new(), exit }
}

fn finished_event(events: &Events, exit: Exit, elapsed_s: f64) {
    events.emit(EventKind::RunFinished { exit_code: exit as u8, elapsed_s });
}

/// Commands that work now, in the order in which people need them.
fn next_steps(session: &Session, labs: &[LabOutcome]) -> Vec<NextStep> {
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let Some(lab) = labs.first() else { return Vec::new() };
    if session.is_sandbox {
        return vec![
            step("azlab sandbox show".into(), "see what is in the sandbox"),
            step("azlab sandbox serve --http".into(), "offer it to other tools"),
            step("azlab sandbox reset".into(), "start anew"),
            step("azlab provision".into(), "the same on Azure (after az login)"),
        ];
    }
    let cluster = lab.outputs.cluster.as_deref().unwrap_or("myAKSCluster");
    vec![
        step(
            format!("az aks get-credentials -n {cluster} -g {}", lab.resource_group),
            "connect kubectl to the cluster",
        ),
        step("kubectl get nodes".into(), "see its nodes"),
        step(format!("az group delete -n {}", lab.resource_group), "delete the lab when the workshop is over"),
    ]
}
