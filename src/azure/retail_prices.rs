//! The Retail Prices API (<https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices>): what
//! Azure's meters cost by its public list. No sign-in: no token is ever sent there.
//!
//! It goes out by the same transport as requests to Resource Manager. Where Resource Manager is at this machine
//! (`sandbox serve`), so are the prices: requests go to the same address, with the API's host in the `Host` header.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{HOST, HeaderMap, HeaderValue};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::body::parse;
use super::error::Error;
use super::request::Request;
use super::retry::RetryPolicy;
use super::service_channel::ServiceChannel;
use super::transport::SharedTransport;
use crate::events::Events;
use crate::values::cloud::{Cloud, is_loopback};
use azlab_clock::Clock;

/// Where the prices are.
const ADDRESS: &str = "https://prices.azure.com/api/retail/prices";
/// The version whose filters are as written here: texts are compared with regard to case.
const API_VERSION: &str = "2023-01-01-preview";
/// For how long a page is asked for again.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
/// How long all pages of a question may take: a run that only wants to tell a sum does not wait longer.
const LIMIT: Duration = Duration::from_secs(120);
/// Far more pages than a question about one meter has.
const MOST_PAGES: usize = 20;

/// What a [`RetailPrices`] is made of.
#[derive(Clone, Debug)]
pub(crate) struct RetailPricesOptions {
    /// How requests leave.
    pub(crate) transport: SharedTransport,
    /// The cloud: the API has the prices of the public one.
    pub(crate) cloud: Cloud,
    /// Where Resource Manager is.
    pub(crate) arm_endpoint: Url,
    /// The service's clock.
    pub(crate) clock: Clock,
    /// Where requests are told.
    pub(crate) events: Events,
    /// Cancelled when the user asks to stop.
    pub(crate) stop: CancellationToken,
}

/// A way to the prices. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RetailPrices {
    channel: Arc<ServiceChannel>,
    cloud: Cloud,
    arm_endpoint: Url,
}

/// A price of a meter, as far as azlab reads it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RetailPrice {
    /// A unit's price, without discounts and taxes.
    pub(crate) retail_price: f64,
    /// From how many units on.
    pub(crate) tier_minimum_units: f64,
    /// `1 Hour`, `1/Month`
    pub(crate) unit_of_measure: String,
    /// `westeurope`, `Global`
    pub(crate) arm_region_name: String,
    /// `Virtual Machines Dsv5 Series Windows`
    pub(crate) product_name: String,
    /// `D2s v5 Spot`
    pub(crate) sku_name: String,
    /// `D2s v5 Spot`
    pub(crate) meter_name: String,
    /// `Consumption`, `Reservation`, `DevTestConsumption`
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Since when, RFC 3339.
    pub(crate) effective_start_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    items: Vec<RetailPrice>,
    #[serde(default)]
    next_page_link: Option<String>,
}

impl fmt::Debug for RetailPrices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetailPrices").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

/// A text in a filter.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl RetailPrices {
    /// A way to the prices.
    pub(crate) fn new(options: RetailPricesOptions) -> Self {
        let RetailPricesOptions { transport, cloud, arm_endpoint, clock, events, stop } = options;
        let policy = RetryPolicy { give_up_after: GIVE_UP_AFTER, ..RetryPolicy::default() };
        let request_id = "x-ms-request-id";
        let channel = ServiceChannel { transport, signer: None, clock, events, stop, policy, request_id };
        Self { channel: Arc::new(channel), cloud, arm_endpoint }
    }

    /// The cloud, if the API has no prices of it.
    pub(crate) fn unknown_cloud(&self) -> Option<Cloud> {
        Some(self.cloud).filter(|cloud| *cloud != Cloud::Public)
    }

    /// The service's clock.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.channel.clock.now()
    }

    /// Every price in `currency` that `filter` lets pass.
    ///
    /// # Errors
    /// [`Error::Service`]: 400 for a currency that has no prices. [`Error::Transport`], [`Error::TimedOut`] when the API
    /// cannot be reached; [`Error::Answer`] for what is not its answer; [`Error::Interrupted`].
    pub(crate) async fn matching(&self, filter: &str, currency: &str) -> Result<Vec<RetailPrice>, Error> {
        let pages = self.channel.clock.timeout(LIMIT, self.every_page(filter, currency)).await;
        pages.unwrap_or_else(|_| Err(Error::TimedOut { what: "the retail prices".to_owned(), limit: LIMIT }))
    }

    async fn every_page(&self, filter: &str, currency: &str) -> Result<Vec<RetailPrice>, Error> {
        let mut url = Url::parse(ADDRESS).map_err(|error| Error::answer(ADDRESS, error.to_string()))?;
        url.query_pairs_mut()
            .append_pair("api-version", API_VERSION)
            .append_pair("currencyCode", &quoted(currency))
            .append_pair("$filter", filter);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let body = self.channel.ask(&self.request(&url)).await?;
            let Page { items, next_page_link } = parse(url.path(), &body)?;
            all.extend(items);
            let Some(link) = next_page_link.filter(|link| !link.is_empty()) else { return Ok(all) };
            url = following(&url, &link)?;
        }
        Err(Error::answer(url.path(), format!("it has more than {MOST_PAGES} pages")))
    }

    fn request(&self, url: &Url) -> Request {
        let (mut url, mut headers) = (url.clone(), HeaderMap::new());
        if is_loopback(&self.arm_endpoint)
            && let Ok(host) = HeaderValue::from_str(url.host_str().unwrap_or_default())
        {
            headers.insert(HOST, host);
            let mut at = self.arm_endpoint.clone();
            at.set_path(url.path());
            at.set_query(url.query());
            url = at;
        }
        Request { method: Method::GET, url, headers, body: Bytes::new() }
    }
}

