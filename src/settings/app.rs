//! The options of `app`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::app::{AppArgs, AppCommand, AppLogsArgs, AppWriteArgs};
use crate::cli::lab::LabModelArgs;
use crate::lab::chapter::{AppAuth, Chapter};

/// What `app` needs to know.
#[derive(Clone, Debug)]
pub struct AppSettings {
    labs: LabSource,
    doing: AppDoing,
    names_deployment: bool,
}

/// What is done with the application.
#[derive(Clone, Debug)]
pub(crate) enum AppDoing {
    /// `deploy`
    Deploy(AppWriting),
    /// `connect`
    Connect(AppAuth, AppWriting),
    /// `status`: the real time between two looks, if it looks again and again; whether the exit code says that something is not ready
    Status(Option<Duration>, bool),
    /// `url`: how long it waits for the address
    Url(Duration),
    /// `logs`
    Logs(LogsAsked),
    /// `remove`
    Remove(DryRun),
    /// `goto`
    Goto(Chapter, AppWriting),
}

/// How objects are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AppWriting {
    /// Whether it only tells.
    pub(crate) dry_run: DryRun,
    /// What others have made or changed is taken over.
    pub(crate) force: bool,
    /// It waits until the application takes requests.
    pub(crate) waits: bool,
}

/// Which log.
#[derive(Clone, Debug)]
pub(crate) struct LogsAsked {
    /// Of which workload.
    pub(crate) name: String,
    /// And what is written from now on.
    pub(crate) follow: bool,
    /// Of before the last restart.
    pub(crate) previous: bool,
    /// So many lines of each Pod.
    pub(crate) tail: Option<u32>,
    /// Nothing older than that.
    pub(crate) since: Option<Duration>,
}

/// What the file says of the application.
#[derive(Clone, Debug, Default)]
pub(crate) struct OtherParts {
    /// Images by container, each with where that stands.
    pub(crate) images: BTreeMap<String, (String, String)>,
    /// The folder of manifests in the place of azlab's own, as messages call it.
    pub(crate) manifests: Option<PathBuf>,
}

impl OtherParts {
    /// What the file of `labs` says.
    pub(crate) fn of(labs: &LabSource) -> Self {
        let Some(file) = labs.file() else { return Self::default() };
        let Some(app) = &file.file().app else { return Self::default() };
        let place = |name: &str| file.place(&format!("app.images.{name}")).unwrap_or_default();
        let images = app.images.iter().flatten();
        let folder =
            |path: &String| file.path().parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        Self {
            images: images.map(|(name, image)| (name.clone(), (image.clone(), place(name)))).collect(),
            manifests: app.manifests.as_ref().map(folder),
        }
    }
}

/// Whether stdout carries what a program reads.
pub(super) fn is_data(args: &AppArgs) -> bool {
    matches!(args.command, AppCommand::Url(_) | AppCommand::Logs(_))
}

impl AppSettings {
    /// Resolves the options of `app`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &AppArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let writing = |write: AppWriteArgs| AppWriting {
            dry_run: DryRun::of(write.dry_run),
            force: write.force,
            waits: !write.no_wait,
        };
        let none = LabModelArgs::default();
        let (doing, lab, model) = match &args.command {
            AppCommand::Deploy(args) => (AppDoing::Deploy(writing(args.write)), &args.lab, &none),
            AppCommand::Connect(args) => (AppDoing::Connect(args.auth, writing(args.write)), &args.lab, &args.model),
            AppCommand::Status(args) => (AppDoing::Status(args.watch.every(), args.exit_code), &args.lab, &none),
            AppCommand::Url(args) => (AppDoing::Url(args.wait), &args.lab, &none),
            AppCommand::Logs(args) => {
                let AppLogsArgs { name, follow, previous, tail, since, lab } = args;
                let asked =
                    LogsAsked { name: name.clone(), follow: *follow, previous: *previous, tail: *tail, since: *since };
                (AppDoing::Logs(asked), lab, &none)
            }
            AppCommand::Remove(args) => (AppDoing::Remove(DryRun::of(args.dry_run)), &args.lab, &none),
            AppCommand::Goto(args) => (AppDoing::Goto(args.chapter, writing(args.write)), &args.lab, &args.model),
        };
        let labs = labs.with(&lab.with(model))?;
        Ok(Self { labs, doing, names_deployment: model.deployment.is_some() })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// What is done.
    pub(crate) fn doing(&self) -> &AppDoing {
        &self.doing
    }

    /// Whether no other deployment than the one that was named will do.
    pub(crate) fn names_deployment(&self) -> bool {
        self.names_deployment
    }

    /// Whether it only looks.
    pub(crate) fn only_looks(&self) -> bool {
        match &self.doing {
            AppDoing::Deploy(how) | AppDoing::Connect(_, how) | AppDoing::Goto(_, how) => how.dry_run != DryRun::Off,
            AppDoing::Remove(how) => *how != DryRun::Off,
            AppDoing::Status(..) | AppDoing::Url(_) | AppDoing::Logs(_) => true,
        }
    }
}
