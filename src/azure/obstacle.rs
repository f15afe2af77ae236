//! Connections that do not stand for a reason that is known: a certificate that is not trusted, a proxy that refuses.

use std::error::Error;
use std::io;

use http::StatusCode;
use rustls::{AlertDescription, CertificateError};
use url::Url;

use super::proxy::ProxyInUse;
use super::proxy_status;

/// Why no connection can stand, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Obstacle {
    /// What is in the way, with the host, and the proxy without its password.
    pub cause: String,
    /// What to do about it.
    pub way_out: String,
    /// Whether it may be gone at the next try.
    pub may_pass: bool,
}

/// What stands in the way of a connection.
enum Found<'a> {
    /// rustls' error.
    Tls(&'a rustls::Error),
    /// The same of the connection to a proxy that is itself spoken to in TLS.
    ProxyTls(&'a rustls::Error),
    /// A proxy that does not carry out CONNECT; 407 is told by hyper-util, and no other status.
    Refused(Option<StatusCode>),
}

/// The obstacle that the error of a connection to `url` tells of; `None` for what may pass: no name, no route, a connection
/// that was refused or broke.
pub(crate) async fn find(error: &reqwest::Error, url: &Url, proxy: Option<&ProxyInUse>) -> Option<Obstacle> {
    let host = url.host_str().unwrap_or_default();
    match look(error)? {
        Found::Tls(error) => of_tls(error, host, proxy),
        Found::ProxyTls(error) => match proxy {
            Some(proxy) => of_tls(error, &format!("the proxy {proxy}"), None),
            None => of_tls(error, "the proxy", None),
        },
        Found::Refused(Some(status)) => Some(of_proxy(Some(status), host, proxy)),
        Found::Refused(None) => Some(of_proxy(proxy_status::of_connect(url).await, host, proxy)),
    }
}

fn look<'a>(error: &'a (dyn Error + 'static)) -> Option<Found<'a>> {
    let (mut next, mut is_of_proxy) = (Some(error), false);
    while let Some(cause) = next {
        if let Some(found) = tls_error(cause) {
            return Some(if is_of_proxy { Found::ProxyTls(found) } else { Found::Tls(found) });
        }
        let text = cause.to_string();
        if let Some(status) = refused(&text) {
            return Some(Found::Refused(status));
        }
        is_of_proxy |= text.contains("tunnel error: failed to create underlying connection");
        next = cause.source();
    }
    None
}

/// rustls' error, also where it is wrapped in an error of I/O.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let inner: &'a (dyn Error + 'static) = error.downcast_ref::<io::Error>()?.get_ref()?;
    tls_error(inner)
}

fn of_tls(error: &rustls::Error, host: &str, proxy: Option<&ProxyInUse>) -> Option<Obstacle> {
    use CertificateError as C;
    let through = proxy.map_or_else(String::new, |proxy| format!(", through the proxy {proxy}"));
    let obstacle = |cause: String, way_out: String| {
        Some(Obstacle { cause: format!("{cause}{through}"), way_out, may_pass: false })
    };
    match error {
        rustls::Error::InvalidCertificate(C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. }) => {
            obstacle(
                format!("the certificate of {host} is not valid at this time and not trusted ({error})"),
                "set this machine's clock if it is wrong; otherwise whoever runs that server, or the proxy in between, has to renew it"
                    .to_owned(),
            )
        }
        rustls::Error::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => obstacle(
            format!("the certificate that was shown is for another host than {host} and not trusted ({error})"),
            format!(
                "another server answers for {host}: look at --arm-endpoint (AZLAB_ARM_ENDPOINT), DNS, VPN and proxy (HTTPS_PROXY)"
            ),
        ),
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => obstacle(
            format!("the certificate of {host} is not trusted ({error})"),
            "if your company's proxy or your own server made it, name its CA certificate (PEM) in AZLAB_CA_FILE; \
             SSL_CERT_FILE and az's REQUESTS_CA_BUNDLE are read too"
                .to_owned(),
        ),
        rustls::Error::InvalidMessage(_) => obstacle(
            format!("{host} does not answer with TLS ({error})"),
            "look at the port, and whether it is plain HTTP: --arm-endpoint (AZLAB_ARM_ENDPOINT); a proxy that speaks plain \
             HTTP is written http://HOST:PORT"
                .to_owned(),
        ),
        rustls::Error::AlertReceived(alert) if !passes(*alert) => no_tls(host, error, &through),
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::PeerMisbehaved(_)
        | rustls::Error::UnsupportedNameType
        | rustls::Error::NoApplicationProtocol => no_tls(host, error, &through),
        _ => None,
    }
}

