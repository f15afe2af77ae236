//! One handle on a subscription: the SDK clients of every service that a lab uses, over our channel.

use azure_core_021::Url as SdkUrl;
use azure_mgmt_authorization::package_2022_04_01 as authorization;
use azure_mgmt_cognitiveservices::package_2024_10 as cognitive;
use azure_mgmt_containerservice::package_preview_2023_01 as containers;
use azure_mgmt_msi::package_2023_01_31 as msi;
use azure_mgmt_resources::package_resources_2021_04 as resources;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::adapter::{Core010, Core021, SignedBelow};
use super::arm::Arm;
use super::editions::Editions;
use super::error::Error;
use super::lists::{FirstLook, Lists};
use super::observed::Replacement;

/// The lists of the subscriptions of a run, and whether its labs are looked at together.
#[derive(Debug, Default)]
struct Views {
    lists: HashMap<String, Arc<Lists>>,
    together: Option<Together>,
    /// What the last look showed, for whoever looks again.
    before: Option<Together>,
    /// The model catalogues, by subscription and region.
    catalogues: HashMap<(String, String), Once<cognitive::models::Model>>,
    /// The deny assignments, by subscription, as the service tells them.
    deny_assignments: HashMap<String, Once<serde_json::Value>>,
}

/// A list that is read once.
type Once<T> = Arc<OnceCell<Arc<Vec<T>>>>;

/// A look at several labs, since when, and what it showed of each subscription.
#[derive(Debug)]
struct Together {
    began: OffsetDateTime,
    looks: HashMap<String, Arc<FirstLook>>,
}

impl Views {
    fn lists_of(&mut self, azure: &Azure) -> Arc<Lists> {
        let new = || Arc::new(Lists::new(&azure.arm, &azure.subscription));
        Arc::clone(self.lists.entry(azure.subscription.clone()).or_insert_with(new))
    }
}

/// A subscription, as seen through the SDK. Cheap to clone.
#[derive(Clone)]
pub struct Azure {
    arm: Arm,
    subscription: String,
    pub(super) resources: resources::Client,
    pub(super) containers: containers::Client,
    pub(super) msi: msi::Client,
    pub(super) cognitive: cognitive::Client,
    pub(super) authorization: authorization::Client,
    /// Of all subscriptions, each by its id.
    views: Arc<Mutex<Views>>,
}

impl std::fmt::Debug for Azure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Azure")
            .field("subscription", &self.subscription)
            .field("arm", &self.arm)
            .finish_non_exhaustive()
    }
}

/// Builds a client of the 0.21 generation over our channel.
macro_rules! client_021 {
    ($service:ident, $endpoint:expr, $transport:expr) => {
        $service::ClientBuilder::new(Arc::new(SignedBelow))
            .endpoint($endpoint)
            .retry(azure_core_021::RetryOptions::none())
            .transport($transport)
            .build()
            .map_err(|error| Error::Answer { resource: "the ARM endpoint".into(), problem: error.to_string() })?
    };
}

impl Azure {
    /// The SDK clients for `subscription` over `arm`.
    ///
    /// # Errors
    /// [`Error::Answer`] if the endpoint's URL is not one that the SDK takes.
    pub fn new(arm: Arm, subscription: &str) -> Result<Self, Error> {
        let endpoint: SdkUrl = arm.endpoint().clone();
        let transport = || Core021::transport(&arm);
        Ok(Self {
            resources: client_021!(resources, endpoint.clone(), transport()),
            msi: client_021!(msi, endpoint.clone(), transport()),
            cognitive: client_021!(cognitive, endpoint.clone(), transport()),
            authorization: client_021!(authorization, endpoint.clone(), transport()),
            containers: containers_client(&arm, Core010::transport(&arm)),
            subscription: subscription.to_owned(),
            views: Arc::default(),
            arm,
        })
    }

    /// The client of Microsoft.ContainerService, for one request whose body is `replacement`.
    pub(super) fn containers_sending(&self, replacement: Replacement) -> containers::Client {
        containers_client(&self.arm, Core010::sending(&self.arm, replacement))
    }

