//! One command from its arguments to its exit code: resolve, connect, report.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::CommandFactory as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::config::ConfigCommand;
use crate::cli::sandbox::SandboxCommand;
use crate::cli::{Cli, Command};
use crate::commands::runner::{Finished, RunOptions, Show};
use crate::commands::session::{Prepared, Session};
use crate::commands::{
    ask, config, deploy_model, doctor, env, extend, kubeconfig, provision, reset, sandbox, status, stop, sweep,
    teardown, verify,
};
use crate::config::Config;
use crate::events::{Events, Level};
use crate::follow_up::Place;
use crate::outcome::{CommandResult, ErrorReport, Exit, SCHEMA};
use crate::report::{self, Reporter, print_result};
use crate::settings::{
    DeployModelSettings, DoctorSettings, DryRun, EnvSettings, ExtendSettings, KubeconfigSettings, LabSource,
    ProvisionSettings, ResetSettings, Settings, SettingsError, Shown, StatusSettings, SweepSettings, TeardownSettings,
    VerifySettings, config_file, place, sandbox_dir,
};
use crate::values::{Environment, Output, Progress, ReportOptions};

/// Runs the command; everything that goes wrong has been told when it returns.
pub fn run(cli: &Cli, arguments: &[String]) -> Exit {
    let resolved = file(cli).and_then(|file| {
        let place = place(cli, file.as_deref(), arguments);
        Settings::resolve(cli, file.as_deref(), Environment::from_process(), place).map(|settings| (file, settings))
    });
    let (file, settings) = match resolved {
        Ok(resolved) => resolved,
        Err(error) => return usage(cli, Err(&place(cli, None, arguments)), &error),
    };
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let labs = match LabSource::resolve(&cli.global, file) {
        Ok(labs) => labs.made_by(user),
        Err(error) => return usage(cli, Ok(&settings), &error),
    };
    let done = match &cli.command {
        Command::Completions { shell } => print_completions(*shell),
        Command::Man => print_manual(),
        Command::Provision(args) => {
            let looks = |what: &ProvisionSettings| what.apply().dry_run != DryRun::Off;
            start(cli, &settings, ProvisionSettings::resolve(args, &labs), looks, provision::run)
        }
        Command::Doctor(args) => {
            start(cli, &settings, DoctorSettings::resolve(args, &labs), |what| !what.fix(), doctor::run)
        }
        Command::DeployModel(args) => {
            let looks = |what: &DeployModelSettings| what.dry_run() != DryRun::Off;
            start(cli, &settings, DeployModelSettings::resolve(args, &labs), looks, deploy_model::run)
        }
        Command::Status(args) => start(cli, &settings, StatusSettings::resolve(args, &labs), |_| true, status::run),
        Command::Reset(args) => {
            let looks = |what: &ResetSettings| what.apply().dry_run != DryRun::Off;
            start(cli, &settings, ResetSettings::resolve(args, &labs), looks, reset::run)
        }
        Command::Teardown(args) => {
            let looks = |what: &TeardownSettings| what.dry_run() != DryRun::Off;
            start(cli, &settings, TeardownSettings::resolve(args, &labs), looks, teardown::run)
        }
        Command::Extend(args) => start(cli, &settings, ExtendSettings::resolve(args, &labs), |_| false, extend::run),
        Command::Sweep(args) => {
            start(cli, &settings, SweepSettings::resolve(args, &labs), |what| what.dry_run() != DryRun::Off, sweep::run)
        }
        Command::Verify(args) => start(cli, &settings, VerifySettings::resolve(args, &labs), |_| true, verify::run),
        Command::Env(args) => {
            let in_github = std::env::var_os("GITHUB_ACTIONS").is_some();
            start(cli, &settings, EnvSettings::resolve(args, &labs, in_github), |_| true, env::run)
        }
        Command::Kubeconfig(args) => {
            let (variable, home) = (std::env::var_os("KUBECONFIG"), std::env::home_dir());
            let resolved = KubeconfigSettings::resolve(args, &labs, variable.as_deref(), home.as_deref());
            start(cli, &settings, resolved, |_| true, kubeconfig::run)
        }
        Command::Config(args) => match run_config(cli, &settings, &args.command, &labs) {
            Ok(done) => done,
            Err(error) => return usage(cli, Ok(&settings), &error),
        },
        Command::Sandbox(args) => match sandbox_dir(&cli.global) {
            Ok(dir) => on_runtime(run_sandbox(cli, &settings, &args.command, &dir)),
            Err(error) => return usage(cli, Ok(&settings), &error),
        },
    };
    done.unwrap_or_else(|error| {
        let report = ErrorReport::new("InternalError", format!("{error:#}"));
        fail(&settings, command_name(cli), report, Exit::Internal)
    })
}

