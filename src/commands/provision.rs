//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use futures::future::join_all;

use super::labs::{Command, Ending, Finished, RunOptions, Work};
use super::session::Session;
use crate::events::CheckStatus;
use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::outcome::{Exit, LabOutcome, LabState};
use crate::preflight::class;
use crate::preflight::demand::Demand;
use crate::preflight::finding::Finding;
use crate::preflight::ground::Ground;
use crate::preflight::survey::{Stop, SurveyOptions, Surveyed, survey};
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
    let survey_options = SurveyOptions {
        adopt: settings.adopt(),
        skip_checks: settings.skip_preflight(),
        ask: options.ask.clone(),
        thorough: false,
    };
    let ground = Ground::new(session.azure.clone(), session.object_id().await);
    let surveys = join_all(works.iter().map(|work| plan(&command, &ground, work, &survey_options))).await;
    let together = whole_class(&command, &ground, &surveys).await;
    let failed: Vec<Finding> = together.into_iter().filter(|finding| finding.status == CheckStatus::Fail).collect();
    if !failed.is_empty() && !settings.skip_preflight() && surveys.iter().all(Result::is_ok) {
        let untouched = surveys.into_iter().flatten().zip(works).map(|(surveyed, work)| {
            let Plan { location, is_new, .. } = surveyed.plan;
            command.outcome(work, Some(&location), Ending::untouched(is_new)).0
        });
        return command.refused(untouched.collect(), &failed);
    }
    let outcomes = if surveys.iter().any(Result::is_err) {
        let endings = surveys.into_iter().map(|survey| match survey {
            Ok(Surveyed { plan, .. }) => (Some(plan.location), Ending::untouched(plan.is_new)),
            // A question that was answered with Ctrl-C leaves its check failed.
            Err(Stop::Checks(_)) if session.stop.is_cancelled() => (None, Ending::failed(&RecipeError::Interrupted)),
            Err(stop) => (None, Ending::stopped(&stop)),
        });
        let ended = works.iter().zip(endings);
        ended.map(|(work, (location, ending))| command.outcome(work, location.as_deref(), ending)).collect()
    } else {
        let plans: Vec<Plan> = surveys.into_iter().flatten().map(|surveyed| surveyed.plan).collect();
        join_all(works.iter().zip(&plans).map(|(work, plan)| make(&command, work, plan))).await
    };
    command.finish(outcomes, next_steps)
}

async fn plan(command: &Command<'_>, ground: &Ground, work: &Work, options: &SurveyOptions) -> Result<Surveyed, Stop> {
    let looking = async { Ok(survey(ground, &work.ctx.events, &work.lab, options).await) };
    command.limited(work, looking).await.unwrap_or_else(|error| Err(Stop::Lab(error)))
}

/// Checks what the labs that can be made take together.
async fn whole_class(command: &Command<'_>, ground: &Ground, surveys: &[Result<Surveyed, Stop>]) -> Vec<Finding> {
    let labs: Vec<(&str, &Demand)> = command
        .works
        .iter()
        .zip(surveys)
        .filter_map(|(work, survey)| Some((work.lab.name.as_str(), &survey.as_ref().ok()?.demand)))
        .collect();
    let findings = class::check(ground, &labs).await;
    findings.iter().for_each(|finding| finding.emit(&command.session.events));
    findings
}

async fn make(command: &Command<'_>, work: &Work, plan: &Plan) -> (LabOutcome, Exit) {
    let ending = match command.limited(work, provision(&work.ctx, plan)).await {
        Ok(outputs) => Ending::done(LabState::Ready, outputs),
        Err(error) => Ending::failed(&error),
    };
    command.outcome(work, Some(&plan.location), ending)
}

/// Commands that work now, in the order in which people need them.
fn next_steps(session: &Session, labs: &[LabOutcome]) -> Vec<NextStep> {
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let Some(lab) = labs.first() else { return Vec::new() };
    if session.is_sandbox {
        return vec![
            step("azlab sandbox show".into(), "see what is in the sandbox"),
            step("azlab sandbox serve".into(), "offer it to other tools"),
            step(teardown(lab, " --sandbox"), "take the lab away again"),
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
        step(teardown(lab, ""), "take the lab away when the workshop is over"),
    ]
}

fn teardown(lab: &LabOutcome, target: &str) -> String {
    let mut command = format!("azlab teardown{target}");
    if lab.name != DEFAULT_LAB {
        command.push_str(&format!(" --lab {}", lab.name));
    }
    if lab.resource_group != LabSpec::workshop(&lab.name, "").group {
        command.push_str(&format!(" --resource-group {}", lab.resource_group));
    }
    command
}
