//! Where the run is, for the commands that it recommends.
//!
//! What decides which Azure is meant, or which labs, is repeated whatever said it: a line may be pasted in another terminal.
//! What only decides how that Azure is reached, and where a sandbox's state lies, is repeated if an option said it: the
//! environment and the file say it once more.

use clap::{Args as _, CommandFactory as _};

use super::Settings;
use crate::cli::{Cli, Command, GlobalArgs};
use crate::config::Config;
use crate::follow_up::{Place, Placed, Verb};
use crate::lab::overrides::LabOverrides;
use crate::values::keeping_bytes;

/// Resolves the place of a run that was started with `arguments`, as its options, the environment and `file` say.
pub fn place(cli: &Cli, file: Option<&Config>, arguments: &[String]) -> Place {
    // A file that says what cannot be is refused elsewhere.
    let global = Settings::on_top_of(file, &cli.global).unwrap_or_else(|_| cli.global.clone());
    let of_flags = |options: &[(&'static str, &str)]| -> Vec<Placed> {
        let value = |id: &str| Some(cli.given.typed(id)?.1.first()?.clone());
        options.iter().filter_map(|(option, id)| Some(Placed { option, value: value(id)? })).collect()
    };
    let state = of_flags(&[
        ("--sandbox-dir", "sandbox_dir"),
        ("--sandbox-speed", "sandbox_speed"),
        ("--sandbox-kubernetes", "sandbox_kubernetes"),
    ]);
    if matches!(cli.command, Command::Sandbox(_)) {
        return Place::sandbox(arguments).with_state(state);
    }
    let config = global.config.as_ref().map(|path| ("--config", keeping_bytes(path.as_os_str())));
    let config = config.map(|(option, value)| Placed { option, value });
    let place = if global.sandbox {
        Place::sandbox(arguments).with_state(state)
    } else {
        let how = of_flags(&[("--auth", "auth"), ("--ca-file", "ca_file")]);
        Place::azure(arguments).with_target(azure(&global)).with_target(how)
    };
    let listed: Vec<String> = file.into_iter().flat_map(Config::lab_names).map(str::to_owned).collect();
    let listed = if listed.len() > 1 { listed } else { Vec::new() };
    with_given(place.with_target(config).with_listed_labs(listed), cli)
}

/// Which Azure.
fn azure(global: &GlobalArgs) -> Vec<Placed> {
    [
        ("--subscription", global.subscription.clone()),
        ("--tenant", global.tenant.clone()),
        ("--cloud", global.cloud.map(|cloud| cloud.as_str().to_owned())),
        ("--arm-endpoint", global.arm_endpoint.clone()),
    ]
    .into_iter()
    .filter_map(|(option, value)| Some(Placed { option, value: value? }))
    .collect()
}

/// With the options that say what the labs are. Of `deploy-model` only those that say where: the others are about a
/// deployment beside the lab's own.
fn with_given(place: Place, cli: &Cli) -> Place {
    let about_labs = LabOverrides::augment_args(clap::Command::new("labs"));
    // These ids are the options' names. The group is said with the labs: a tag may have told which lab is in it.
    let ids = about_labs.get_arguments().map(|arg| arg.get_id().as_str()).filter(|id| *id != "resource-group");
    let carried = ids.filter(|id| *id == "account" || !matches!(cli.command, Command::DeployModel(_)));
    let typed: Vec<(&str, Vec<String>)> = carried
        .filter_map(|id| {
            let (option, values) = cli.given.typed(id)?;
            Some((id, std::iter::once(option.to_owned()).chain(values.iter().cloned()).collect()))
        })
        .collect();
    if typed.is_empty() {
        return place;
    }
    let commands = Cli::command();
    let takes = |verb: &Verb, id: &str| {
        let below = |at: &'_ clap::Command, word: &&str| at.find_subcommand(word).cloned();
        let command = verb.words().iter().try_fold(commands.clone(), |at, word| below(&at, word));
        command.is_some_and(|command| command.get_arguments().any(|arg| arg.get_long() == Some(id)))
    };
    typed.into_iter().fold(place, |place, (id, words)| {
        let verbs = Verb::ALL.into_iter().filter(|verb| takes(verb, id)).collect();
        place.with_given(words, verbs)
    })
}
