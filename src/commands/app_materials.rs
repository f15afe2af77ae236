//! What the application is made from by the file: images and manifests, read before anything is sent.

use crate::app::components::{CONTAINERS, Images};
use crate::app::manifest::{self, Manifest, Mistakes};
use crate::config::nearest;
use crate::outcome::ErrorReport;
use crate::settings::{LabSource, OtherParts};

/// The file's images and manifests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Materials {
    /// By container.
    pub(crate) images: Images,
    /// In the place of the store demo's.
    pub(crate) store: Option<Vec<Manifest>>,
}

impl Materials {
    /// Reads what the file of `labs` names.
    ///
    /// # Errors
    /// All that is wrong with it, each with its file and line.
    pub(crate) fn read(labs: &LabSource) -> Result<Self, ErrorReport> {
        let parts = OtherParts::of(labs);
        let store = parts.manifests.as_deref().map(manifest::of_folder).transpose();
        let own: Vec<String> = store.iter().flatten().flatten().map(|one| one.object.name().to_owned()).collect();
        let mut mistakes = Vec::new();
        let mut images = Images::new();
        for (name, (image, place)) in parts.images {
            // Manifests of one's own have containers of their own.
            if own.is_empty() && !CONTAINERS.contains(&name.as_str()) {
                let meant = nearest(&name, CONTAINERS)
                    .map_or_else(|| CONTAINERS.join(", "), |near| format!("did you mean {near}?"));
                mistakes.push(format!("{place}: the application has no container {name}: {meant}"));
            } else if image.is_empty() || image.contains(char::is_whitespace) {
                mistakes.push(format!("{place}: '{image}' is not an image"));
            }
            images.insert(name, image);
        }
        match store {
            Ok(store) if mistakes.is_empty() => Ok(Self { images, store }),
            Ok(_) => Err(told(&Mistakes(mistakes))),
            Err(Mistakes(more)) => Err(told(&Mistakes([mistakes, more].concat()))),
        }
    }
}

fn told(mistakes: &Mistakes) -> ErrorReport {
    ErrorReport::new("InvalidManifest", mistakes.to_string()).hint("correct that, and run the same command again")
}
