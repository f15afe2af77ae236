//! `azlab kubeconfig`: merges the credentials of labs' clusters into a kubeconfig.

use std::path::{Path, PathBuf};

use futures::future::join_all;

use super::find::{self, Which};
use super::finished::Finished;
use super::lab_cluster;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::azure::lro::Status;
use crate::cli::kubeconfig::KubeconfigArgs;
use crate::events::Level;
use crate::follow_up::FollowUp;
use crate::kubeconfig::file::{self, FileError};
use crate::kubeconfig::{Credentials, Document};
use crate::lab::names;
use crate::lab::spec::LabSpec;
use crate::outcome::NextStep;
use crate::outcome::{Details, ErrorReport, Exit, KubeconfigEntry, LabOutcome, LabState, Outputs};
use crate::recipe::cluster;
use crate::recipe::error::Error as RecipeError;
use crate::settings::{KubeconfigSettings, LabSource, SettingsError};
use crate::values::{ResourceKind, Secret, Surroundings, shell_path, shell_word};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "kubeconfig";

impl Subcommand for KubeconfigSettings {
    type Args = KubeconfigArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &KubeconfigArgs, labs: &LabSource, around: &Surroundings) -> Result<Self, SettingsError> {
        let variable = around.environment.path("KUBECONFIG");
        Self::resolve(args, labs, variable.as_deref().map(Path::as_os_str), around.home.as_deref())
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Credentials, and where their cluster is.
struct Fetched {
    credentials: Credentials,
    location: Option<String>,
}

/// Merges, or prints.
pub async fn run(session: &Session, settings: &KubeconfigSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let path = settings.candidates().and_then(file::choose);
    // Before anybody's credentials are asked for.
    if let Some(Err(error)) = path.as_deref().map(file::check) {
        return refused(&command, &error);
    }
    let mut fetched = join_all(command.works.iter().map(|work| fetch(&command, settings, work))).await;
    tell_apart(&command, &mut fetched);
    let credentials: Vec<Credentials> = fetched.iter().flatten().map(|one| one.credentials.clone()).collect();
    let data = match &path {
        _ if credentials.is_empty() => None,
        None => match print(&credentials, settings) {
            Ok(text) => Some(text),
            Err(report) => return command.before_any_lab(report, Exit::Internal),
        },
        Some(path) => match write(&command, path, &credentials, settings).await {
            Ok(()) => None,
            Err(error) => return refused(&command, &error),
        },
    };
    let mut is_first = settings.switch();
    let mut ended = Vec::new();
    for (work, fetched) in command.works.iter().zip(fetched) {
        ended.push(match fetched {
            Ok(one) => {
                warn_of_program(work, &one.credentials);
                let ending = merged(work, &one.credentials, path.as_deref(), std::mem::take(&mut is_first));
                command.outcome(work, one.location.as_deref(), ending)
            }
            Err(ending) => command.outcome(work, None, *ending),
        });
    }
    let finished = command.finish(ended, |session, labs| next_steps(labs, settings, session.is_sandbox));
    Finished { data, ..finished }
}

async fn fetch(command: &Command<'_>, settings: &KubeconfigSettings, work: &Work) -> Result<Fetched, Box<Ending>> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let name = &lab.cluster.name;
    let of_cluster = |error| RecipeError::azure(ResourceKind::Cluster, name, &lab.cluster_id(), error);
    let failed = |error: RecipeError| Box::new(Ending::failed(&error));
    let found = lab_cluster::find(command, work).await?;
    let properties = found.properties.as_ref();
    let state = properties.and_then(|properties| properties.provisioning_state.as_deref());
    if matches!(Status::read(state), Status::Failed | Status::Canceled) {
        let repair = command.line(FollowUp::repair(), work);
        let message = format!("the cluster {name} has failed, and may not answer; repair it: {repair}");
        work.ctx.events.note(Level::Warning, message);
    }
    if cluster::is_stopped(&found) {
        let start = command.line(FollowUp::repair(), work);
        let message = format!("the cluster {name} is stopped, and does not answer; start it: {start}");
        work.ctx.events.note(Level::Warning, message);
    }
    let is_without_admin = properties.is_some_and(|properties| properties.disable_local_accounts == Some(true));
    if settings.admin() && is_without_admin {
        return Err(Box::new(no_administrator(lab)));
    }
    let ask = async { azure.cluster_kubeconfig(&lab.group, name, settings.admin()).await.map_err(of_cluster) };
    let text = match command.limited(work, ask).await {
        Err(error) if settings.admin() && is_about_local_accounts(&error) => {
            return Err(Box::new(no_administrator(lab)));
        }
        asked => asked.map_err(failed)?,
    };
    let credentials = Credentials::read(text.reveal()).map_err(|error| {
        let problem = error.to_string();
        failed(of_cluster(crate::azure::error::Error::Answer { resource: name.clone(), problem }))
    })?;
    let credentials = match settings.context() {
        Some(context) => credentials.renamed(context),
        None => credentials,
    };
    Ok(Fetched { credentials, location: names::location(&found.tracked_resource.location).ok() })
}

/// The cluster has no administrator of its own: who works on it signs in with Entra ID.
fn no_administrator(lab: &LabSpec) -> Ending {
    let report = ErrorReport {
        resource: Some(lab.cluster_id()),
        ..ErrorReport::new(
            "LocalAccountsDisabled",
            format!(
                "the cluster {} has its local accounts turned off, and with them the administrator's",
                lab.cluster.name
            ),
        )
        .hint("leave out --admin: the user's kubeconfig signs in with Entra ID")
    };
    Ending::refused(LabState::Ready, report, Exit::LabFailed)
}

/// Whether AKS refuses static credentials; the code, `BadRequest`, says nothing.
fn is_about_local_accounts(error: &RecipeError) -> bool {
    let RecipeError::Azure { source, .. } = error else { return false };
    source.service().is_some_and(|error| {
        let message = error.message().to_ascii_lowercase();
        error.status.is_client_error() && message.contains("disable") && message.contains("local account")
    })
}

/// Labs have clusters of the same name: in one kubeconfig, each such gets its lab's name behind it.
fn tell_apart(command: &Command<'_>, fetched: &mut [Result<Fetched, Box<Ending>>]) {
    let names: Vec<String> = fetched.iter().flatten().map(|one| one.credentials.cluster().to_owned()).collect();
    for (work, one) in command.works.iter().zip(fetched) {
        let Ok(one) = one else { continue };
        let name = one.credentials.cluster().to_owned();
        if names.iter().filter(|other| **other == name).count() > 1 {
            one.credentials = one.credentials.clone().renamed(&format!("{name}-{}", work.lab.name));
        }
    }
}

fn merge(
    document: &mut Document,
    credentials: &[Credentials],
    settings: &KubeconfigSettings,
) -> Result<(), Vec<crate::kubeconfig::Conflict>> {
    document.merge(credentials, settings.overwrite())?;
    if let Some(first) = credentials.first().filter(|_| settings.switch()) {
        document.switch_to(first.context());
    }
    Ok(())
}

fn print(credentials: &[Credentials], settings: &KubeconfigSettings) -> Result<Secret, ErrorReport> {
    let mut document = Document::default();
    let internal = |problem: String| ErrorReport::new("InternalError", problem);
    merge(&mut document, credentials, settings)
        .map_err(|conflicts| internal(format!("two labs have the same entry {:?}", conflicts.first())))?;
    document.to_yaml().map_err(|error| internal(error.to_string()))
}

async fn write(
    command: &Command<'_>,
    path: &Path,
    credentials: &[Credentials],
    settings: &KubeconfigSettings,
) -> Result<(), FileError> {
    // Who overwrites knows of the others.
    let candidates = settings.candidates().filter(|_| !settings.overwrite()).unwrap_or_default();
    let behind = file::behind(candidates, path);
    let beside = |one: &Credentials| one.clone().beside(behind.iter().map(|(_, document)| document));
    let credentials: Vec<Credentials> = credentials.iter().map(beside).collect();
    let written = file::update(path, &behind, |document| merge(document, &credentials, settings)).await?;
    let note = |message: String| command.session.events.note(Level::Warning, message);
    if written.tightened {
        note(format!("{} could be read by others; now only its owner can", path.display()));
    }
    if written.lost_comments {
        note(format!("the comments in {} are lost: the file is written without them", path.display()));
    }
    Ok(())
}

fn refused(command: &Command<'_>, error: &FileError) -> Finished {
    let (code, hint) = match error {
        FileError::Unusable { .. } => ("CannotWriteFile", "correct that, or name another file with --file".to_owned()),
        FileError::Malformed { path, .. } => (
            "InvalidKubeconfig",
            format!(
                "nothing was changed: look at {} (kubectl config view), or name another file with --file",
                path.display()
            ),
        ),
        FileError::Locked { lock } => (
            "KubeconfigLocked",
            format!("run the command again; if no other program is writing: rm {}", shell_path(lock)),
        ),
        FileError::Hides { .. } => (
            "KubeconfigConflict",
            format!(
                "nothing was changed: keep both with --context NAME, name one file with --file, or hide the others: {}",
                command.options.place.again(&["--overwrite"])
            ),
        ),
        FileError::Conflicts { .. } => (
            "KubeconfigConflict",
            format!(
                "nothing was changed: replace them, or keep both with --context NAME: {}",
                command.options.place.again(&["--overwrite"])
            ),
        ),
    };
    let report = ErrorReport {
        retryable: matches!(error, FileError::Locked { .. }),
        ..ErrorReport::new(code, error.to_string()).hint(hint)
    };
    command.before_any_lab(report, Exit::Usage)
}

fn warn_of_program(work: &Work, credentials: &Credentials) {
    let Some(program) = credentials.program() else { return };
    if !is_on_path(program) {
        let how = if program == "kubelogin" { ": az aks install-cli" } else { "" };
        let message = format!("kubectl signs in with {program}, which is not on the PATH; install it{how}");
        work.ctx.events.note(Level::Warning, message);
    }
}

fn is_on_path(program: &str) -> bool {
    let found = |folder: PathBuf| ["", ".exe"].iter().any(|end| folder.join(format!("{program}{end}")).is_file());
    Path::new(program).is_absolute() && Path::new(program).is_file()
        || std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(found))
}

