//! How an operation ends, and in which state it leaves its resource.

/// The last status of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum OperationEnd {
    /// Done.
    #[default]
    Succeeded,
    /// Failed; what it worked on is left as it is, in the state `Failed`. A PUT of it is a repair.
    Failed,
    /// Canceled by somebody.
    Canceled,
}

impl OperationEnd {
    /// As the services write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(crate) fn stored(name: &str) -> Self {
        [Self::Failed, Self::Canceled].into_iter().find(|end| end.name() == name).unwrap_or_default()
    }
}