/// The file that says what the labs are, for the commands that go by it: a broken one is no hindrance to writing another.
fn file(cli: &Cli) -> Result<Option<Arc<Config>>, SettingsError> {
    match &cli.command {
        Command::Completions { .. } | Command::Man | Command::Sandbox(_) => return Ok(None),
        Command::Config(args) if !matches!(args.command, ConfigCommand::Show(_)) => return Ok(None),
        _ => {}
    }
    // Without a current directory there is none to look in.
    config_file(&cli.global, &std::env::current_dir().unwrap_or_default())
}

/// Runs a command on labs with the settings that were resolved for it; `looks` tells whether it only looks.
fn start<S>(
    cli: &Cli,
    settings: &Settings,
    resolved: Result<S, SettingsError>,
    looks: impl Fn(&S) -> bool,
    command: impl AsyncFnOnce(&Session, &S, &RunOptions) -> Finished,
) -> anyhow::Result<Exit> {
    match resolved {
        Ok(what) => {
            let quiet = settings.quiet_if(looks(&what));
            let work = async |session: &Session, options: &RunOptions| command(session, &what, options).await;
            on_runtime(run_on_labs(&quiet, command_name(cli), work))
        }
        Err(error) => Ok(usage(cli, Ok(settings), &error)),
    }
}

/// Tells what clap has to say: help and version on stdout, a refused command line on stderr, and to scripts as JSON.
pub fn refused(error: &clap::Error, arguments: &[String]) -> Exit {
    // Where it cannot be printed there is nowhere to say so.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if wants_json(arguments) {
        let text = error.render().to_string();
        let message = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ").trim();
        let commands = Cli::command();
        let known = |word: &String| commands.find_subcommand(word).map(clap::Command::get_name);
        let report = ErrorReport::new("InvalidArgument", message).hint("azlab --help");
        let object =
            json!({"schema": SCHEMA, "command": arguments.iter().find_map(known).unwrap_or("azlab"), "error": report});
        // As above.
        let _ = print(&format!("{object}\n"));
    }
    Exit::Usage
}

/// Whether a command line that clap refused asks for JSON.
fn wants_json(arguments: &[String]) -> bool {
    let given = arguments.iter().enumerate().rev().find_map(|(index, word)| match word.as_str() {
        "-o" | "--output" => arguments.get(index + 1).cloned(),
        word => {
            let value = word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o"))?;
            Some(value.trim_start_matches('=').to_owned())
        }
    });
    given.or_else(|| std::env::var("AZLAB_OUTPUT").ok()).as_deref() == Some("json")
}

/// One thread: a lab is waiting, not computing.
fn on_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the asynchronous runtime cannot start")?.block_on(work)
}

/// Connects, reports what `command` does, and prints its result.
async fn run_on_labs(
    settings: &Settings,
    name: &'static str,
    command: impl AsyncFnOnce(&Session, &RunOptions) -> Finished,
) -> anyhow::Result<Exit> {
    let prepared = match Prepared::new(&settings.target) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(fail(settings, name, error.report(&settings.place), error.exit())),
    };
    let reporter = match Reporter::new(&settings.report, prepared.clock) {
        Ok(reporter) => reporter,
        Err(error) => {
            let report = ErrorReport::new("CannotWriteFile", error.to_string());
            return Ok(fail(settings, name, report, Exit::Usage));
        }
    };
    let cancel = CancellationToken::new();
    stop::on_signals(cancel.clone());
    let (session, events) = match prepared.begin(cancel) {
        Ok(begun) => begun,
        Err(error) => return Ok(fail(settings, name, error.report(&settings.place), error.exit())),
    };
    let reporter = tokio::spawn(reporter.run(events));
    tokio::spawn(tell_of_stop(session.stop.clone(), session.events.clone()));
    let options = RunOptions {
        timeout: settings.timeout,
        ask: settings.interactive.then(|| ask::on_terminal(session.stop.clone())),
        confirm: settings.interactive.then(|| ask::confirm_on_terminal(session.stop.clone())),
        yes: settings.yes,
        place: settings.place.clone(),
        file: settings.file.clone(),
        show: Some(shower(settings)),
    };
    let finished = command(&session, &options).await;
    drop(session);
    // It ends with the last event; should it have failed, the result is printed all the same.
    let reported = reporter.await;
    tell_masks(&finished)?;
    if !finished.shown {
        print_result(&finished.result, &finished.next, settings.output, &settings.report)
            .context("the result cannot be written")?;
    }
    print_data(&finished, settings)?;
    reported.context("the display of progress broke off")?;
    Ok(finished.exit)
}

