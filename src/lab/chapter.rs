//! The chapters of the workshop's text, and what of the application stands where each begins.

use clap::ValueEnum;

/// A chapter of the workshop's text, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Chapter {
    /// Deploy and test the demo app: an empty cluster
    DeployStore,
    /// Test the demo app: the store demo
    TestStore,
    /// Deploy an OpenAI model: the store demo
    DeployModel,
    /// Add AI to demo app: the store demo, without the ai-service
    AddAi,
    /// Test the AI-enabled demo app: the ai-service with a key
    TestAi,
    /// Secure access to Azure OpenAI from AKS: the ai-service with a key
    SecureAccess,
    /// Create Kubernetes Service Account: the ai-service with a key
    ServiceAccount,
    /// Create Kubernetes ConfigMap: the service account as well
    ConfigMap,
    /// Update Kubernetes Deployment: the ConfigMap as well
    UpdateDeployment,
    /// Validate secure access: the ai-service with workload identity
    Validate,
    /// Summary: the ai-service with workload identity
    Summary,
}

/// What of the application there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The store demo.
    pub(crate) store: bool,
    /// The ai-service, and what it signs in with.
    pub(crate) ai_service: Option<AppAuth>,
    /// The service account of workload identity.
    pub(crate) service_account: bool,
    /// The ConfigMap of workload identity.
    pub(crate) config_map: bool,
}

/// What the ai-service signs in to Azure OpenAI with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AppAuth {
    /// The account's key, in a Secret
    Key,
    /// A token of the lab's managed identity, without any key
    WorkloadIdentity,
}

impl AppAuth {
    /// As it is typed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::WorkloadIdentity => "workload-identity",
        }
    }
}

impl Chapter {
    /// The state in which the text begins it.
    pub(crate) fn stage(self) -> Stage {
        let store = Stage { store: true, ..Stage::default() };
        let key = Stage { ai_service: Some(AppAuth::Key), ..store };
        match self {
            Self::DeployStore => Stage::default(),
            Self::TestStore | Self::DeployModel | Self::AddAi => store,
            Self::TestAi | Self::SecureAccess | Self::ServiceAccount => key,
            Self::ConfigMap => Stage { service_account: true, ..key },
            Self::UpdateDeployment => Stage { service_account: true, config_map: true, ..key },
            Self::Validate | Self::Summary => {
                Stage { ai_service: Some(AppAuth::WorkloadIdentity), service_account: true, config_map: true, ..store }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_chapter_takes_nothing_away_but_the_key() {
        let chapters = Chapter::value_variants();
        for pair in chapters.windows(2) {
            let (before, after) = (pair[0].stage(), pair[1].stage());
            assert!(before.store <= after.store, "{pair:?}");
            assert!(before.ai_service.is_none() || after.ai_service.is_some(), "{pair:?}");
            assert!(before.service_account <= after.service_account && before.config_map <= after.config_map);
        }
    }
}
