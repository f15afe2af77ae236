//! Microsoft Graph, as far as attendees are looked up there: users, guests among them, and groups, by address or object id.
//!
//! Sources: Microsoft Graph REST API v1.0, "List users", "List groups", "directoryObject: getByIds"; "Use the $filter query
//! parameter" for what may be compared, and how much of it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::credential::TokenCache;
use super::error::Error;
use super::paging::Paging;
use super::request::Request;
use super::retry::RetryPolicy;
use super::service_channel::{ServiceChannel, Signer};
use super::transport::SharedTransport;
use crate::events::Events;
use crate::values::PrincipalKind;
use crate::values::cloud::{Cloud, is_loopback};
use azlab_clock::Clock;

/// Comparisons that one filter takes ("Max allowed: 15"), of two properties.
const ADDRESSES_OF_A_FILTER: usize = 7;
/// Ids that `getByIds` takes.
const IDS_OF_A_REQUEST: usize = 1_000;
/// Requests that are made at a time; the directory allows thousands in ten seconds.
const SIDE_BY_SIDE: usize = 4;
/// For how long a request is made again: a throttled one is asked to wait for some ten seconds.
const GIVE_UP_AFTER: Duration = Duration::from_secs(120);
/// What is read of each object.
const SELECT: &str = "id,displayName,userPrincipalName,mail,otherMails,proxyAddresses";
const SELECT_OF_A_GROUP: &str = "id,displayName,mail,proxyAddresses";

/// An object of the directory that may be given access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Its object id.
    pub(crate) id: String,
    /// What it is; `None` where the directory was not asked.
    pub(crate) kind: Option<PrincipalKind>,
    /// Its display name.
    pub(crate) name: Option<String>,
    /// A user's principal name.
    pub(crate) user_principal_name: Option<String>,
    /// Its e-mail address.
    pub(crate) mail: Option<String>,
    /// Its further addresses.
    pub(crate) further: Vec<String>,
}

impl Principal {
    /// What people would write for it in a roster.
    pub(crate) fn label(&self) -> &str {
        let said = self.mail.as_deref().or(self.user_principal_name.as_deref());
        said.or(self.name.as_deref()).unwrap_or(&self.id)
    }
}

/// What a [`Graph`] is made of; most of it is what the channel to Resource Manager is made of.
#[derive(Clone, Debug)]
pub(crate) struct GraphOptions {
    /// How requests leave.
    pub(crate) transport: SharedTransport,
    /// Who signs them.
    pub(crate) tokens: Arc<TokenCache>,
    /// The cloud: its Graph, and what tokens for it are for.
    pub(crate) cloud: Cloud,
    /// Where Resource Manager is.
    pub(crate) arm_endpoint: Url,
    /// Whether that is the sandbox in this process.
    pub(crate) is_sandbox: bool,
    /// The service's clock.
    pub(crate) clock: Clock,
    /// Where requests are told.
    pub(crate) events: Events,
    /// Cancelled when the user asks to stop.
    pub(crate) stop: CancellationToken,
}

/// The directory of the tenant that is signed in to. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Graph {
    channel: Arc<ServiceChannel>,
    /// With a trailing slash: `https://graph.microsoft.com/v1.0/`.
    base: Url,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// A user or a group, as the directory has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Object {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    id: String,
    display_name: Option<String>,
    user_principal_name: Option<String>,
    mail: Option<String>,
    other_mails: Option<Vec<String>>,
    proxy_addresses: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Object>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

impl Graph {
    /// The directory of a cloud. A sandbox, in this process or served at this machine, has its own at Resource Manager's address.
    ///
    /// # Errors
    /// [`Error::Answer`] never happens: the addresses are constants, or have been read.
    pub(crate) fn new(options: GraphOptions) -> Result<Self, Error> {
        let GraphOptions { transport, tokens, cloud, arm_endpoint, is_sandbox, clock, events, stop } = options;
        let is_local = is_sandbox || is_loopback(&arm_endpoint);
        let root = if is_local {
            arm_endpoint.join("/graph/v1.0/")
        } else {
            Url::parse(cloud.graph_endpoint()).and_then(|root| root.join("/v1.0/"))
        };
        let base = root.map_err(|error| Error::answer("the address of Microsoft Graph", error.to_string()))?;
        let policy = RetryPolicy { give_up_after: GIVE_UP_AFTER, ..RetryPolicy::default() };
        let (scope, request_id) = (cloud.graph_scope(), "request-id");
        let signer = Some(Signer { tokens, scope });
        let channel = ServiceChannel { transport, signer, clock, events, stop, policy, request_id };
        Ok(Self { channel: Arc::new(channel), base })
    }

