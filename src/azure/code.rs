//! The service's error codes that azlab knows by name.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// An error code as the service sent it; compared without regard to case. Codes that azlab does not act on are
        /// kept as [`Code::Other`]. Source: azure-facts.md, sections 1-8.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)+
            /// Any other code, as sent.
            Other(String),
        }

        impl Code {
            /// Every code that azlab knows by name.
            pub const KNOWN: &[Self] = &[$(Self::$variant),+];

            /// The code's text, as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for Code {
            fn from(text: &str) -> Self {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($text) { return Self::$variant; })+
                Self::Other(text.to_owned())
            }
        }
    };
}

codes! {
    /// A resource group is absent.
    ResourceGroupNotFound = "ResourceGroupNotFound",
    /// A resource is absent, said by ARM's gateway.
    ResourceNotFound = "ResourceNotFound",
    /// A resource is absent, said by its provider.
    NotFound = "NotFound",
    /// A child's parent is absent.
    ParentResourceNotFound = "ParentResourceNotFound",
    /// A role assignment is absent.
    RoleAssignmentNotFound = "RoleAssignmentNotFound",
    /// A role definition is absent.
    RoleDefinitionDoesNotExist = "RoleDefinitionDoesNotExist",
    /// The subscription does not exist or is not visible.
    SubscriptionNotFound = "SubscriptionNotFound",
    /// The subscription's id is none.
    InvalidSubscriptionId = "InvalidSubscriptionId",
    /// The subscription is disabled: reads only.
    ReadOnlyDisabledSubscription = "ReadOnlyDisabledSubscription",
    /// The subscription is disabled, said by a provider.
    DisabledSubscription = "DisabledSubscription",
    /// A region that does not exist or cannot hold groups.
    LocationNotAvailableForResourceGroup = "LocationNotAvailableForResourceGroup",
    /// A region that does not offer the resource type.
    LocationNotAvailableForResourceType = "LocationNotAvailableForResourceType",
    /// A name that no group can have, on reads too (azure-cli issue 14481).
    InvalidResourceGroup = "InvalidResourceGroup",
    /// The group exists in another region.
    InvalidResourceGroupLocation = "InvalidResourceGroupLocation",
    /// The resource exists in another region.
    InvalidResourceLocation = "InvalidResourceLocation",
    /// The group is being deleted.
    ResourceGroupBeingDeleted = "ResourceGroupBeingDeleted",
    /// What is in the group keeps it from being deleted.
    ResourceGroupDeletionBlocked = "ResourceGroupDeletionBlocked",
    /// The subscription is held back until support has looked at it; it comes for a model deployment.
    SubscriptionHeldBack = "715-123420",
    /// Another operation is in progress (AKS), or a vCPU quota is too small (Compute).
    OperationNotAllowed = "OperationNotAllowed",
    /// A later operation took the place of this one (AKS).
    AksOperationPreempted = "AKSOperationPreempted",
    /// A deletion took the place of this operation (AKS).
    AksOperationPreemptedByDelete = "AKSOperationPreemptedByDelete",
    /// A later operation took the place of this one (AKS before October 2024, Compute).
    OperationPreempted = "OperationPreempted",
    /// The etag that was sent is not the resource's any more.
    EtagMismatch = "EtagMismatch",
    /// Two wrote one resource at once (ARM, of tags).
    ConflictingConcurrentWriteNotAllowed = "ConflictingConcurrentWriteNotAllowed",
    /// Two federated credentials of one identity were written at once.
    ConcurrentFederatedIdentityCredentialsWrites = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
    /// Another write below the same account is in progress.
    RequestConflict = "RequestConflict",
    /// A write that met another, a name that is taken, or the end of a template that failed.
    Conflict = "Conflict",
    /// The account is not ready for child writes.
    AccountProvisioningStateInvalid = "AccountProvisioningStateInvalid",
    /// A soft-deleted account of that name must be restored or purged first.
    FlagMustBeSetForRestore = "FlagMustBeSetForRestore",
    /// The subdomain is held, maybe by a soft-deleted account.
    CustomDomainInUse = "CustomDomainInUse",
    /// The subscription may not create OpenAI accounts.
    SpecialFeatureOrQuotaIdRequired = "SpecialFeatureOrQuotaIdRequired",
    /// Model quota is too small.
    InsufficientQuota = "InsufficientQuota",
    /// The model is closed to new deployments.
    ServiceModelDeprecated = "ServiceModelDeprecated",
    /// The model is about to be retired, and closed to new deployments.
    ServiceModelDeprecating = "ServiceModelDeprecating",
    /// Nobody has agreed to the terms for such accounts yet.
    ResourceKindRequireAcceptTerms = "ResourceKindRequireAcceptTerms",
    /// The model cannot be deployed here.
    DeploymentModelNotSupported = "DeploymentModelNotSupported",
    /// A property is not possible (a SKU in that region).
    InvalidResourceProperties = "InvalidResourceProperties",
    /// Regional vCPU quota is too small.
    InsufficientVcpuQuota = "ErrCode_InsufficientVCPUQuota",
    /// A quota of the region is too small.
    QuotaExceeded = "QuotaExceeded",
    /// The region has no room for a new cluster.
    AksCapacityHeavyUsage = "AKSCapacityHeavyUsage",
    /// The subscription or the region does not offer the VM size.
    VmSizeNotSupported = "VMSizeNotSupported",
    /// The region does not give the VM size, to anybody or to this subscription.
    SkuNotAvailable = "SkuNotAvailable",
    /// The region has no room for the nodes.
    AllocationFailed = "AllocationFailed",
    /// The zone has no room for the nodes.
    ZonalAllocationFailed = "ZonalAllocationFailed",
    /// The region has no room for nodes with these constraints.
    OverconstrainedAllocationRequest = "OverconstrainedAllocationRequest",
    /// The zone has no room for nodes with these constraints.
    OverconstrainedZonalAllocationRequest = "OverconstrainedZonalAllocationRequest",
    /// The Kubernetes version is not offered.
    K8sVersionNotSupported = "K8sVersionNotSupported",
    /// Too many clusters.
    ManagedClusterCountExceedsQuotaLimit = "ManagedClusterCountExceedsQuotaLimit",
    /// Too many public IP addresses.
    PublicIpCountLimitReached = "PublicIPCountLimitReached",
    /// Too many resource groups.
    ResourceGroupQuotaExceeded = "ResourceGroupQuotaExceeded",
    /// A principal is not known yet.
    PrincipalNotFound = "PrincipalNotFound",
    /// The subscription has as many role assignments as it may have.
    RoleAssignmentLimitExceeded = "RoleAssignmentLimitExceeded",
    /// The same assignment exists under another name.
    RoleAssignmentExists = "RoleAssignmentExists",
    /// An assignment's principal or role cannot change.
    RoleAssignmentUpdateNotPermitted = "RoleAssignmentUpdateNotPermitted",
    /// A resource provider is not registered.
    MissingSubscriptionRegistration = "MissingSubscriptionRegistration",
    /// A resource provider is not registered, said by the provider.
    SubscriptionNotRegistered = "SubscriptionNotRegistered",
    /// ARM throttles.
    SubscriptionRequestsThrottled = "SubscriptionRequestsThrottled",
    /// AKS throttles.
    Throttled = "Throttled",
    /// No permission.
    AuthorizationFailed = "AuthorizationFailed",
    /// A deny assignment takes away what a role allows.
    DenyAssignmentAuthorizationFailed = "DenyAssignmentAuthorizationFailed",
    /// No permission on a resource that the request names.
    LinkedAuthorizationFailed = "LinkedAuthorizationFailed",
    /// No token, or not a token.
    AuthenticationFailed = "AuthenticationFailed",
    /// The token has expired.
    ExpiredAuthenticationToken = "ExpiredAuthenticationToken",
    /// The token cannot be read.
    InvalidAuthenticationToken = "InvalidAuthenticationToken",
    /// The token is of another tenant.
    InvalidAuthenticationTokenTenant = "InvalidAuthenticationTokenTenant",
    /// A lock holds.
    ScopeLocked = "ScopeLocked",
    /// A policy refuses.
    RequestDisallowedByPolicy = "RequestDisallowedByPolicy",
    /// The region is closed to the subscription (azure-facts.md section 10).
    RequestDisallowedByAzure = "RequestDisallowedByAzure",
    /// Something prevents the deletion.
    CannotDeleteResource = "CannotDeleteResource",
    /// The api-version is missing.
    MissingApiVersionParameter = "MissingApiVersionParameter",
    /// The api-version is not one.
    InvalidApiVersionParameter = "InvalidApiVersionParameter",
    /// The api-version or location is not offered.
    NoRegisteredProviderFound = "NoRegisteredProviderFound",
    /// The resource type does not exist.
    InvalidResourceType = "InvalidResourceType",
    /// A template deployment failed.
    DeploymentFailed = "DeploymentFailed",
}

