use azlab_sandbox::serve::{CancellationToken, ServeOptions, serve};
use azlab_sandbox::{Clock, Sandbox, TENANT_ID};
use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{get, groups, read};

/// The pages' size makes a list's `nextLink` tell where the service takes itself to be.
async fn with_two_groups() -> Sandbox {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    azure.control().change_settings(|settings| settings.page_size = 1).unwrap();
    for name in ["one", "two"] {
        let uri = groups().replace('?', &format!("/{name}?"));
        let put = Request::put(uri).header("authorization", azure.bearer().unwrap());
        let put = put.header("content-type", "application/json").body(Bytes::from_static(br#"{"location": "eastus"}"#));
        assert_eq!(azure.handle(put.unwrap()).await.status(), 201);
    }
    azure
}

#[tokio::test(start_paused = true)]
async fn in_process_links_begin_with_the_host_that_the_request_names_or_resource_manager_s() {
    let azure = with_two_groups().await;
    for (origin, expected) in [
        ("", "https://management.azure.com/"),
        ("https://management.azure.com", "https://management.azure.com/"),
        ("http://else.where:81", "http://else.where:81/"),
    ] {
        let (status, body) = get(&azure, &format!("{origin}{}", groups())).await;
        let link = body["nextLink"].as_str().unwrap();
        assert!(status == 200 && link.starts_with(expected), "{origin}: {link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_host_is_refused_and_named() {
    let azure = with_two_groups().await;
    for hosts in [&["a b"][..], &[""], &["one", "two"], &["user@host"], &["host:port"]] {
        let mut request = Request::get(groups()).header("authorization", azure.bearer().unwrap());
        for host in hosts {
            request = request.header("host", *host);
        }
        let (status, body) = read(&azure.handle(request.body(Bytes::new()).unwrap()).await);
        assert_eq!((status, body["error"]["code"].as_str()), (400, Some("InvalidHostHeader")), "{hosts:?}");
        assert!(body["error"]["message"].as_str().unwrap().contains("Send"), "{hosts:?}: {body}");
    }
    assert_eq!(get(&azure, &format!("https://user:password@management.azure.com{}", groups())).await.0, 400);
}

/// What a server on a socket answers to these lines of a head.
async fn served(azure: &Sandbox, first: &str, headers: &[&str]) -> String {
    let stop = CancellationToken::new();
    let options = ServeOptions::new("127.0.0.1:0".parse().unwrap(), None, 1.0);
    let server = serve(azure.public_router(), options, stop.clone()).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let bearer = azure.bearer().unwrap();
    let mut head = format!("{first}\r\nauthorization: {}\r\nconnection: close\r\n", bearer.to_str().unwrap());
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    stop.cancel();
    server.stopped().await;
    answer
}

#[tokio::test]
async fn a_served_request_without_a_usable_host_is_refused_as_its_links_would_lead_to_the_real_azure() {
    let azure = with_two_groups().await;
    let path = groups();
    for (first, headers) in [
        (format!("GET {path} HTTP/1.0"), &[][..]),
        (format!("GET {path} HTTP/1.1"), &[]),
        (format!("GET {path} HTTP/1.1"), &["host: a b"]),
        (format!("GET {path} HTTP/1.1"), &["host: one", "host: two"]),
        // The services beside Resource Manager, too.
        (format!("GET /{TENANT_ID}/v2.0/.well-known/openid-configuration HTTP/1.1"), &["host: one", "host: two"]),
    ] {
        let answer = served(&azure, &first, headers).await;
        assert!(answer.contains(" 400 ") && answer.contains("InvalidHostHeader"), "{first} {headers:?}: {answer}");
    }
}

#[tokio::test]
async fn a_served_request_leads_back_to_the_host_that_it_names() {
    let azure = with_two_groups().await;
    let path = groups();
    for (first, headers, expected) in [
        (format!("GET {path} HTTP/1.0"), &["host: localhost:8443"][..], "http://localhost:8443/subscriptions"),
        (format!("GET http://else.where{path} HTTP/1.1"), &["host: localhost:8443"], "http://else.where/subscriptions"),
        (format!("GET http://else.where{path} HTTP/1.0"), &[], "http://else.where/subscriptions"),
        (
            format!("GET http://else.where/{TENANT_ID}/v2.0/.well-known/openid-configuration HTTP/1.1"),
            &["host: localhost:8443"],
            "\"token_endpoint\":\"http://else.where/",
        ),
    ] {
        let answer = served(&azure, &first, headers).await;
        assert!(answer.contains(expected), "{first} {headers:?}: {answer}");
    }
}
