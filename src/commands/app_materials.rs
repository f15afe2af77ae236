//! What the application is made from by the file: images and manifests, read before anything is sent.

use crate::app::components::{CONTAINERS, Images, Makings};
use crate::app::connect;
use crate::app::manifest::{self, Mistakes};
use crate::config::nearest;
use crate::outcome::ErrorReport;
use crate::settings::{LabSource, OtherParts};

/// Reads what the file of `labs` names.
///
/// # Errors
/// All that is wrong with it, each with its file and line.
pub(crate) fn makings(labs: &LabSource) -> Result<Makings, ErrorReport> {
    let parts = OtherParts::of(labs);
    let others = parts.manifests.as_deref().map(manifest::of_folder).transpose();
    let (others, mut mistakes) = match others {
        Ok(others) => {
            let others = others.unwrap_or_default();
            let mistakes = others.iter().flat_map(connect::mistakes).collect();
            (others, mistakes)
        }
        Err(Mistakes(mistakes)) => (Vec::new(), mistakes),
    };
    let mut images = Images::new();
    for (name, (image, place)) in parts.images {
        // Manifests of one's own have containers of their own.
        if parts.manifests.is_none() && !CONTAINERS.contains(&name.as_str()) {
            let meant = nearest(&name, CONTAINERS)
                .map_or_else(|| CONTAINERS.join(", "), |near| format!("did you mean {near}?"));
            mistakes.push(format!("{place}: the application has no container {name}: {meant}"));
        } else if image.is_empty() || image.contains(char::is_whitespace) {
            mistakes.push(format!("{place}: '{image}' is not an image"));
        }
        images.insert(name, image);
    }
    if mistakes.is_empty() {
        return Ok(Makings { images, others });
    }
    let told = Mistakes(mistakes).to_string();
    Err(ErrorReport::new("InvalidManifest", told).hint("correct that, and run the same command again"))
}