/// The next page, which is where this one is.
fn following(url: &Url, link: &str) -> Result<Url, Error> {
    let refused = |why: &str| Error::answer(url.path(), format!("its link to the next page {why}"));
    let next = Url::parse(link).map_err(|_| refused("is not a URL"))?;
    let is_there = next.origin() == url.origin() && next.path() == url.path();
    if is_there { Ok(next) } else { Err(refused("leads elsewhere")) }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::azure::transport::{Transport, TransportError};

    /// Keeps what is sent, and answers with a page without records.
    #[derive(Debug, Default)]
    struct Kept(Mutex<Vec<http::Request<Bytes>>>);

    #[async_trait]
    impl Transport for Kept {
        async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
            self.0.lock().expect("nobody panics").push(request);
            Ok(http::Response::new(Bytes::from_static(br#"{"Items": [], "NextPageLink": null}"#)))
        }
    }

    /// What is sent where Resource Manager is at `endpoint`.
    async fn sent(endpoint: &str) -> http::Request<Bytes> {
        let kept = Arc::new(Kept::default());
        let clock = Clock::real();
        let prices = RetailPrices::new(RetailPricesOptions {
            transport: Arc::<Kept>::clone(&kept),
            cloud: Cloud::Public,
            arm_endpoint: Url::parse(endpoint).expect("a URL"),
            clock,
            events: Events::channel(clock).0,
            stop: CancellationToken::new(),
        });
        assert_eq!(prices.matching("armSkuName eq 'a'", "EUR").await.expect("an answer"), []);
        let mut all = kept.0.lock().expect("nobody panics");
        all.pop().expect("a request")
    }

    #[tokio::test]
    async fn no_token_is_sent_and_the_address_is_the_prices_own() {
        let request = sent("https://management.azure.com/").await;
        let expected = "https://prices.azure.com/api/retail/prices?api-version=2023-01-01-preview&currencyCode=%27EUR%27\
                        &%24filter=armSkuName+eq+%27a%27";
        assert_eq!(request.uri().to_string(), expected);
        assert!(request.headers().get(AUTHORIZATION).is_none());
    }

    #[tokio::test]
    async fn a_sandbox_on_this_machine_is_asked_by_the_host_of_the_prices() {
        let request = sent("https://127.0.0.1:8443/").await;
        assert_eq!(request.uri().authority().map(ToString::to_string).as_deref(), Some("127.0.0.1:8443"));
        assert_eq!(request.uri().path(), "/api/retail/prices");
        assert_eq!(request.headers()[HOST], "prices.azure.com");
        assert!(request.headers().get(AUTHORIZATION).is_none());
    }

    #[test]
    fn a_page_follows_on_the_same_host_alone_and_a_port_that_is_the_scheme_s_is_none() {
        let url = Url::parse(ADDRESS).expect("a URL");
        assert!(following(&url, "https://prices.azure.com:443/api/retail/prices?$skip=1000").is_ok());
        for link in [
            "https://example.org/api/retail/prices",
            "http://prices.azure.com/api/retail/prices",
            "x",
            "https://prices.azure.com/other",
        ] {
            assert!(following(&url, link).is_err(), "{link}");
        }
    }
}
