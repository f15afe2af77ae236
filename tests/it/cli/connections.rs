//! Connections that can never stand: told at once, with the cause and the way out; and those that may, tried for a while.
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::endpoints::text;
use super::endpoints::with_az::{SIGNED_IN, az, listen};
use super::{Ended, World};
use crate::security::https::{Flaw, Server};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
/// What 7 minutes of tries are not; a busy machine takes some seconds to start az.
const AT_ONCE: Duration = Duration::from_secs(30);

/// `status` on Azure, signed in by az.
fn azlab(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.azlab(&["status", "-o", "json", "--subscription", SUBSCRIPTION, "--auth", "cli"]);
    command.args(arguments).env("PATH", format!("{}:/usr/bin:/bin", world.path().join("programs").display()));
    command
}

/// Ends at once with an error that is no use to repeat; gives it.
#[track_caller]
fn barred(mut command: Command, code: &str, exit: i32) -> Value {
    let began = Instant::now();
    let ended = Ended::of(command.output().unwrap()).exit(exit);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert!(!ended.stderr.contains("retry "), "{}", ended.stderr);
    assert!(!ended.stdout.contains("hunter2") && !ended.stderr.contains("hunter2"), "{ended:?}");
    let object = ended.json();
    let error = object.get("error").unwrap_or_else(|| &object["labs"][0]["error"]).clone();
    assert_eq!((&error["code"], &error["retryable"]), (&code.into(), &false.into()), "{object}");
    error
}

/// A server of the test's own, on a thread of its own.
fn server(flaw: Flaw) -> Server {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = || {
                "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 77\r\n\r\n\
                 {\"error\":{\"code\":\"SubscriptionNotFound\",\"message\":\"It could not be found. \"}}"
                    .to_owned()
            };
            sender.send(Server::start(flaw, answer).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().unwrap()
}

#[test]
fn a_machine_without_any_certificates_is_told_what_to_install() {
    let world = World::new();
    let mut command = azlab(&world, &[]);
    command.env("SSL_CERT_DIR", world.path().join("nothing"));
    let error = barred(command, "NoTls", 2);
    let hint = error["hint"].as_str().unwrap();
    for says in ["ca-certificates", "AZLAB_CA_FILE", "SSL_CERT_DIR"] {
        assert!(hint.contains(says), "{hint}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_at_once_with_the_way_out() {
    for (flaw, says, way_out) in [
        (Flaw::Foreign, "is not trusted", "AZLAB_CA_FILE"),
        (Flaw::SelfSigned, "is not trusted", "REQUESTS_CA_BUNDLE"),
        (Flaw::OtherName, "for another host than localhost", "--arm-endpoint"),
        (Flaw::Expired, "not valid at this time", "clock"),
        (Flaw::Early, "not valid at this time", "clock"),
    ] {
        let server = server(flaw);
        let world = az(SIGNED_IN);
        let command = azlab(&world, &["--arm-endpoint", &server.url, "--ca-file", &server.ca_file]);
        let error = barred(command, "CannotConnect", 5);
        assert!(text(&error, "message").contains(says), "{flaw:?}: {error}");
        assert!(text(&error, "hint").contains(way_out), "{flaw:?}: {error}");
        assert_eq!(server.got(), "", "{flaw:?}");
    }
}

#[test]
fn az_s_own_variable_for_certificates_is_read_and_azlab_s_goes_before_it() {
    let (good, other) = (server(Flaw::None), server(Flaw::None));
    let with = |variables: &[(&str, &str)]| {
        let world = az(SIGNED_IN);
        let mut command = azlab(&world, &["--arm-endpoint", &good.url]);
        command.envs(variables.iter().copied());
        Ended::of(command.output().unwrap())
    };
    for trusted in ["AZLAB_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        let ended = with(&[(trusted, &good.ca_file)]);
        assert!(!ended.stdout.contains("CannotConnect"), "{trusted}: {ended:?}");
    }
    let own = with(&[("AZLAB_CA_FILE", &other.ca_file), ("REQUESTS_CA_BUNDLE", &good.ca_file)]);
    assert!(own.stdout.contains("CannotConnect"), "{own:?}");
    let ssl = with(&[("SSL_CERT_FILE", &good.ca_file), ("REQUESTS_CA_BUNDLE", &other.ca_file)]);
    assert!(!ssl.stdout.contains("CannotConnect"), "{ssl:?}");
    let folder = std::path::Path::new(&good.ca_file).parent().unwrap().to_str().unwrap();
    let ended = with(&[("REQUESTS_CA_BUNDLE", folder)]);
    assert!(!ended.stdout.contains("CannotConnect"), "a folder of certificates: {ended:?}");
    for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        let ended = with(&[(variable, "/nowhere/ca.pem")]).exit(2).json();
        assert_eq!(ended["error"]["code"], "InvalidCaFile");
        assert!(text(&ended["error"], "message").contains(variable), "{ended}");
        assert!(text(&ended["error"], "hint").contains(variable), "{ended}");
    }
}

#[test]
fn tls_to_a_port_that_speaks_plain_http_is_told_at_once() {
    let plain = listen("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let endpoint = plain.replace("http://", "https://");
    let world = az(SIGNED_IN);
    let error = barred(azlab(&world, &["--arm-endpoint", &endpoint]), "CannotConnect", 5);
    assert!(text(&error, "message").contains("does not answer with TLS"), "{error}");
    assert!(text(&error, "hint").contains("plain HTTP"), "{error}");
}

/// A proxy that answers CONNECT with `answer`, and what it was sent.
fn proxy(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let got = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&got);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 16 * 1024];
            let count = stream.read(&mut bytes).unwrap_or(0);
            noted.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, got)
}