/// Tells a runner of GitHub Actions which texts to mask, before anything can print them.
fn tell_masks(finished: &Finished) -> anyhow::Result<()> {
    let Some(masks) = &finished.masks else { return Ok(()) };
    std::io::stderr().write_all(masks.reveal().as_bytes()).context("stderr cannot be written")
}

/// Prints what a program is to read. On a terminal it is read by people, so `--hide-ids` holds there; a program that got
/// masked ids would only fail later.
fn print_data(finished: &Finished, settings: &Settings) -> anyhow::Result<()> {
    match &finished.data {
        Some(data) if settings.report.stdout_is_data => {
            print(&report::to_be_used(&settings.report, data.reveal(), settings.report.stdout_is_terminal))
        }
        _ => Ok(()),
    }
}

/// Shows a result where the one before it stood, on a terminal; else below it.
fn shower(settings: &Settings) -> Show {
    let (output, report) = (settings.output, settings.report.clone());
    Arc::new(move |finished| {
        if output == Output::Text && report.stdout_is_terminal {
            // A terminal that cannot be cleared scrolls.
            drop(console::Term::stdout().clear_screen());
        }
        // Whoever reads has gone, or the end of the command tells.
        drop(print_result(&finished.result, &finished.next, output, &report));
    })
}

/// Says at once that Ctrl-C was heard: a write under way is not cut off, and may take some seconds.
async fn tell_of_stop(stop: CancellationToken, events: Events) {
    stop.cancelled().await;
    events.note(Level::Info, "stopping: what has been sent is finished (Ctrl-C again ends at once)");
}

async fn run_sandbox(
    cli: &Cli,
    settings: &Settings,
    command: &SandboxCommand,
    dir: &std::path::Path,
) -> anyhow::Result<Exit> {
    let cancel = CancellationToken::new();
    stop::on_signals(cancel.clone());
    let report = settings.quiet_if(true).report.for_a_server();
    let unused = cli.given.flags(sandbox::without_meaning(command));
    let mut warning = (!unused.is_empty()).then(|| format!("ignored, as it means nothing here: {}", unused.join(", ")));
    if !matches!(command, SandboxCommand::Serve { .. })
        && let Some(warning) = warning.take_if(|_| report.verbosity >= 0)
    {
        // Where stderr is gone there is nowhere to say so.
        drop(writeln!(std::io::stderr(), "warning: {warning}"));
    }
    // Seen while it serves; a broken pipe does not stop the server. Text for people goes to stderr like all progress, but
    // not among lines of JSON.
    let mut say = |text: &str| match settings.output {
        Output::Text if report.verbosity < 0 => {}
        Output::Text if report.progress != Progress::Json => {
            drop(std::io::stderr().write_all(report::to_be_used(&report, text, report.is_terminal).as_bytes()));
        }
        Output::Text | Output::Json => drop(print(&report::to_be_used(&report, text, report.stdout_is_terminal))),
    };
    let mut reporting = None;
    let mut begin = |clock| {
        let reporter = Reporter::new(&report, clock)?;
        let (events, receiver) = Events::channel(clock);
        reporting = Some(tokio::spawn(reporter.run(receiver)));
        Ok(events)
    };
    let telling = sandbox::Telling { say: &mut say, begin: &mut begin, warning, place: &settings.place };
    let ended = sandbox::run(command, dir, cli.global.sandbox_speed, settings.output, cancel, telling).await;
    if let Some(reporting) = reporting {
        reporting.await.context("the display of progress broke off")?;
    }
    match ended {
        Ok(printed) if printed.is_secret => print(&printed.text).map(|()| Exit::Done),
        Ok(printed) => print(&report::clean(&settings.report, printed.text)).map(|()| Exit::Done),
        Err(error) => Ok(fail(settings, sandbox::COMMAND, error.report(&settings.place), error.exit())),
    }
}