fn no_tls(host: &str, error: &rustls::Error, through: &str) -> Option<Obstacle> {
    Some(Obstacle {
        cause: format!("{host} refuses to speak TLS with azlab ({error}){through}"),
        way_out: "look at what is in between (proxy, VPN, firewall), and at --arm-endpoint (AZLAB_ARM_ENDPOINT)"
            .to_owned(),
        may_pass: false,
    })
}

/// Whether a server may say this today and not tomorrow.
fn passes(alert: AlertDescription) -> bool {
    matches!(alert, AlertDescription::InternalError | AlertDescription::CloseNotify | AlertDescription::UserCanceled)
}

/// What a proxy says to CONNECT, in the words of hyper-util's `TunnelError`, which is not public: its status, as far as it is told;
/// `None` for another error.
fn refused(text: &str) -> Option<Option<StatusCode>> {
    let said = text.split_once("tunnel error: ")?.1;
    if said.starts_with("proxy authorization required") {
        return Some(Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED));
    }
    (said.starts_with("unsuccessful") || said.starts_with("proxy headers too long")).then_some(None)
}

fn of_proxy(status: Option<StatusCode>, host: &str, proxy: Option<&ProxyInUse>) -> Obstacle {
    let name = proxy.map_or_else(|| "the proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
    let source = proxy.map_or("HTTPS_PROXY", |proxy| proxy.source);
    let told = status.map_or_else(String::new, |status| format!(" ({status})"));
    let lasting = |cause: String, way_out: String| Obstacle { cause, way_out, may_pass: false };
    let other = format!("name another in {source}, or let {host} past it with NO_PROXY");
    match status {
        Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => {
            let (cause, what) = if proxy.is_some_and(|proxy| proxy.signs_in) {
                ("does not take the user and password that it was given (407)", "correct the user and password in")
            } else {
                ("asks for a user and a password (407)", "give them as http://USER:PASSWORD@HOST:PORT in")
            };
            lasting(
                format!("{name} {cause}"),
                format!(
                    "{what} {source} (with % codes for special characters), or let {host} past it with NO_PROXY; azlab knows Basic alone: \
                     for a proxy that wants NTLM or Kerberos, name a local one that signs in to it (px, cntlm)"
                ),
            )
        }
        Some(status) if status.is_redirection() || status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED => lasting(
            format!("{name} wants somebody to sign in before it connects to {host}{told}"),
            format!("open any page in a browser, sign in there, and run the command again; or {other}"),
        ),
        Some(
            StatusCode::BAD_REQUEST
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED
            | StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        ) => lasting(
            format!("{name} does not carry connections to {host}{told}"),
            format!(
                "look whether host and port in {source} are those of a proxy for HTTPS, which answers CONNECT; or let {host} past it with NO_PROXY"
            ),
        ),
        Some(status) if status.is_server_error() => Obstacle {
            may_pass: true,
            ..lasting(
                format!("{name} cannot reach {host}{told}"),
                format!(
                    "the proxy itself answers, and does not come through to {host}: run the same command again in a few minutes; if \
                     that does not help, ask who runs the proxy whether it finds and reaches {host}, {other}"
                ),
            )
        },
        _ => lasting(
            format!("{name} refuses to connect to {host}{told}"),
            format!("ask who runs the proxy to allow {host}, {other}"),
        ),
    }
}