#[test]
fn a_proxy_that_lets_nobody_through_is_told_at_once_and_without_its_password() {
    const NEEDS: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
    const FORBIDS: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    for (user, answer, says, way_out) in [
        ("", NEEDS, "asks for a user and a password (407)", "USER:PASSWORD"),
        ("me:hunter2@", NEEDS, "does not take the user and password", "correct the user and password in HTTPS_PROXY"),
        ("me:hunter2@", NEEDS, "does not take the user and password", "NTLM or Kerberos"),
        // Of a password with an @ in it nothing is shown either.
        ("me:x@hunter2@", FORBIDS, "refuses to connect to management.azure.com", "NO_PROXY"),
        ("me:hunter2@", FORBIDS, "refuses to connect to management.azure.com", "NO_PROXY"),
    ] {
        let (address, got) = proxy(answer);
        let world = az(SIGNED_IN);
        let mut command = azlab(&world, &[]);
        command.env("HTTPS_PROXY", format!("http://{user}{address}"));
        let error = barred(command, "CannotConnect", 5);
        let message = text(&error, "message");
        assert!(message.contains(says) && message.contains(&format!("http://{address} (HTTPS_PROXY)")), "{error}");
        assert!(text(&error, "hint").contains(way_out), "{error}");
        assert!(got.lock().unwrap().starts_with("CONNECT management.azure.com:443"), "{got:?}");
    }
}

/// `status` through a proxy that answers CONNECT so; gives its error, and what the proxy was sent.
#[track_caller]
fn through(user: &str, answer: &'static str, exit: i32) -> (Value, String, String) {
    let (address, got) = proxy(answer);
    let world = az(SIGNED_IN);
    let mut command = azlab(&world, &[]);
    command.env("HTTPS_PROXY", format!("http://{user}{address}"));
    let began = Instant::now();
    let ended = Ended::of(command.output().unwrap()).exit(exit);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert!(!ended.stdout.contains("hunter2") && !ended.stderr.contains("hunter2"), "{ended:?}");
    let got = got.lock().unwrap().clone();
    let object = ended.json();
    let error = object.get("error").unwrap_or_else(|| &object["labs"][0]["error"]).clone();
    (error, address, got)
}

#[test]
fn a_proxy_that_does_not_reach_the_host_is_told_so_and_nobody_is_sent_for_a_password() {
    for (answer, status) in [
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", "(502 Bad Gateway)"),
        (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
            "(503 Service",
        ),
        ("HTTP/1.0 504 Gateway Timeout\r\nconnection: close\r\n\r\n", "(504 Gateway Timeout)"),
    ] {
        let (error, address, got) = through("me:hunter2@", answer, 5);
        let says = format!("the proxy http://{address} (HTTPS_PROXY) cannot reach management.azure.com {status}");
        assert!(text(&error, "message").contains(&says), "{says}: {error}");
        for never in ["password", "USER", "refuses"] {
            assert!(!text(&error, "hint").contains(never) && !text(&error, "message").contains(never), "{error}");
        }
        assert!(text(&error, "hint").contains("management.azure.com past it with NO_PROXY"), "{error}");
        assert_eq!((&error["code"], &error["retryable"]), (&"CannotConnect".into(), &true.into()), "{error}");
        // It may have had too much to do.
        assert!(got.matches("CONNECT management.azure.com:443").count() > 2, "{got}");
        // With the user and password that it was given.
        let asked = got.matches("CONNECT").count();
        assert_eq!(got.to_ascii_lowercase().matches("proxy-authorization: basic").count(), asked, "{got}");
    }
}

