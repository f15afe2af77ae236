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
        } else if !has_form(&image) {
            mistakes.push(format!(
                "{place}: '{image}' is not an image: it is a name with a tag, or with @sha256: and 64 hexadecimal digits"
            ));
        }
        images.insert(name, image);
    }
    if mistakes.is_empty() {
        return Ok(Makings { images, others });
    }
    let told = Mistakes(mistakes).to_string();
    Err(ErrorReport::new("InvalidManifest", told).hint("correct that, and run the same command again"))
}

/// Whether a text has the form of an image: a name, and perhaps a digest ("OCI Image Specification", descriptors).
fn has_form(image: &str) -> bool {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let is_digest = |digest: &str| match digest.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64 && hex.bytes().all(is_hex),
        Some(("sha512", hex)) => hex.len() == 128 && hex.bytes().all(is_hex),
        _ => false,
    };
    !name.is_empty() && !name.contains(char::is_whitespace) && digest.is_none_or(is_digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_and_a_digest_of_its_whole_length_if_any() {
        let whole = format!("registry.example.com/a:1@sha256:{}", "0a".repeat(32));
        for image in ["nginx", "ghcr.io/azure-samples/aks-store-demo/ai-service:2.2.0", "localhost:5000/a", &whole] {
            assert!(has_form(image), "{image}");
        }
        for image in
            ["", "a b", "a@", "a@sha256:0a", "@sha256:0a", &whole.to_uppercase(), &whole[..whole.len() - 1], "a@md5:0a"]
        {
            assert!(!has_form(image), "{image}");
        }
    }
}
