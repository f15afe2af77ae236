//! Why no HTTPS client can be made, before anything is sent.

use std::path::PathBuf;

/// No HTTPS client can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The file of certificates cannot be used.
    #[error("the CA file {} ({variable}) {reason}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What names it.
        variable: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable names a proxy that cannot be used.
    #[error("the proxy in {variable} cannot be used: {reason}")]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it, without its value.
        reason: String,
        /// The host that it was to lead to.
        host: String,
    },
    /// The platform's TLS cannot be set up.
    #[error("no HTTPS client can be made: {0}")]
    Tls(String),
}

impl ClientError {
    /// A code for scripts, and what to do.
    pub(crate) fn code_and_hint(&self) -> (&'static str, Option<String>) {
        match self {
            Self::CaFile { variable, .. } => {
                ("InvalidCaFile", Some(format!("point {variable} at a PEM certificate, or unset it")))
            }
            Self::Proxy { variable, host, .. } => (
                "InvalidProxy",
                Some(format!(
                    "write {variable} as http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with % codes for special \
                     characters (%23 for #, %2F for /, %5C for \\), unset it, or let {host} past the proxy with NO_PROXY"
                )),
            ),
            Self::Tls(_) => (
                "NoTls",
                Some(
                    "azlab trusts the certificates of this machine: install them (the package ca-certificates), or point AZLAB_CA_FILE \
                     at a PEM file of them; SSL_CERT_DIR and SSL_CERT_FILE, where they are set, must lead to certificates"
                        .to_owned(),
                ),
            ),
        }
    }
}