fn run_config(
    cli: &Cli,
    settings: &Settings,
    command: &ConfigCommand,
    labs: &LabSource,
) -> Result<anyhow::Result<Exit>, SettingsError> {
    let text = match command {
        ConfigCommand::Init { file, force } => {
            let file = file.as_ref().or(cli.global.config.as_ref());
            match config::init(file.map(PathBuf::as_path), *force, settings.output, &settings.place) {
                Ok(text) => text,
                Err(error) => return Ok(Ok(fail(settings, config::COMMAND, error, Exit::Usage))),
            }
        }
        ConfigCommand::Show(args) => {
            config::show(&Shown::resolve(cli, args, settings, labs)?, settings.output, &settings.place)
        }
        ConfigCommand::Schema => config::schema(settings.output),
    };
    Ok(print(&report::clean(&settings.report, text)).map(|()| Exit::Done))
}

fn print_completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "azlab", &mut script);
    print(&String::from_utf8_lossy(&script)).map(|()| Exit::Done)
}

fn print_manual() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).context("the manual page cannot be made")?;
    print(&String::from_utf8_lossy(&page)).map(|()| Exit::Done)
}

/// Writes to stdout; a reader that has gone has read enough.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("stdout cannot be written"),
        _ => Ok(()),
    }
}

/// Tells an error that came before any lab, in the form that was asked for.
fn fail(settings: &Settings, command: &'static str, error: ErrorReport, exit: Exit) -> Exit {
    let mut result = CommandResult::failed_before_any_lab(command, error);
    if command == doctor::COMMAND && exit == Exit::NotSignedIn {
        result = doctor::without_sign_in(result);
    }
    match print_result(&result, &[], settings.output, &settings.report) {
        Ok(()) => exit,
        Err(_) => Exit::Internal,
    }
}

/// Tells wrong usage, with the settings of the run or, if they could not be resolved, with its place.
fn usage(cli: &Cli, settings: Result<&Settings, &Place>, error: &SettingsError) -> Exit {
    let place = settings.map_or_else(|place| place, |settings| &settings.place);
    let hint = match error {
        SettingsError::Name(error) => error.suggestion.as_ref().map(|name| format!("such as: {name}")),
        SettingsError::Config(error) => Some(error.hint().at(place)),
        SettingsError::Labs { hint, .. } => Some(hint.at(place)),
        _ => None,
    };
    let code = if matches!(error, SettingsError::Config(_)) { "InvalidConfig" } else { "InvalidArgument" };
    let report = ErrorReport { hint, ..ErrorReport::new(code, error.to_string()) };
    match settings {
        Ok(settings) => fail(settings, command_name(cli), report, Exit::Usage),
        Err(_) => {
            let result = CommandResult::failed_before_any_lab(command_name(cli), report);
            // Without settings there are no display options; the defaults are plain. Where it cannot be printed there is
            // nowhere to say so.
            drop(print_result(&result, &[], cli.global.output, &ReportOptions::default()));
            Exit::Usage
        }
    }
}

fn command_name(cli: &Cli) -> &'static str {
    match &cli.command {
        Command::Provision(_) => provision::COMMAND,
        Command::Doctor(_) => doctor::COMMAND,
        Command::DeployModel(_) => deploy_model::COMMAND,
        Command::Status(_) => status::COMMAND,
        Command::Reset(_) => reset::COMMAND,
        Command::Teardown(_) => teardown::COMMAND,
        Command::Extend(_) => extend::COMMAND,
        Command::Sweep(_) => sweep::COMMAND,
        Command::Verify(_) => verify::COMMAND,
        Command::Env(_) => env::COMMAND,
        Command::Kubeconfig(_) => kubeconfig::COMMAND,
        Command::Config(_) => config::COMMAND,
        Command::Sandbox(_) => sandbox::COMMAND,
        Command::Completions { .. } => "completions",
        Command::Man => "man",
    }
}
