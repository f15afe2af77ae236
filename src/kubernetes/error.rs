//! What can go wrong between azlab and a cluster's API server, by cause.

use std::fmt;

use kube::core::Status;

use crate::azure::credential::SignInError;
use crate::azure::transport::TransportError;

/// What can go wrong with a request to a cluster.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The API server, or something that it asks, refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// No usable answer came.
    #[error("the API server {server} cannot be reached: {source}")]
    Transport {
        /// Its host.
        server: String,
        /// Why.
        source: TransportError,
    },
    /// No token.
    #[error(transparent)]
    SignIn(#[from] Box<SignInError>),
    /// The answer, or the credentials, are not what they should be.
    #[error("{what}: {problem}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong.
        problem: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A refusal, as Kubernetes words it (`Status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked for: `Deployment ai-service`.
    pub(crate) what: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// Kubernetes' own word for it: `Forbidden`; empty if it has none.
    pub(crate) reason: String,
    /// Its message.
    pub(crate) message: String,
    /// The fields that it is about, with what is wrong with each: `(spec.replicas, Invalid value: -1)`.
    pub(crate) causes: Vec<(String, String)>,
    /// Who else set the fields that were to be set.
    pub(crate) conflicts: Vec<Conflict>,
    /// Where that stands which is refused, if somebody has written it: `manifests/app.yaml:12`.
    pub(crate) place: Option<String>,
}

/// A field that somebody else has set to another value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The other's name: `kubectl-edit`.
    pub(crate) manager: String,
    /// The field: `.spec.replicas`.
    pub(crate) field: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        write!(f, "{place}{}: {}", self.what, self.message)
    }
}

impl Refusal {
    /// Reads what the API server said of `what`.
    pub(super) fn read(what: &str, status: &Status) -> Self {
        let causes = || status.details.iter().flat_map(|details| &details.causes);
        let conflict = |message: &str, field: &str| Conflict {
            // `conflict with "kubectl-edit" using apps/v1 at 2026-11-29T22:00:00Z`
            manager: message.split('"').nth(1).unwrap_or("somebody else").to_owned(),
            field: field.to_owned(),
        };
        let is_conflict = |reason: &str| reason == "FieldManagerConflict";
        Self {
            what: what.to_owned(),
            status: status.code,
            reason: status.reason.clone(),
            message: status.message.clone(),
            causes: causes()
                .filter(|one| !is_conflict(&one.reason))
                .map(|one| (one.field.clone(), one.message.clone()))
                .collect(),
            conflicts: causes()
                .filter(|one| is_conflict(&one.reason))
                .map(|one| conflict(&one.message, &one.field))
                .collect(),
            place: None,
        }
    }

    /// The first field that it is about: `spec.replicas`, `.spec.containers[name="a"].image`.
    pub(crate) fn field(&self) -> Option<&str> {
        let named = self.causes.first().map(|(field, _)| field.as_str()).filter(|field| !field.is_empty());
        // `strict decoding error: unknown field "spec.replica"`
        let quoted = || self.message.split_once("field \"").and_then(|(_, rest)| rest.split('"').next());
        named.or_else(|| self.unshaped_field()).or_else(quoted)
    }

    /// Whether what was applied does not have its kind's shape, which the real API server says of server-side applies with 500.
    pub(crate) fn is_about_shape(&self) -> bool {
        self.unshaped_field().is_some()
    }

    /// `failed to create typed patch object (/a; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema`
    fn unshaped_field(&self) -> Option<&str> {
        let (_, told) = self.message.split_once("failed to create typed patch object (")?.1.split_once("): ")?;
        told.split_whitespace().find_map(|word| word.strip_suffix(':').filter(|field| field.starts_with('.')))
    }

    /// The admission policy that refused, by its name.
    pub(crate) fn policy(&self) -> Option<&str> {
        policy(&self.message)
    }

    /// The admission webhook that could not be asked, or that refused, by its name.
    pub(crate) fn webhook(&self) -> Option<&str> {
        webhook(&self.message)
    }
}

/// The `ValidatingAdmissionPolicy` that `message` says has refused:
/// `ValidatingAdmissionPolicy 'no-workers' with binding 'no-workers' denied request: …`
pub(crate) fn policy(message: &str) -> Option<&str> {
    let (name, rest) = message.split_once("ValidatingAdmissionPolicy '")?.1.split_once('\'')?;
    rest.contains("denied request").then_some(name)
}

/// The admission webhook that `message` names.
pub(crate) fn webhook(message: &str) -> Option<&str> {
    let is_about = message.contains("failed calling webhook") || message.contains("admission webhook");
    message.split('"').nth(1).filter(|_| is_about)
}

impl Error {
    /// What kube reports of a request about `what`.
    pub(super) fn of(what: &str, error: kube::Error) -> Self {
        let answer = |problem: String| Self::Answer { what: what.to_owned(), problem };
        match error {
            kube::Error::Api(status) => Self::Refused(Box::new(Refusal::read(what, &status))),
            kube::Error::Service(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) => answer(other.to_string()),
            },
            // serde says where it stumbled and quotes nothing of a text but what stands there: an object's field.
            kube::Error::SerdeError(error) => answer(format!("the answer cannot be read: {error}")),
            other => answer(other.to_string()),
        }
    }

    /// The refusal, if it is one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether it says that what was asked for does not exist.
    pub(crate) fn is_absent(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 404)
    }

    /// Who else set the fields, if that is what it is about.
    pub(crate) fn conflicts(&self) -> &[Conflict] {
        self.refusal().map_or(&[], |refusal| &refusal.conflicts)
    }
}
