//! A server on this machine with a certificate of the test's making, which notes what it is sent.
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

use super::{CLIENT_SECRET, TOKEN, WAYS, send_secret};

/// A server, what it got, and the file of the authority that vouches for it.
pub struct Server {
    pub url: String,
    pub got: Arc<Mutex<String>>,
    pub ca_file: String,
    _folder: TempDir,
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// Its authority is not the one in the CA file.
    Foreign,
    /// It is for another host.
    OtherName,
    /// It was good until yesterday.
    Expired,
    /// It will be good from tomorrow on.
    Early,
    /// Nobody vouches for it.
    SelfSigned,
}

fn authority() -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "the test's authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params, KeyPair::generate().unwrap())
}

impl Server {
    /// Starts one that answers each request with `answer`.
    pub async fn start(flaw: Flaw, answer: impl Fn() -> String + Send + Sync + 'static) -> Self {
        let now = OffsetDateTime::now_utc();
        let (params, key) = authority();
        let certificate = params.self_signed(&key).unwrap();
        let folder = TempDir::new().unwrap();
        let ca_file = folder.path().join("ca.pem");
        let trusted = match flaw {
            Flaw::Foreign => {
                let (params, key) = authority();
                params.self_signed(&key).unwrap().pem()
            }
            _ => certificate.pem(),
        };
        std::fs::write(&ca_file, trusted).unwrap();
        let mut own = CertificateParams::default();
        own.distinguished_name.push(DnType::CommonName, "the test's server");
        own.subject_alt_names = match flaw {
            Flaw::OtherName => vec![SanType::DnsName("example.org".try_into().unwrap())],
            _ => vec![
                SanType::DnsName("localhost".try_into().unwrap()),
                SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            ],
        };
        let (from, to) = match flaw {
            Flaw::Expired => (-30, -1),
            Flaw::Early => (1, 30),
            _ => (-1, 30),
        };
        (own.not_before, own.not_after) = (now + Duration::days(from), now + Duration::days(to));
        let own_key = KeyPair::generate().unwrap();
        let signed = match flaw {
            Flaw::SelfSigned => own.self_signed(&own_key),
            _ => own.signed_by(&own_key, &Issuer::from_params(&params, &key)),
        };
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.unwrap().der().clone()], private)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let got = Arc::new(Mutex::new(String::new()));
        let (noted, acceptor, answer) = (got.clone(), TlsAcceptor::from(Arc::new(config)), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, acceptor, answer) = (noted.clone(), acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                        noted.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
                        if stream.write_all(answer().as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, got, ca_file: ca_file.to_str().unwrap().to_owned(), _folder: folder }
    }

    pub fn got(&self) -> String {
        self.got.lock().unwrap().clone()
    }
}

fn empty() -> String {
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_owned()
}

#[tokio::test]
async fn a_server_with_a_good_certificate_is_sent_the_secret() {
    // Without it the tests that nothing is sent would prove nothing.
    for way in WAYS {
        let server = Server::start(Flaw::None, empty).await;
        let _ = send_secret(way, &server.url, &server.ca_file).await;
        let got = server.got();
        assert!(got.contains(TOKEN) || got.contains(CLIENT_SECRET), "{way}: {got}");
    }
}

#[tokio::test]
async fn no_secret_is_sent_to_a_server_whose_certificate_is_not_good() {
    for flaw in [Flaw::Foreign, Flaw::OtherName, Flaw::Expired, Flaw::Early, Flaw::SelfSigned] {
        for way in WAYS {
            let server = Server::start(flaw, empty).await;
            let error = send_secret(way, &server.url, &server.ca_file).await.expect_err("it is not to be trusted");
            assert_eq!(server.got(), "", "{way}, {flaw:?}: {error}");
        }
    }
}