fn merged(work: &Work, credentials: &Credentials, path: Option<&Path>, is_current: bool) -> Ending {
    let entry = KubeconfigEntry {
        file: path.map(|path| path.display().to_string()),
        context: credentials.context().to_owned(),
        cluster: credentials.cluster().to_owned(),
        user: credentials.user().to_owned(),
        current: is_current,
        is_local: credentials.is_local(),
    };
    let outputs = Outputs { cluster: Some(work.lab.cluster.name.clone()), ..Outputs::default() };
    let details = Details { kubeconfig: Some(entry), ..Details::default() };
    Ending { details, ..Ending::done(LabState::Ready, outputs) }
}

fn next_steps(labs: &[LabOutcome], settings: &KubeconfigSettings, is_sandbox: bool) -> Vec<NextStep> {
    let Some(entry) = labs.iter().find_map(|lab| lab.details.kubeconfig.as_ref()) else { return Vec::new() };
    let mut command = "kubectl".to_owned();
    if let (Some(_), Some([only])) = (&entry.file, settings.candidates())
        && !only.ends_with(".kube/config")
    {
        command.push_str(&format!(" --kubeconfig {}", shell_path(only)));
    }
    if !entry.current {
        command.push_str(&format!(" --context {}", shell_word(&entry.context)));
    }
    // In process the sandbox's clusters have no address that kubectl could reach, unless another process serves them.
    let (what, why) = match is_sandbox && !entry.is_local {
        true => {
            ("config view --minify", "see what was written (kubectl reaches the clusters of a served sandbox alone)")
        }
        false => ("get nodes", "check that the cluster answers"),
    };
    vec![NextStep { command: format!("{command} {what}"), why: why.into() }]
}
