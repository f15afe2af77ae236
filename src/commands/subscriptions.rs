//! The subscriptions that a run works in: that of the session, and those of the file's placements.

use super::session::Session;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::tenancy::Subscription;
use crate::hints;
use crate::lab::ids::same;
use crate::lab::placement::Placement;
use crate::outcome::{ErrorReport, Exit};
use crate::settings::LabSource;
use crate::values::id::subscription_id;

/// A subscription of a placement cannot be told.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SubscriptionsError {
    /// The subscriptions cannot be listed.
    #[error(transparent)]
    Azure(AzureError),
    /// None or several have the name.
    #[error("{place}: {problem}")]
    Name {
        /// Where the file names it.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },
}

impl SubscriptionsError {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Azure(error) => hints::exit_of_azure(error),
            Self::Name { .. } => Exit::Preflight,
        }
    }

    /// As scripts see it.
    pub(crate) fn report(&self) -> ErrorReport {
        match self {
            Self::Azure(error) => hints::report_azure(error, None),
            Self::Name { hint, .. } => ErrorReport::new("SubscriptionNotFound", self.to_string()).hint(hint.clone()),
        }
    }
}

/// The id of the subscription of each placement of the file, in its order.
///
/// # Errors
/// [`SubscriptionsError`]
pub(crate) async fn of_placements(session: &Session, source: &LabSource) -> Result<Vec<String>, SubscriptionsError> {
    let placements = source.placements();
    let named = |one: &Placement| one.subscription.as_deref().is_some_and(|text| subscription_id(text).is_err());
    let listed = match placements.iter().any(named) {
        true => session.azure.subscriptions().await.map_err(SubscriptionsError::Azure)?,
        false => Vec::new(),
    };
    let id = |(index, placement): (usize, &Placement)| match placement.subscription.as_deref() {
        None => Ok(session.azure.subscription().to_owned()),
        Some(text) => match subscription_id(text) {
            Ok(id) => Ok(id.to_string()),
            Err(_) => by_name(text, &listed).map_err(|(problem, hint)| {
                let place = source.file().and_then(|file| file.place(&format!("placement[{index}].subscription")));
                SubscriptionsError::Name { place: place.unwrap_or_else(|| "placement".to_owned()), problem, hint }
            }),
        },
    };
    placements.iter().enumerate().map(id).collect()
}

fn by_name(name: &str, listed: &[Subscription]) -> Result<String, (String, String)> {
    let found: Vec<&Subscription> = listed.iter().filter(|one| same(&one.display_name, name)).collect();
    match found[..] {
        [one] => Ok(one.subscription_id.to_lowercase()),
        [] => {
            let names = listed.iter().map(|one| one.display_name.as_str());
            let near = crate::config::nearest(name, names.clone());
            let near = near.map_or_else(String::new, |near| format!("did you mean '{near}'? "));
            let all = names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
            Err((
                format!("there is no subscription '{name}' in this tenant, or you may not see it"),
                format!("{near}you see: {all}"),
            ))
        }
        _ => {
            let ids = found.iter().map(|one| one.subscription_id.as_str()).collect::<Vec<_>>().join(", ");
            Err((format!("several subscriptions are called '{name}'"), format!("name it by its id, one of: {ids}")))
        }
    }
}

/// Every subscription in which labs of `source` may be, that of the session first.
///
/// # Errors
/// [`SubscriptionsError`]
pub(crate) async fn all(session: &Session, source: &LabSource) -> Result<Vec<Azure>, SubscriptionsError> {
    let mut ids = vec![session.azure.subscription().to_owned()];
    for id in of_placements(session, source).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids.iter().map(|id| session.azure.in_subscription(id)).collect())
}

/// What is read of each subscription, and those that refuse; a refusal of one does not stop the others.
///
/// # Errors
/// What is no refusal (no sign-in, an interrupt, no network), and the refusal of all of them.
pub(crate) async fn each<T>(
    subscriptions: &[Azure],
    read: impl AsyncFn(&Azure) -> Result<T, AzureError>,
) -> Result<(Vec<T>, Vec<(String, AzureError)>), AzureError> {
    let answers = futures::future::join_all(subscriptions.iter().map(|azure| read(azure))).await;
    let (mut found, mut refusing) = (Vec::new(), Vec::new());
    for (azure, answer) in subscriptions.iter().zip(answers) {
        match answer {
            Ok(one) => found.push(one),
            Err(error) if error.service().is_some() => refusing.push((azure.subscription().to_owned(), error)),
            Err(error) => return Err(error),
        }
    }
    match refusing.first() {
        Some((_, error)) if found.is_empty() => Err(error.clone()),
        _ => Ok((found, refusing)),
    }
}