    /// The same of Microsoft.Resources.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn resources_sending(&self, replacement: Replacement) -> Result<resources::Client, Error> {
        Ok(client_021!(resources, self.arm.endpoint().clone(), Core021::sending(&self.arm, replacement)))
    }

    /// The same of Microsoft.ManagedIdentity.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn msi_sending(&self, replacement: Replacement) -> Result<msi::Client, Error> {
        Ok(client_021!(msi, self.arm.endpoint().clone(), Core021::sending(&self.arm, replacement)))
    }

    /// The same of Microsoft.CognitiveServices.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn cognitive_sending(&self, replacement: Replacement) -> Result<cognitive::Client, Error> {
        Ok(client_021!(cognitive, self.arm.endpoint().clone(), Core021::sending(&self.arm, replacement)))
    }

    /// Reads what there is of several labs from lists of their whole subscriptions, as of now, until a lab is written to or
    /// [`Self::forget`]ten. Where that has begun already, nothing changes.
    pub(crate) fn look_at_all(&self) {
        self.views().together.get_or_insert_with(|| Together { began: self.arm.clock().now(), looks: HashMap::new() });
    }

    /// The same as of now, for whoever looks again and again: the lists are read again, and what was read of single resources
    /// stays as it was, but for [`Self::read_again`]. So a class costs a few pages a look.
    pub(crate) fn look_again(&self) {
        let mut views = self.views();
        let before =
            views.together.take().or_else(|| views.before.take()).map(|before| before.looks).unwrap_or_default();
        let began = self.arm.clock().now();
        let again = |(id, look): (String, Arc<FirstLook>)| (id, Arc::new(look.again(began)));
        views.together = Some(Together { began, looks: before.into_iter().map(again).collect() });
    }

    /// What was read of single resources in the groups that `is_due` names (in lower case) is read again.
    pub(crate) fn read_again(&self, is_due: impl Fn(&str) -> bool) {
        let views = self.views();
        views.together.iter().flat_map(|together| together.looks.values()).for_each(|look| look.read_again(&is_due));
    }

    /// What the lists say that this look is made from.
    pub(crate) async fn editions(&self) -> Editions {
        let (began, lists) = {
            let views = self.views();
            let Some(together) = &views.together else { return Editions::default() };
            let lists = views.lists.iter().map(|(id, lists)| (id.clone(), Arc::clone(lists)));
            (together.began, lists.collect::<Vec<_>>())
        };
        let edition = async |(id, lists): (String, Arc<Lists>)| (id, lists.edition(began).await);
        Editions::from_iter(join_all(lists.into_iter().map(edition)).await)
    }

    /// Ends what [`Self::look_at_all`] began: each read is one of its own again.
    pub(crate) fn look_at_each(&self) {
        let mut views = self.views();
        if let Some(together) = views.together.take() {
            views.before = Some(together);
        }
    }

    /// What there was of `group` when it was first asked for after [`Self::look_at_all`], if that was called, and nothing was
    /// written to the group since.
    pub(super) fn first_look(&self, group: &str) -> Option<Arc<FirstLook>> {
        if self.arm.written().is_touched(&self.subscription, group) {
            return None;
        }
        let mut views = self.views();
        views.together.as_ref()?;
        let lists = views.lists_of(self);
        let Together { began, looks } = views.together.as_mut()?;
        let look = looks.entry(self.subscription.clone()).or_insert_with(|| Arc::new(FirstLook::new(&lists, *began)));
        Some(Arc::clone(look))
    }

    /// Whether what is read of `group` is what there was when the command began.
    pub(crate) fn has_first_look(&self, group: &str) -> bool {
        self.first_look(group).is_some()
    }

    /// What is read of `group` from now on is as it is at that moment.
    pub(crate) fn forget(&self, group: &str) {
        self.arm.written().touch(&self.subscription, group);
    }

    /// Where the model catalogue of a region is kept.
    pub(super) fn catalogue_of(&self, location: &str) -> Once<cognitive::models::Model> {
        let place = (self.subscription.clone(), location.to_owned());
        Arc::clone(self.views().catalogues.entry(place).or_default())
    }

    /// Where the deny assignments of the subscription are kept.
    pub(super) fn deny_assignments_once(&self) -> Once<serde_json::Value> {
        Arc::clone(self.views().deny_assignments.entry(self.subscription.clone()).or_default())
    }

    /// The subscription's lists, where the command is one on several labs.
    pub(super) fn lists(&self) -> Option<Arc<Lists>> {
        let mut views = self.views();
        views.together.is_some().then(|| views.lists_of(self))
    }

    /// The groups that carry the tag `name`, as the lists of the look have them; `None` if there is no look, or no list.
    pub(super) async fn listed_groups_tagged(&self, name: &str) -> Option<Vec<resources::models::ResourceGroup>> {
        let (lists, began) = {
            let mut views = self.views();
            let began = views.together.as_ref()?.began;
            (views.lists_of(self), began)
        };
        lists.groups_tagged_since(name, began).await
    }

    fn views(&self) -> MutexGuard<'_, Views> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another subscription over the same channel: tokens, counts and limits are shared, or kept by the path of a request.
    pub(crate) fn in_subscription(&self, subscription: &str) -> Self {
        Self { subscription: subscription.to_owned(), ..self.clone() }
    }

    /// The channel.
    pub fn arm(&self) -> &Arm {
        &self.arm
    }

    /// The subscription's id.
    pub(crate) fn subscription(&self) -> &str {
        &self.subscription
    }
}

fn containers_client(arm: &Arm, transport: azure_core_010::TransportOptions) -> containers::Client {
    containers::ClientBuilder::new(Arc::new(SignedBelow))
        // The 0.10 generation puts URLs together as text.
        .endpoint(arm.endpoint().as_str().trim_end_matches('/').to_owned())
        .retry(azure_core_010::RetryOptions::none())
        .transport(transport)
        .build()
}

/// What does not exist is `None`, every other error stays one.
///
/// # Errors
/// Every error but an absence.
pub(crate) fn optional<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads every page of an SDK list into one vector; pages end only where `nextLink` does.
macro_rules! every_page {
    ($what:expr, $stream:expr) => {{
        use azure_core_021::Continuable as _;
        use futures::StreamExt as _;
        let mut all = Vec::new();
        let mut pages = std::pin::pin!($stream);
        let mut paging = $crate::azure::paging::Paging::of($what);
        loop {
            match pages.next().await {
                Some(Ok(page)) => {
                    if let Err(endless) = paging.next(page.value.len(), page.continuation()) {
                        break Err(endless);
                    }
                    all.extend(page.value);
                }
                Some(Err(error)) => break Err($crate::azure::adapter::SdkError::into_ours(error, $what)),
                None => break Ok(all),
            }
        }
    }};
}
pub(super) use every_page;
