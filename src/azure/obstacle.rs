//! Connections that cannot stand however often they are tried: a certificate that is not trusted, a proxy that refuses.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use super::proxy::ProxyInUse;

/// Why no connection can stand, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Obstacle {
    /// What is in the way, with the host, and the proxy without its password.
    pub cause: String,
    /// What to do about it.
    pub way_out: String,
}

/// The obstacle that the error of a connection to `host` tells of; `None` for what may pass: no name, no route, a connection
/// that was refused or broke.
pub(crate) fn find(error: &(dyn Error + 'static), host: &str, proxy: Option<&ProxyInUse>) -> Option<Obstacle> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = tls_error(cause) {
            return of_tls(found, host, proxy);
        }
        if let Some(found) = of_proxy(&cause.to_string(), host, proxy) {
            return Some(found);
        }
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
    let obstacle = |cause: String, way_out: String| Some(Obstacle { cause: format!("{cause}{through}"), way_out });
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
            format!("another server answers for {host}: look at --arm-endpoint (AZLAB_ARM_ENDPOINT), DNS, VPN and proxy"),
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
        rustls::Error::AlertReceived(alert) if !passes(*alert) => refused(host, error, &through),
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::PeerMisbehaved(_)
        | rustls::Error::UnsupportedNameType
        | rustls::Error::NoApplicationProtocol => refused(host, error, &through),
        _ => None,
    }
}

fn refused(host: &str, error: &rustls::Error, through: &str) -> Option<Obstacle> {
    Some(Obstacle {
        cause: format!("{host} refuses to speak TLS with azlab ({error}){through}"),
        way_out: "look at what is in between (proxy, VPN, firewall), and at --arm-endpoint (AZLAB_ARM_ENDPOINT)"
            .to_owned(),
    })
}

/// Whether a server may say this today and not tomorrow.
fn passes(alert: AlertDescription) -> bool {
    matches!(alert, AlertDescription::InternalError | AlertDescription::CloseNotify | AlertDescription::UserCanceled)
}

/// What a proxy says to CONNECT, in the words of hyper-util's `TunnelError`, which is not public.
fn of_proxy(text: &str, host: &str, proxy: Option<&ProxyInUse>) -> Option<Obstacle> {
    let said = text.split_once("tunnel error: ")?.1;
    let name = proxy.map_or_else(|| "the proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
    let source = proxy.map_or("HTTPS_PROXY", |proxy| proxy.source);
    if said.starts_with("proxy authorization required") {
        let (cause, what) = if proxy.is_some_and(|proxy| proxy.signs_in) {
            ("does not take the user and password that it was given (407)", "correct the user and password in")
        } else {
            ("asks for a user and a password (407)", "give them as http://USER:PASSWORD@HOST:PORT in")
        };
        return Some(Obstacle {
            cause: format!("{name} {cause}"),
            way_out: format!(
                "{what} {source} (with % codes for special characters), or let {host} past it with NO_PROXY; azlab knows Basic alone: \
                 for a proxy that wants NTLM or Kerberos, name a local one that signs in to it (px, cntlm)"
            ),
        });
    }
    let is_refused = said.starts_with("unsuccessful") || said.starts_with("proxy headers too long");
    is_refused.then(|| Obstacle {
        cause: format!("{name} refuses to connect to {host}"),
        way_out: format!(
            "ask who runs the proxy to allow {host}, name another in {source}, or let {host} past it with NO_PROXY"
        ),
    })
}