impl Code {
    /// Whether it means that what was asked for does not exist.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::ResourceGroupNotFound
                | Self::ResourceNotFound
                | Self::NotFound
                | Self::ParentResourceNotFound
                | Self::RoleAssignmentNotFound
        )
    }

    /// Whether it means that the region has no room, whoever asks. Of two families members are known that have no variant here.
    pub(crate) fn is_region_full(&self) -> bool {
        match self {
            Self::AksCapacityHeavyUsage
            | Self::SkuNotAvailable
            | Self::AllocationFailed
            | Self::ZonalAllocationFailed
            | Self::OverconstrainedAllocationRequest
            | Self::OverconstrainedZonalAllocationRequest => true,
            Self::Other(text) => {
                let text = text.to_ascii_lowercase();
                let is_capacity = text.contains("capacity")
                    && ["insufficient", "unavailable", "notavailable", "exceeded", "constrain"]
                        .iter()
                        .any(|word| text.contains(word));
                text.starts_with("overconstrained") || text.starts_with("akscapacity") || is_capacity
            }
            _ => false,
        }
    }

    /// Whether it says that a quota is used up, in the words of a provider that azlab does not know.
    pub(crate) fn is_other_quota(&self) -> bool {
        let Self::Other(text) = self else { return false };
        let text = text.to_ascii_lowercase();
        text.contains("quota") && ["exceed", "insufficient", "reached"].iter().any(|word| text.contains(word))
    }

    /// Whether it says that as many of something exist as may, in the words of a provider that azlab does not know
    /// (`StandardSkuPublicIpCountLimitReached`). Limits of requests and of sizes are others.
    pub(crate) fn is_other_limit(&self) -> bool {
        const OTHERS: [&str; 10] =
            ["rate", "request", "throttl", "time", "size", "length", "depth", "tag", "concurren", "spending"];
        let Self::Other(text) = self else { return false };
        let text = text.to_ascii_lowercase();
        let is_used_up = text.contains("limit") && ["exceed", "reached"].iter().any(|word| text.contains(word));
        (is_used_up || text.starts_with("toomany")) && !OTHERS.iter().any(|word| text.contains(word))
    }

    /// Whether services send it for things that have nothing to do with each other.
    pub(crate) fn has_many_meanings(&self) -> bool {
        matches!(self, Self::OperationNotAllowed | Self::OperationPreempted | Self::Conflict | Self::RequestConflict)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_is_read_back_in_any_case() {
        for code in Code::KNOWN {
            assert_eq!(&Code::from(code.as_str()), code);
            assert_eq!(&Code::from(code.as_str().to_ascii_uppercase().as_str()), code);
        }
        assert_eq!(Code::from("Surprise"), Code::Other("Surprise".into()));
    }
}