    /// Those of `ids` that are users, groups or service principals.
    ///
    /// # Errors
    /// As [`Graph::by_addresses`].
    pub(crate) async fn by_ids(&self, ids: &[&str]) -> Result<Vec<Principal>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(IDS_OF_A_REQUEST) {
            let body = json!({"ids": ids, "types": ["user", "group", "servicePrincipal"]});
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
            let url = self.url("directoryObjects/getByIds", &[])?;
            let request = Request { method: Method::POST, url, headers, body: Bytes::from(body.to_string()) };
            let page = read(&request, &self.channel.ask(&request).await?)?;
            found.extend(page.value.into_iter().filter_map(Object::principal));
        }
        Ok(found)
    }

    /// The users whose user principal name or e-mail address is one of `addresses`: a guest has that of their home as the latter.
    ///
    /// # Errors
    /// [`Error::Service`]: 403 `Authorization_RequestDenied` without the right to read the directory. [`Error::SignIn`],
    /// [`Error::Transport`], [`Error::Answer`], [`Error::Interrupted`].
    pub(crate) async fn by_addresses(&self, addresses: &[&str]) -> Result<Vec<Principal>, Error> {
        self.each(addresses, "users", SELECT, |some| {
            let some = some.iter().map(|address| quoted(address)).collect::<Vec<_>>().join(",");
            format!("userPrincipalName in ({some}) or mail in ({some})")
        })
        .await
    }

    /// The users who have one of `addresses` as a further one.
    ///
    /// # Errors
    /// As [`Graph::by_addresses`].
    pub(crate) async fn by_further_addresses(&self, addresses: &[&str]) -> Result<Vec<Principal>, Error> {
        self.each(addresses, "users", SELECT, |some| {
            let one = |address: &&str| {
                let (plain, proxy) = (quoted(address), quoted(&format!("smtp:{address}")));
                format!("otherMails/any(a:a eq {plain}) or proxyAddresses/any(a:a eq {proxy})")
            };
            some.iter().map(one).collect::<Vec<_>>().join(" or ")
        })
        .await
    }

    /// The groups whose address is one of `addresses`.
    ///
    /// # Errors
    /// As [`Graph::by_addresses`].
    pub(crate) async fn groups(&self, addresses: &[&str]) -> Result<Vec<Principal>, Error> {
        self.each(addresses, "groups", SELECT_OF_A_GROUP, |some| {
            let some = some.iter().map(|address| quoted(address)).collect::<Vec<_>>().join(",");
            format!("mail in ({some})")
        })
        .await
    }

    /// A few users whose name or address begins with one of `starts`.
    ///
    /// # Errors
    /// As [`Graph::by_addresses`].
    pub(crate) async fn like(&self, name: Option<&str>, address: &str) -> Result<Vec<Principal>, Error> {
        let begins = |property: &str, start: &str| format!("startswith({property},{})", quoted(start));
        let mut filters = vec![begins("userPrincipalName", address), begins("mail", address)];
        filters.extend(name.map(|name| begins("displayName", name)));
        let filter = filters.join(" or ");
        let url = self.url("users", &[("$filter", &filter), ("$select", SELECT), ("$top", "5")])?;
        let request = get(url);
        let page = read(&request, &self.channel.ask(&request).await?)?;
        Ok(page.value.into_iter().filter_map(Object::user).collect())
    }

    /// What `filter` lets pass of a collection, for as many addresses at a time as one takes; each object once.
    async fn each(
        &self,
        addresses: &[&str],
        collection: &str,
        select: &str,
        filter: impl Fn(&[&str]) -> String,
    ) -> Result<Vec<Principal>, Error> {
        let of = if collection == "groups" { Object::group } else { Object::user };
        let filters: Vec<String> = addresses.chunks(ADDRESSES_OF_A_FILTER).map(filter).collect();
        let lists = filters.iter().map(|filter| self.list(collection, filter, select));
        let all: Vec<Vec<Object>> = futures::stream::iter(lists).buffered(SIDE_BY_SIDE).try_collect().await?;
        let mut known = BTreeSet::new();
        let each = all.into_iter().flatten().filter_map(of);
        Ok(each.filter(|principal| known.insert(principal.id.clone())).collect())
    }

    async fn list(&self, collection: &str, filter: &str, select: &str) -> Result<Vec<Object>, Error> {
        let first = self.url(collection, &[("$filter", filter), ("$select", select), ("$top", "999")])?;
        let (mut all, mut paging, mut next) = (Vec::new(), Paging::of(collection), Some(first));
        while let Some(url) = next {
            let request = get(url);
            let page = read(&request, &self.channel.ask(&request).await?)?;
            let link = paging.next(page.value.len(), page.next_link)?;
            all.extend(page.value);
            next = link.map(|link| followed(&self.base, &link)).transpose()?;
        }
        Ok(all)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Error> {
        let mut url = self.base.join(path).map_err(|error| Error::answer(path, error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// A link from a page of Graph at `base` to the next. The token goes to Graph and nowhere else.
///
/// # Errors
/// [`Error::Answer`] where it leads elsewhere.
fn followed(base: &Url, link: &str) -> Result<Url, Error> {
    let foreign =
        || Error::answer("a page of Microsoft Graph", "its link leads elsewhere, and a token goes nowhere else");
    let url = Url::parse(link).map_err(|_| foreign())?;
    let is_at_home = url.origin() == base.origin() && url.username().is_empty() && url.password().is_none();
    if is_at_home { Ok(url) } else { Err(foreign()) }
}

impl Object {
    fn of_kind(self, kind: PrincipalKind) -> Option<Principal> {
        if self.id.is_empty() {
            return None;
        }
        let plain = |address: String| match address.split_once(':') {
            // `SMTP:` is a user's first address, `smtp:` another; what else there is (`SIP:`, `x500:`) is none.
            Some((scheme, address)) => scheme.eq_ignore_ascii_case("smtp").then(|| address.to_owned()),
            None => Some(address),
        };
        let proxies = self.proxy_addresses.into_iter().flatten().filter_map(plain);
        let further = self.other_mails.into_iter().flatten().chain(proxies).collect();
        Some(Principal {
            id: self.id,
            kind: Some(kind),
            name: self.display_name,
            user_principal_name: self.user_principal_name,
            mail: self.mail,
            further,
        })
    }

    fn user(self) -> Option<Principal> {
        self.of_kind(PrincipalKind::User)
    }

    fn group(self) -> Option<Principal> {
        self.of_kind(PrincipalKind::Group)
    }

    /// Of a list of mixed objects.
    fn principal(self) -> Option<Principal> {
        let kind = match self.kind.as_deref()? {
            "#microsoft.graph.user" => PrincipalKind::User,
            "#microsoft.graph.group" => PrincipalKind::Group,
            "#microsoft.graph.servicePrincipal" => PrincipalKind::ServicePrincipal,
            _ => return None,
        };
        self.of_kind(kind)
    }
}

/// A text in a filter, in which a quote is doubled.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn get(url: Url) -> Request {
    Request { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() }
}

fn read(request: &Request, body: &[u8]) -> Result<Page, Error> {
    serde_json::from_slice(body).map_err(|error| Error::answer(request.url.path(), error.to_string()))
}

#[test]
fn no_page_of_the_directory_leads_its_token_away_from_graph() {
    let base = Url::parse("https://graph.microsoft.com/v1.0/").expect("a URL");
    let next = "https://graph.microsoft.com/v1.0/users?$skiptoken=x";
    assert_eq!(followed(&base, next).expect("Graph's own").as_str(), next);
    for link in [
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:8443/v1.0/users",
        "https://graph.microsoft.com.example.org/v1.0/users",
        "https://graph.microsoft.com@example.org/v1.0/users",
        "https://somebody@graph.microsoft.com/v1.0/users",
        "//example.org/users",
        "users",
    ] {
        assert!(followed(&base, link).is_err(), "{link}");
    }
}
