//! Each ready-made scenario is rehearsed as its own comment says: the commands that it names end with the exit code that it
//! names, and say what it says.

use azlab_sandbox::scenario::{READY_MADE, Scenario};

use crate::provision::fixture::Azure;

/// A command of a rehearsal, and what is expected of it.
struct Step {
    line: String,
    exit: Option<i32>,
    says: Vec<String>,
}

/// The steps of a scenario's comment.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("#   $ azlab ") {
            steps.push(Step { line: command.replace(" --sandbox", ""), exit: None, says: Vec::new() });
        } else if let Some(exit) = line.strip_prefix("#     exit ") {
            steps.last_mut().expect("a command before its exit code").exit = Some(exit.trim().parse().expect(line));
        } else if let Some(words) = line.strip_prefix("#     says: ") {
            steps.last_mut().expect("a command before its words").says.push(words.trim().to_lowercase());
        }
    }
    steps
}

/// Rehearses a scenario; whatever there is in the sandbox is forgotten first.
async fn rehearse(azure: &Azure, name: &str, text: &str) -> Result<(), String> {
    let scenario = Scenario::load(name).map_err(|error| error.to_string())?;
    azure.sandbox.play_fresh(&scenario).map_err(|error| error.to_string())?;
    let steps = steps(text);
    assert_eq!(steps.len(), scenario.rehearsal().len());
    if steps.is_empty() {
        return Err("it does not say how it is rehearsed".into());
    }
    for Step { line, exit, says } in steps {
        let ran = match line.split_once("--config ") {
            Some((_, rest)) => azure.run_with_file(rest.split(' ').next().unwrap_or_default(), &line).await,
            None => azure.run(&line).await,
        };
        let told = format!(
            "{}\n{}\n{}",
            ran.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect::<Vec<_>>().join("\n"),
            serde_json::to_string(&ran.finished.result).unwrap(),
            ran.told(),
        );
        let lower = told.to_lowercase().replace("\\\"", "\"");
        if Some(ran.exit() as i32) != exit {
            return Err(format!("azlab {line}: exit {:?}, expected {exit:?}\n{told}", ran.exit()));
        }
        if let Some(missing) = says.iter().find(|words| !lower.contains(words.as_str())) {
            return Err(format!("azlab {line}: does not say '{missing}'\n{told}"));
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_ready_made_scenario_goes_as_its_comment_says() {
    let only = std::env::var("AZLAB_TEST_SCENARIO").ok();
    let mut wrong = Vec::new();
    for (name, text) in READY_MADE.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        if let Err(why) = rehearse(&Azure::as_recorded(), name, text).await {
            wrong.push(format!("== {name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One sandbox for all of them, as somebody who tries one after the other has it.
#[tokio::test(start_paused = true)]
async fn every_ready_made_scenario_goes_as_well_after_the_others_when_it_is_fresh() {
    let azure = Azure::as_recorded();
    let mut wrong = Vec::new();
    for (name, text) in READY_MADE {
        if let Err(why) = rehearse(&azure, name, text).await {
            wrong.push(format!("== {name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