#[test]
fn what_a_proxy_answers_is_told_with_its_status_and_its_own_way_out() {
    for (answer, says, way_out) in [
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
            "refuses to connect to",
            "ask who runs the proxy to allow",
        ),
        (
            "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n",
            "does not carry connections to",
            "host and port in HTTPS_PROXY",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://login.example.com/?secret=hunter2\r\ncontent-length: 0\r\n\r\n",
            "wants somebody to sign in",
            "browser",
        ),
    ] {
        let (error, address, _) = through("", answer, 5);
        let status = answer.split_ascii_whitespace().nth(1).unwrap();
        let message = text(&error, "message");
        assert!(message.contains(&format!("http://{address} (HTTPS_PROXY) {says}")), "{error}");
        assert!(message.contains(&format!("({status} ")) && text(&error, "hint").contains(way_out), "{error}");
        assert_eq!((&error["code"], &error["retryable"]), (&"CannotConnect".into(), &false.into()), "{error}");
    }
}

#[test]
fn a_proxy_whose_own_certificate_or_tls_is_wrong_is_told_as_the_proxy_and_not_as_azure() {
    let foreign = server(Flaw::Foreign);
    let plain = listen("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    for (proxy, says, way_out) in [
        (foreign.url.clone(), "is not trusted", "AZLAB_CA_FILE"),
        (plain.replace("http://", "https://"), "does not answer with TLS", "http://HOST:PORT"),
    ] {
        let world = az(SIGNED_IN);
        let mut command = azlab(&world, &[]);
        command.env("HTTPS_PROXY", &proxy);
        let error = barred(command, "CannotConnect", 5);
        let message = text(&error, "message");
        assert!(message.contains("the proxy https://") && message.contains(says), "{error}");
        assert!(!message.contains("management.azure.com"), "{error}");
        assert!(text(&error, "hint").contains(way_out), "{error}");
    }
}

