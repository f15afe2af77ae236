//! What can go wrong with a lab, by cause.

use crate::azure::code::Code;
use crate::azure::denials::DenyAssignment;
use crate::azure::error::Error as AzureError;
use crate::azure::locks::Lock;
use crate::lab::comparison::Difference;
use crate::lab::lease::Lease;
use crate::lab::tags;
use crate::values::ResourceKind;

/// What can go wrong with a lab.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Azure refused, failed or did not answer.
    #[error("{kind} {name}: {source}")]
    Azure {
        /// The kind of resource.
        kind: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// What happened.
        source: AzureError,
    },
    /// It exists and differs in a way that only a new resource could cure.
    #[error("{kind} {name} exists and cannot be changed in place: {}", list(differences))]
    Fixed {
        /// The kind of resource.
        kind: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// The fields that cannot be changed.
        differences: Vec<Difference>,
    },
    /// It would have more tags than Azure takes; found before the first write.
    #[error("{kind} {name} has {have} tags, {} more are needed, and Azure takes {limit}", want - have)]
    TooManyTags {
        /// The kind of resource.
        kind: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// How many it has.
        have: usize,
        /// How many it would have.
        want: usize,
        /// How many Azure takes.
        limit: usize,
    },
    /// It is somebody else's.
    #[error("{kind} {name} is not ours: {why}")]
    NotOurs {
        /// The kind of resource.
        kind: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// Whose it is, as far as one can tell.
        why: String,
        /// How to go on.
        hint: String,
    },
    /// It was written, the service took it, and it still differs.
    #[error("{kind} {name} still differs after it was written: {}", list(differences))]
    DoesNotConverge {
        /// The kind of resource.
        kind: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// The fields that differ.
        differences: Vec<Difference>,
    },
    /// A lock keeps it from being deleted.
    #[error("resource group {name} is locked, and nothing was deleted:{}", Lock::listed(locks))]
    Locked {
        /// The resource group.
        name: String,
        /// Its ARM id.
        id: String,
        /// The locks on it, above it, in it or in what goes with it.
        locks: Vec<Lock>,
        /// The service's refusal, where it came to that.
        refusal: Option<Box<AzureError>>,
    },
    /// What it would be in holds as many as it takes already.
    #[error("{reason}")]
    Full {
        /// Its ARM id.
        id: String,
        /// What is full, in one sentence.
        reason: String,
    },
    /// A deny assignment keeps it from being deleted.
    #[error("resource group {name} cannot be deleted, and nothing was: {}", denial.told())]
    Denied {
        /// The resource group.
        name: String,
        /// Its ARM id.
        id: String,
        /// What denies it.
        denial: Box<DenyAssignment>,
    },
    /// Another run is at work on it, and this one is not to go on beside it.
    #[error("the lab {lab} is busy: {} by {}, since {}", lease.command, lease.by, tags::moment_text(lease.since).unwrap_or_default())]
    Busy {
        /// The lab's name.
        lab: String,
        /// Its group's ARM id.
        id: String,
        /// The other run.
        lease: Lease,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// An error of Azure, about a resource.
    pub(crate) fn azure(kind: ResourceKind, name: &str, id: &str, source: AzureError) -> Self {
        match source {
            AzureError::Interrupted => Self::Interrupted,
            source => Self::Azure { kind, name: name.to_owned(), id: id.to_owned(), source },
        }
    }

    /// The error that `differences` are, if there is one among them that cannot be changed in place.
    pub(crate) fn fixed(kind: ResourceKind, name: &str, id: &str, differences: &[Difference]) -> Option<Self> {
        let differences: Vec<Difference> = differences.iter().filter(|one| !one.changeable).cloned().collect();
        (!differences.is_empty()).then(|| Self::Fixed { kind, name: name.to_owned(), id: id.to_owned(), differences })
    }

    /// Whether it is how a long-running operation ended, and no refusal of a request.
    pub(crate) fn ended_operation(&self) -> bool {
        matches!(self, Self::Azure { source: AzureError::Service(error), .. } if error.ended_operation)
    }

    /// The service's code, if it sent one.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Azure { source, .. } => source.code(),
            Self::Locked { .. } => Some(&Code::ScopeLocked),
            Self::Denied { .. } => Some(&Code::DenyAssignmentAuthorizationFailed),
            _ => None,
        }
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
