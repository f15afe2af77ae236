//! The proxy that a request goes through, for messages: the variables are read as reqwest reads them (hyper-util's matcher),
//! which passes over in silence what it cannot use. Here that is an error.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::client_error::ClientError;

const FOR_HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const FOR_HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const EXEMPT: [&str; 2] = ["NO_PROXY", "no_proxy"];
const FOR_ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// A proxy in use, without its user and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyInUse {
    url: String,
    /// Where it is named: a variable.
    pub(crate) source: &'static str,
    /// Whether it is given a user and a password.
    pub(crate) signs_in: bool,
}

impl fmt::Display for ProxyInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.url, self.source)
    }
}

/// The proxy for requests to `url`, by `HTTPS_PROXY` (for http `HTTP_PROXY`), `ALL_PROXY` and `NO_PROXY`, in capital letters
/// before small ones, else by the system's settings. A variable that is empty is none.
///
/// # Errors
/// [`ClientError::Proxy`] for a variable that names none. Its value is not shown: it may hold a password.
pub(crate) fn in_use(url: &Url) -> Result<Option<ProxyInUse>, ClientError> {
    match named(url) {
        None => Ok(None),
        Some((uri, Some((source, value)))) => read(source, &value, &uri, url).map(Some),
        Some((uri, None)) => Ok(Matcher::from_system().intercept(&uri).map(|found| ProxyInUse {
            url: shown(found.uri()),
            source: "the system's proxy settings",
            signs_in: found.basic_auth().is_some(),
        })),
    }
}

/// The same for a client that goes nowhere else, with its user and password.
pub(super) fn to_ask(url: &Url) -> Option<reqwest::Proxy> {
    match named(url)? {
        (_, Some((_, value))) => reqwest::Proxy::all(value).ok(),
        (uri, None) => {
            let found = Matcher::from_system().intercept(&uri)?;
            let proxy = reqwest::Proxy::all(found.uri().to_string()).ok()?;
            Some(match found.basic_auth() {
                Some(user) => proxy.custom_http_auth(user.clone()),
                None => proxy,
            })
        }
    }
}

/// The variable that names the proxy for `url`, with its value; no variable where the system's settings count, and `None` where no
/// proxy is asked.
fn named(url: &Url) -> Option<(http::Uri, Option<(&'static str, String)>)> {
    let uri: http::Uri = url.as_str().parse().ok()?;
    let is_https = url.scheme() == "https";
    Matcher::builder().all("http://proxy").no(exempt(url)).build().intercept(&uri)?;
    if !is_https && is_cgi() {
        return None;
    }
    let variable = first_set(if is_https { FOR_HTTPS } else { FOR_HTTP }).or_else(|| first_set(FOR_ALL));
    Some((uri, variable))
}

/// Whether this is a CGI program, whose `HTTP_PROXY` is its client's header.
fn is_cgi() -> bool {
    std::env::var_os("REQUEST_METHOD").is_some()
}

/// What `NO_PROXY` lets past the proxy, as the matcher reads it: people write it as Go and curl take it, too, with `*.` before a
/// domain, with a port, and with spaces between. A port counts as that of `url`, whose host the ports of a run are.
fn exempt(url: &Url) -> String {
    let value = first_set(EXEMPT).map_or_else(String::new, |(_, value)| value);
    let entries = value.split([',', ';', ' ', '\t', '\r', '\n']).filter(|entry| !entry.is_empty());
    let read = |entry: &str| {
        let entry = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
        let Some((host, port)) = entry.rsplit_once(':') else { return Some(entry.to_owned()) };
        match port.parse::<u16>() {
            // An address of IPv6 has no port unless it stands in brackets.
            Ok(port) if !host.contains(':') || host.ends_with(']') => {
                (url.port_or_known_default() == Some(port)).then(|| host.trim_matches(['[', ']']).to_owned())
            }
            _ => Some(entry.trim_matches(['[', ']']).to_owned()),
        }
    };
    entries.filter_map(read).collect::<Vec<_>>().join(",")
}

/// The proxies of the environment for a client; empty where what reqwest reads by itself is enough, the system's settings included.
///
/// # Errors
/// What is no proxy; [`in_use`] has told of it where it concerns anybody.
pub(super) fn explicit(url: &Url) -> Result<Vec<reqwest::Proxy>, reqwest::Error> {
    let value = |names| first_set(names).map(|(_, value)| value);
    let Some(for_https) = value(FOR_HTTPS).or_else(|| value(FOR_ALL)) else { return Ok(Vec::new()) };
    let for_http = value(FOR_HTTP).filter(|_| !is_cgi()).or_else(|| value(FOR_ALL));
    let for_http = for_http.and_then(|proxy| reqwest::Proxy::http(proxy).ok());
    let proxies = [Some(reqwest::Proxy::https(for_https)?), for_http];
    let past = || reqwest::NoProxy::from_string(&exempt(url));
    Ok(proxies.into_iter().flatten().map(|proxy| proxy.no_proxy(past())).collect())
}

/// The first of the variables that has a value: an empty one stands for nothing, as to Go and curl.
fn first_set<const N: usize>(names: [&'static str; N]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?)))
}

fn read(source: &'static str, value: &str, uri: &http::Uri, url: &Url) -> Result<ProxyInUse, ClientError> {
    let unusable = |reason: String| ClientError::Proxy {
        variable: source,
        reason,
        host: url.host_str().unwrap_or_default().to_owned(),
    };
    if value.trim() != value {
        return Err(unusable("there are spaces around it".to_owned()));
    }
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    let is_word = |scheme: &&str| scheme.len() <= 20 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Some(scheme) = scheme.filter(|scheme| !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())) {
        let scheme = Some(scheme).filter(is_word).unwrap_or("its scheme");
        return Err(unusable(format!("{scheme} is neither http nor https")));
    }
    let found = Matcher::builder().all(value).build().intercept(uri);
    // The matcher takes any word for a port.
    let found = found.filter(|found| Url::parse(&shown(found.uri())).is_ok());
    let found = found.ok_or_else(|| unusable("it is not a URL".to_owned()))?;
    Ok(ProxyInUse { url: shown(found.uri()), source, signs_in: found.basic_auth().is_some() })
}

/// Without what is before the last `@` of the authority: of a password that has one itself, the parser takes the rest for the host.
fn shown(uri: &http::Uri) -> String {
    let host = uri.authority().map_or("", |authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    format!("{}://{host}{}", uri.scheme_str().unwrap_or("http"), uri.path().trim_end_matches('/'))
}
