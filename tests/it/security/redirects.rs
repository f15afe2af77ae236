//! Redirects: to another host, and what is sent there.
use super::https::{Flaw, Server};
use super::{CLIENT_SECRET, TOKEN, WAYS, send_secret};

#[tokio::test]
async fn a_redirect_is_followed_by_nothing_that_carries_a_secret() {
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        for way in WAYS {
            let elsewhere =
                Server::start(Flaw::None, || "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned()).await;
            let target = elsewhere.url.clone();
            let server = Server::start(Flaw::None, move || {
                format!("HTTP/1.1 {status}\r\nlocation: {target}/there\r\ncontent-length: 0\r\n\r\n")
            })
            .await;
            // Both are trusted: it is not the certificate that keeps the client away.
            let both = std::fs::read_to_string(&server.ca_file).unwrap()
                + &std::fs::read_to_string(&elsewhere.ca_file).unwrap();
            std::fs::write(&server.ca_file, both).unwrap();
            let error = send_secret(way, &server.url, &server.ca_file).await.expect_err("a redirect is no answer");
            let got = server.got();
            assert!(got.contains(TOKEN) || got.contains(CLIENT_SECRET), "{way}: {error}");
            assert_eq!(elsewhere.got(), "", "{way}, {status}: {error}");
        }
    }
}
