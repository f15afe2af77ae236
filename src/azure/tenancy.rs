//! The subscription itself (Microsoft.Resources "Subscriptions - Get", 2022-12-01).

use serde::Deserialize;

use super::body::parse;
use super::client::Azure;
use super::error::Error;

/// A subscription, as Resource Manager describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    #[serde(default)]
    pub(crate) subscription_id: String,
    /// The name that people gave it.
    #[serde(default)]
    pub(crate) display_name: String,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    #[serde(default)]
    pub(crate) state: String,
    /// The tenant that it trusts.
    #[serde(default)]
    pub(crate) tenant_id: String,
    /// What its offer allows.
    #[serde(default)]
    pub(crate) subscription_policies: SubscriptionPolicies,
}

/// What a subscription's offer allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionPolicies {
    /// The offer: `PayAsYouGo_2014-09-01`, `FreeTrial_2014-09-01`.
    #[serde(default)]
    pub(crate) quota_id: String,
}

impl Azure {
    /// The subscription's name, state, tenant and offer.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 404 `SubscriptionNotFound` if the caller does not see it.
    pub async fn subscription_itself(&self) -> Result<Subscription, Error> {
        let path = format!("/subscriptions/{}?api-version=2022-12-01", self.subscription());
        let reply = self.arm().get(&path).await?;
        parse("the subscription", &reply.body)
    }

    /// The subscriptions of the tenant that the caller sees.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        self.pages("/subscriptions?api-version=2022-12-01".to_owned()).await
    }
}
