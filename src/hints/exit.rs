//! Which exit code an error means.

use crate::azure::error::Error as AzureError;
use crate::outcome::Exit;
use crate::recipe::error::Error as RecipeError;

/// Which exit code a lab's error means.
pub(crate) fn exit_of(error: &RecipeError) -> Exit {
    match error {
        RecipeError::NotOurs { .. } | RecipeError::Busy { .. } => Exit::NotOurs,
        RecipeError::Interrupted => Exit::Interrupted,
        RecipeError::Azure { source, .. } => exit_of_azure(source),
        RecipeError::TooManyTags { .. } => Exit::Preflight,
        RecipeError::Fixed { .. }
        | RecipeError::Full { .. }
        | RecipeError::DoesNotConverge { .. }
        | RecipeError::Locked { .. }
        | RecipeError::Denied { .. } => Exit::LabFailed,
    }
}

/// Which exit code an error of Azure means.
pub(crate) fn exit_of_azure(error: &AzureError) -> Exit {
    match error {
        AzureError::SignIn(_) => Exit::NotSignedIn,
        AzureError::Interrupted => Exit::Interrupted,
        AzureError::TimedOut { .. } => Exit::TimedOut,
        AzureError::Service(error) if error.status == http::StatusCode::UNAUTHORIZED => Exit::NotSignedIn,
        AzureError::Service(_) if error.is_absent() => Exit::NotFound,
        _ => Exit::LabFailed,
    }
}
