//! Brings the application to the state in which a chapter of the workshop's text begins.

use super::components::{Makings, is_of_ai};
use super::connect::{self, Means, Model};
use super::deploy::{How, put};
use super::manifest::Manifest;
use super::remove::remove;
use crate::events::Events;
use crate::kubernetes::{Cluster, Error, Kind};
use crate::lab::chapter::Stage;
use crate::outcome::app::ObjectReport;

/// What the objects of a stage are made from.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    /// What the file says.
    pub(crate) makings: &'a Makings,
    /// The model, and with what the ai-service signs in; `None` if the stage has none of it.
    pub(crate) ai: Option<(Model, Means)>,
    /// The identity's client id and the service account that it trusts, if the stage has one.
    pub(crate) identity: Option<(String, String)>,
}

/// The objects that a stage consists of.
pub(crate) fn objects(stage: Stage, parts: &Parts<'_>) -> Vec<Manifest> {
    let mut all = if stage.store { parts.makings.store() } else { Vec::new() };
    if let Some((model, means)) = &parts.ai {
        all.extend(connect::objects(model, means, parts.makings));
        if stage.config_map {
            all.push(connect::identity_config(model));
        }
    }
    if let Some((client_id, name)) = parts.identity.as_ref().filter(|_| stage.service_account) {
        all.push(connect::service_account(name, client_id));
    }
    // With workload identity these are among the ai-service's own.
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|one| seen.insert((one.object.kind(), one.object.name().to_owned())));
    all
}

/// Puts there what `wanted` has, and deletes what azlab has put there besides.
///
/// # Errors
/// [`Error`]
pub(crate) async fn reach(
    cluster: &Cluster,
    wanted: &[Manifest],
    how: How,
    events: &Events,
) -> Result<Vec<ObjectReport>, Error> {
    let (ai, rest): (Vec<Manifest>, Vec<Manifest>) = wanted.iter().cloned().partition(|one| is_of_ai(&one.object));
    let mut done = put(cluster, &rest, how, events).await?;
    // What the text has an attendee write of the ai-service is taken over, as by `connect`.
    done.extend(put(cluster, &ai, How { adopts: true, ..how }, events).await?);
    let is_wanted =
        |kind: Kind, name: &str| wanted.iter().any(|one| one.object.kind() == kind && one.object.name() == name);
    done.extend(remove(cluster, how, events, is_wanted).await?);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;
    use crate::lab::chapter::{AppAuth, Chapter};
    use crate::values::Secret;

    fn names(chapter: Chapter) -> Vec<String> {
        let stage = chapter.stage();
        let makings = Makings::default();
        let model = || Model { endpoint: "https://a.openai.azure.com/".into(), deployment: "d".into() };
        let means = |auth| match auth {
            AppAuth::Key => Means::Key(Secret::new("k".into())),
            AppAuth::WorkloadIdentity => {
                Means::Identity { client_id: "c".into(), service_account: "ai-service-account".into() }
            }
        };
        let ai = stage.ai_service.map(|auth| (model(), means(auth)));
        let identity = Some(("c".to_owned(), "ai-service-account".to_owned()));
        let parts = Parts { makings: &makings, ai, identity };
        objects(stage, &parts).iter().map(|one| one.object.to_string()).collect()
    }

    #[test]
    fn each_chapter_begins_with_what_the_text_has_made_by_then() {
        let counts: Vec<usize> = Chapter::value_variants().iter().map(|chapter| names(*chapter).len()).collect();
        assert_eq!(counts, [0, 19, 19, 19, 23, 23, 23, 24, 25, 23, 23]);
    }

    #[test]
    fn where_the_text_creates_the_config_map_its_name_is_free() {
        let has = |chapter, name: &str| names(chapter).iter().any(|one| one == name);
        assert!(!has(Chapter::ConfigMap, "ConfigMap ai-service-config"));
        assert!(has(Chapter::ConfigMap, "ServiceAccount ai-service-account"));
        assert!(has(Chapter::UpdateDeployment, "ConfigMap ai-service-config"));
        assert!(!has(Chapter::Validate, "Secret ai-service-key"));
    }
}
