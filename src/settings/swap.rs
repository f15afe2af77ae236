//! The options of `swap`.

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::swap::{Broken, SwapArgs};
use crate::lab::ids::same;
use crate::lab::overrides::LabOverrides;

/// What `swap` needs to know.
#[derive(Clone, Debug)]
pub struct SwapSettings {
    labs: LabSource,
    spare: Option<String>,
    broken: Broken,
    dry_run: DryRun,
}

impl SwapSettings {
    /// Resolves the options of `swap`.
    ///
    /// # Errors
    /// [`SettingsError`]: no file with spares; none, several, or a spare instead of the lab of an attendee; a name that is not a
    /// spare's.
    pub fn resolve(args: &SwapArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let refuse = |message: String, hint: &str| Err(SettingsError::Labs { message, hint: hint.into() });
        let spares: Vec<&str> = labs.file().into_iter().flat_map(|file| file.spares()).collect();
        if spares.is_empty() {
            let file = labs
                .file()
                .map_or_else(|| "there is no azlab.toml, and no".to_owned(), |file| format!("{} has no", file.name()));
            return refuse(
                format!("{file} spares"),
                "write spares = 3 into azlab.toml, and provision them before the class; what finishes a swap that was cut off \
                 is provision on its lab",
            );
        }
        if !labs.given() {
            return refuse("nobody says whose lab is broken".into(), "name the lab, or its attendee: -l NAME");
        }
        labs.only_one("swap gives a spare in the place of one lab")?;
        let lab = labs.specs("").remove(0).name;
        let is_spare = |name: &str| spares.iter().any(|spare| same(spare, name));
        if is_spare(&lab) {
            return refuse(
                format!("{lab} is a spare"),
                "name the lab that gets a spare with -l, and the spare with --spare",
            );
        }
        if let Some(name) = args.spare.as_deref().filter(|name| !is_spare(name)) {
            return refuse(
                format!("{name} is not a spare: the file's spares are {}", crate::values::a_few(&spares)),
                "leave --spare out, and one that is ready is taken",
            );
        }
        let dry_run = DryRun::of(args.dry_run);
        let labs = labs.with(&LabOverrides::default())?.with_spares();
        Ok(Self { labs, spare: args.spare.clone(), broken: args.broken, dry_run })
    }

    /// The lab that is meant, and all spares.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The spare that is asked for.
    pub(crate) fn spare(&self) -> Option<&str> {
        self.spare.as_deref()
    }

    /// What becomes of the lab that was broken.
    pub(crate) fn broken(&self) -> Broken {
        self.broken
    }

    /// Whether it only tells.
    pub(crate) fn dry_run(&self) -> DryRun {
        self.dry_run
    }
}
