//! The proxy that a request goes through, for messages: the variables are read as reqwest reads them (hyper-util's matcher),
//! which passes over in silence what it cannot use. Here that is an error.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::client_error::ClientError;

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
/// before small ones, else by the system's settings.
///
/// # Errors
/// [`ClientError::Proxy`] for a variable that names none. Its value is not shown: it may hold a password.
pub(crate) fn in_use(url: &Url) -> Result<Option<ProxyInUse>, ClientError> {
    let Ok(uri) = url.as_str().parse::<http::Uri>() else { return Ok(None) };
    let exempt = first_set(["NO_PROXY", "no_proxy"]).map_or_else(String::new, |(_, value)| value);
    let any = Matcher::builder().all("http://proxy").no(exempt).build();
    // A CGI program's HTTP_PROXY is its client's header.
    if any.intercept(&uri).is_none() || std::env::var_os("REQUEST_METHOD").is_some() {
        return Ok(None);
    }
    let for_scheme =
        if url.scheme() == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    for group in [for_scheme, FOR_ALL] {
        if let Some((source, value)) = first_set(group).filter(|(_, value)| !value.is_empty()) {
            return read(source, &value, &uri, url).map(Some);
        }
    }
    let found = Matcher::from_system().intercept(&uri);
    Ok(found.map(|found| ProxyInUse {
        url: shown(found.uri()),
        source: "the system's proxy settings",
        signs_in: found.basic_auth().is_some(),
    }))
}

fn first_set<const N: usize>(names: [&'static str; N]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, std::env::var(name).ok()?)))
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
