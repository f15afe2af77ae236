//! The way into one cluster, from the kubeconfig that AKS hands out. It is held in memory and never written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::error::Error;
use crate::kubeconfig::Credentials;
use crate::kubeconfig::credentials::Lookup;
use crate::values::Secret;
use crate::values::cloud::is_loopback;

/// The application of AKS's API servers in Entra ID: the same in every tenant (Microsoft Learn, "Use kubelogin").
const AKS_SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// The way into one cluster.
#[derive(Debug)]
pub(crate) struct Access {
    /// Where its API server is.
    pub(super) server: Url,
    /// The certificates that it may have (PEM); `None` for the platform's.
    pub(super) authority: Option<Vec<u8>>,
    /// A client certificate and its key (PEM).
    pub(super) identity: Option<Secret>,
    /// Who asks.
    pub(super) user: User,
}

/// How requests say who asks.
#[derive(Clone, Debug)]
pub(super) enum User {
    /// The connection's certificate says it.
    Certificate,
    /// A token that stands in the kubeconfig.
    Token(Secret),
    /// A token of Entra ID for the cluster, which kubelogin would get.
    Entra {
        /// What it is for.
        scope: String,
    },
}

impl Access {
    /// Reads the kubeconfig of one cluster.
    ///
    /// # Errors
    /// [`Error::Answer`], without anything of the text.
    pub(crate) fn read(kubeconfig: &Secret) -> Result<Self, Error> {
        let credentials = Credentials::read(kubeconfig.reveal()).map_err(|error| bad(error.to_string()))?;
        let text = |lookup: Lookup| credentials.text(lookup);
        let server = text(Lookup::Server).ok_or_else(|| bad("it names no server"))?;
        let server = Url::parse(&server).map_err(|error| bad(format!("its server is not a URL: {error}")))?;
        // A sandbox that is served without TLS is on this machine.
        if server.scheme() != "https" && !is_loopback(&server) {
            return Err(bad("its server is not reached by https"));
        }
        let decoded = |lookup: Lookup, what: &str| {
            let data = text(lookup);
            data.map(|data| STANDARD.decode(data).map_err(|_| bad(format!("its {what} is not base64")))).transpose()
        };
        let authority = decoded(Lookup::Authority, "certificate-authority-data")?;
        let certificate = decoded(Lookup::Certificate, "client-certificate-data")?;
        let key = decoded(Lookup::Key, "client-key-data")?;
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let pem = [certificate, b"\n".to_vec(), key].concat();
                Some(Secret::new(String::from_utf8(pem).map_err(|_| bad("its client certificate is not PEM"))?))
            }
            _ => None,
        };
        let user = match (credentials.program(), text(Lookup::Token)) {
            (Some(_), _) => {
                User::Entra { scope: format!("{}/.default", credentials.argument("--server-id").unwrap_or(AKS_SERVER)) }
            }
            (None, Some(token)) => User::Token(Secret::new(token)),
            (None, None) if identity.is_some() => User::Certificate,
            (None, None) => return Err(bad("it has no credentials for a user")),
        };
        Ok(Self { server, authority, identity, user })
    }
}

fn bad(problem: impl Into<String>) -> Error {
    Error::Answer { what: "the cluster's kubeconfig".to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(cluster: &str, user: &str) -> Secret {
        Secret::new(format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n{cluster}contexts:\n- name: c\n  context:\n    cluster: c\n    user: u\nusers:\n- name: u\n  user:\n{user}"
        ))
    }

    const SERVER: &str = "    server: https://c.hcp.westeurope.azmk8s.io:443\n";

    #[test]
    fn a_user_of_entra_asks_with_a_token_for_the_server_that_kubelogin_is_told() {
        let user = "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: kubelogin\n      args: [get-token, --server-id, 11111111-2222-3333-4444-555555555555, --login, devicecode]\n";
        let access = Access::read(&kubeconfig(SERVER, user)).unwrap();
        assert!(
            matches!(access.user, User::Entra { scope } if scope == "11111111-2222-3333-4444-555555555555/.default")
        );
        let plain = "    exec:\n      command: kubelogin\n      args: [get-token]\n";
        let access = Access::read(&kubeconfig(SERVER, plain)).unwrap();
        assert!(matches!(access.user, User::Entra { scope } if scope.starts_with(AKS_SERVER)));
    }

    #[test]
    fn a_token_and_a_certificate_are_read_and_not_shown() {
        let user = format!(
            "    token: s3cret\n    client-certificate-data: {}\n    client-key-data: {}\n",
            STANDARD.encode("CERT"),
            STANDARD.encode("KEY")
        );
        let access = Access::read(&kubeconfig(SERVER, &user)).unwrap();
        assert!(matches!(&access.user, User::Token(token) if token.reveal() == "s3cret"));
        assert_eq!(access.identity.as_ref().map(Secret::reveal), Some("CERT\nKEY"));
        assert!(!format!("{access:?}").contains("s3cret"));
    }

    #[test]
    fn what_leads_nowhere_is_refused_without_a_word_of_it() {
        let http = "    server: http://example.com\n";
        for (cluster, user, says) in [
            (http, "    token: s3cret\n", "https"),
            ("    server: 's3cret nowhere'\n", "    token: t\n", "URL"),
            (SERVER, "    client-key-data: '***s3cret'\n", "not the kubeconfig of a cluster"),
            (SERVER, "    username: s3cret\n", "credentials"),
        ] {
            let error = Access::read(&kubeconfig(cluster, user)).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
        }
    }
}
