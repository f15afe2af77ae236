//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use futures::future::join_all;

use super::labs::{Command, Ending, Finished, RunOptions, Work};
use super::session::Session;
use crate::outcome::{Exit, LabOutcome, LabState};
use crate::preflight::survey::{Stop, SurveyOptions, survey};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::provision::{Plan, provision};
use crate::report::NextStep;
use crate::settings::ProvisionSettings;

/// The subcommand's name.
pub const COMMAND: &str = "provision";

/// Makes the labs, or finishes them.
pub async fn run(session: &Session, settings: &ProvisionSettings, options: &RunOptions) -> Finished {
    let specs = |subscription: &str| {
        let mut labs = settings.specs(subscription);
        for lab in &mut labs {
            if let Some(ttl) = settings.ttl() {
                lab.expire_after(session.clock().now(), ttl);
            }
        }
        labs
    };
    let command = match Command::begin(COMMAND, session, options, specs).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let works = &command.works;

    // The whole class is looked at before the first write.
    let survey_options =
        SurveyOptions { adopt: settings.adopt(), skip_checks: settings.skip_preflight(), ask: options.ask.clone() };
    let surveys = join_all(works.iter().map(|work| plan(&command, work, &survey_options))).await;
    let outcomes = if surveys.iter().any(Result::is_err) {
        let endings = surveys.into_iter().map(|survey| match survey {
            Ok(plan) => (Some(plan.location), Ending::untouched(plan.is_new)),
            // A question that was answered with Ctrl-C leaves its check failed.
            Err(Stop::Checks(_)) if session.stop.is_cancelled() => (None, Ending::failed(&RecipeError::Interrupted)),
            Err(stop) => (None, Ending::stopped(&stop)),
        });
        let ended = works.iter().zip(endings);
        ended.map(|(work, (location, ending))| command.outcome(work, location.as_deref(), ending)).collect()
    } else {
        let plans: Vec<Plan> = surveys.into_iter().flatten().collect();
        join_all(works.iter().zip(&plans).map(|(work, plan)| make(&command, work, plan))).await
    };
    command.finish(outcomes, |session, labs| next_steps(session, labs, &settings.again()))
}

async fn plan(command: &Command<'_>, work: &Work, options: &SurveyOptions) -> Result<Plan, Stop> {
    let looking = async { Ok(survey(&work.ctx.azure, &work.ctx.events, &work.lab, options).await) };
    command.limited(work, looking).await.unwrap_or_else(|error| Err(Stop::Lab(error)))
}

async fn make(command: &Command<'_>, work: &Work, plan: &Plan) -> (LabOutcome, Exit) {
    let ending = match command.limited(work, provision(&work.ctx, plan)).await {
        Ok(outputs) => Ending::done(LabState::Ready, outputs),
        Err(error) => Ending::failed(&error),
    };
    command.outcome(work, Some(&plan.location), ending)
}

/// Commands that work now, in the order in which people need them.
fn next_steps(session: &Session, labs: &[LabOutcome], same: &str) -> Vec<NextStep> {
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let Some(lab) = labs.first() else { return Vec::new() };
    let away = if labs.len() == 1 { "take the lab away" } else { "take the labs away" };
    if session.is_sandbox {
        return vec![
            step("azlab sandbox show".into(), "see what is in the sandbox"),
            step("azlab sandbox serve".into(), "offer it to other tools"),
            step(format!("azlab teardown --sandbox{same}"), away),
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
        step(format!("azlab teardown{same}"), &format!("{away}, when the workshop is over")),
    ]
}
