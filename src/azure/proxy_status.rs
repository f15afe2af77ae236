//! The status with which a proxy answers CONNECT where it does not connect. hyper-util keeps it to itself, so that the same is asked
//! once more, with nothing behind it.

use std::time::Duration;

use http::StatusCode;
use reqwest::Method;
use url::Url;

use super::certificates::CaFile;
use super::proxy;
use crate::values::Environment;

/// Real seconds for the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// What the proxy of requests to `url` says to CONNECT; `None` where it now says nothing, or connects.
pub(super) async fn of_connect(url: &Url) -> Option<StatusCode> {
    // For a proxy that speaks TLS itself.
    let authorities = CaFile::find(None, &Environment::from_process()).and_then(|file| file.read().ok());
    let client = reqwest::Client::builder()
        .proxy(proxy::to_ask(url)?)
        .timeout(LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(authorities.unwrap_or_default())
        .build()
        .ok()?;
    // By way of a proxy, hyper sends CONNECT to a URL without TLS as it is: with the host and the port alone.
    let target = format!("http://{}:{}", url.host_str()?, url.port_or_known_default()?);
    let status = client.request(Method::CONNECT, target).send().await.ok()?.status();
    (!status.is_success()).then_some(status)
}
