//! `azlab sandbox scenario`: play one, list and print the ready-made ones, show what is in force.

use std::path::Path;

use super::error::SandboxCommandError;
use crate::config;
use crate::follow_up::{FollowUp, Place, Verb};
use crate::outcome::sandbox::{SandboxOutcome, ScenarioAbout};
use azlab_sandbox::Sandbox;
use azlab_sandbox::scenario::{self, READY_MADE, Scenario};

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(crate) scenario: Option<&'a str>,
    pub(crate) list: bool,
    pub(crate) print: bool,
    pub(crate) schema: bool,
    pub(crate) fresh: bool,
}

/// Does it.
pub(super) fn run(
    asked: &Asked<'_>,
    dir: &Path,
    speed: f64,
    place: &Place,
) -> Result<SandboxOutcome, SandboxCommandError> {
    match asked.scenario {
        _ if asked.list => Ok(list()),
        _ if asked.schema => Ok(SandboxOutcome::Schema(config::schema_of::<Scenario>())),
        None => {
            let list = FollowUp::new(Verb::SandboxScenario).with(["--list"]);
            Ok(SandboxOutcome::InForce { scenario: Sandbox::open(dir, speed)?.scenario()?, list: place.line(&list) })
        }
        Some(name) if asked.print => {
            let text = scenario::ready_made(name).ok_or_else(|| scenario::unknown(name))?;
            Ok(SandboxOutcome::ScenarioText { name: name.to_owned(), text })
        }
        Some(name) => {
            let scenario = Scenario::load(name)?;
            let sandbox = Sandbox::open(dir, speed)?;
            if asked.fresh {
                sandbox.play_fresh(&scenario)?
            } else {
                sandbox.play(&scenario)?
            }
            Ok(played(name, &scenario, place))
        }
    }
}

fn played(name: &str, scenario: &Scenario, place: &Place) -> SandboxOutcome {
    let standard = FollowUp::new(Verb::SandboxScenario).with(["standard"]);
    SandboxOutcome::Played {
        name: name.to_owned(),
        about: scenario.about.clone(),
        rehearsal: scenario.rehearsal().into_iter().map(|line| place.rehearsal(line)).collect(),
        back: (name != "standard").then(|| place.line(&standard)),
    }
}

fn list() -> SandboxOutcome {
    let about = |(name, _): &(&'static str, _)| Some(ScenarioAbout { name, about: Scenario::load(name).ok()?.about });
    SandboxOutcome::Scenarios(READY_MADE.iter().filter_map(about).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_schema_is_that_of_the_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.schema.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let written = serde_json::from_str::<serde_json::Value>(&written).ok();
        assert!(written == Some(config::schema_of::<Scenario>()), "docs/scenario.schema.json is to be written again");
    }
}