#[test]
fn an_empty_variable_of_a_proxy_hides_no_other() {
    let world = az(SIGNED_IN);
    let mut command = azlab(&world, &["--arm-endpoint", "https://azure.invalid"]);
    command.env("HTTPS_PROXY", "").env("https_proxy", "socks5://127.0.0.1:1");
    let error = barred(command, "InvalidProxy", 2);
    assert!(text(&error, "message").contains("https_proxy"), "{error}");
    let (address, got) = proxy("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    let mut command = azlab(&world, &[]);
    command.env("HTTPS_PROXY", "").env("https_proxy", &address).env("NO_PROXY", "").env("no_proxy", "example.com");
    let error = barred(command, "CannotConnect", 5);
    assert!(text(&error, "message").contains(&format!("http://{address} (https_proxy)")), "{error}");
    assert!(got.lock().unwrap().starts_with("CONNECT"), "{got:?}");
}

#[test]
fn a_certificate_in_der_is_told_with_the_line_that_converts_it_and_each_variable_of_az_is_read() {
    let world = az(SIGNED_IN);
    let file = world.path().join("company.cer");
    // The beginning of any certificate in DER: what follows is not looked at.
    std::fs::write(&file, [0x30, 0x82, 0x02, 0x0a, 0x00]).unwrap();
    for variable in ["AZLAB_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
        let mut command = azlab(&world, &[]);
        command.env(variable, &file);
        let ended = Ended::of(command.output().unwrap()).exit(2);
        assert!(ended.stderr.contains("openssl x509 -inform der -in ") && ended.stderr.contains(variable), "{ended:?}");
    }
}

#[test]
fn a_proxy_that_is_written_as_none_is_refused_and_not_passed_over() {
    for (variable, value, says) in [
        ("HTTPS_PROXY", "socks5://me:hunter2@127.0.0.1:1", "socks5 is neither http nor https"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:1", "ftp is neither http nor https"),
        ("https_proxy", "http://me:hunter2@proxy:port", "it is not a URL"),
        // What a password of special characters makes of it.
        ("HTTPS_PROXY", "http://me:hunter2#@127.0.0.1:1", "it is not a URL"),
        ("HTTPS_PROXY", "http://CORP\\me:hunter2@127.0.0.1:1", "it is not a URL"),
        ("ALL_PROXY", "http://", "it is not a URL"),
        ("HTTPS_PROXY", "proxy .example.com:3128 hunter2", "it is not a URL"),
        ("HTTPS_PROXY", " http://me:hunter2@127.0.0.1:1", "there are spaces around it"),
        ("https_proxy", "http://127.0.0.1:1\r", "there are spaces around it"),
    ] {
        let world = az(SIGNED_IN);
        let mut command = azlab(&world, &[]);
        command.env(variable, value);
        let error = barred(command, "InvalidProxy", 2);
        assert!(text(&error, "message").contains(says) && text(&error, "message").contains(variable), "{error}");
        assert!(text(&error, "hint").contains("http://HOST:PORT"), "{error}");
        assert!(text(&error, "hint").contains("%23 for #"), "{error}");
    }
}

/// Whether azlab looks for `azure.invalid` by itself, which there is not: that may pass, and is tried again.
fn looks_by_itself(proxy: &str, exempt: &str) -> bool {
    let world = az(SIGNED_IN);
    let mut command = azlab(&world, &["--arm-endpoint", "https://azure.invalid"]);
    command.env("HTTPS_PROXY", proxy).env("NO_PROXY", exempt);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let tried = lines.map_while(Result::ok).any(|line| line.contains("retry GET"));
    child.kill().unwrap();
    child.wait().unwrap();
    tried
}

#[test]
fn a_proxy_that_is_written_as_none_does_not_hinder_whom_it_does_not_concern() {
    assert!(looks_by_itself("socks5://127.0.0.1:1", "example.com, .invalid"));
}

#[test]
fn what_no_proxy_lets_past_is_read_as_people_write_it_for_other_programs() {
    for exempt in ["*.invalid", "azure.invalid:443", "example.com *.invalid", "AZURE.invalid", "*", "x,\t.invalid:443 "]
    {
        // It takes what comes, and nobody answers: whoever is sent through it waits.
        let proxy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        proxy.set_nonblocking(true).unwrap();
        assert!(looks_by_itself(&format!("http://{}", proxy.local_addr().unwrap()), exempt), "{exempt}");
        assert!(proxy.accept().is_err(), "{exempt}: it went through the proxy");
        assert!(looks_by_itself("socks5://127.0.0.1:1", exempt), "{exempt}");
    }
    // Another port, another domain: that goes through the proxy.
    for exempt in ["azure.invalid:8443", "*.example.com", "*invalid.x"] {
        let world = az(SIGNED_IN);
        let mut command = azlab(&world, &["--arm-endpoint", "https://azure.invalid"]);
        command.env("HTTPS_PROXY", "socks5://127.0.0.1:1").env("NO_PROXY", exempt);
        barred(command, "InvalidProxy", 2);
    }
}

#[test]
fn a_sign_in_service_behind_the_same_obstacles_is_told_in_the_same_words() {
    let world = World::new();
    let sign_in = |variables: &[(&str, &str)]| {
        let mut command = world.azlab(&["status", "-o", "json", "--subscription", SUBSCRIPTION, "--auth", "secret"]);
        command
            .env("AZURE_TENANT_ID", SUBSCRIPTION)
            .env("AZURE_CLIENT_ID", SUBSCRIPTION)
            .env("AZURE_CLIENT_SECRET", "hunter2")
            .envs(variables.iter().copied());
        command
    };
    let foreign = server(Flaw::Foreign);
    let variables = [("AZURE_AUTHORITY_HOST", foreign.url.as_str()), ("REQUESTS_CA_BUNDLE", foreign.ca_file.as_str())];
    let error = barred(sign_in(&variables), "SignInUnreachable", 3);
    assert!(
        text(&error, "message").contains("is not trusted") && text(&error, "hint").contains("AZLAB_CA_FILE"),
        "{error}"
    );
    let (address, got) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let error = barred(sign_in(&[("HTTPS_PROXY", &format!("http://{address}"))]), "SignInUnreachable", 3);
    assert!(text(&error, "message").contains("407") && text(&error, "hint").contains("HTTPS_PROXY"), "{error}");
    assert_eq!(got.lock().unwrap().matches("CONNECT login.microsoftonline.com").count(), 1, "{got:?}");
}
