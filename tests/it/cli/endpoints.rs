//! Endpoints that are not Azure Resource Manager, and tokens that cannot be had.
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use super::{Ended, World};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

/// `provision` on Azure; gives the error of the result.
#[track_caller]
pub(super) fn error(world: &World, arguments: &[&str], exit: i32) -> (Value, Ended) {
    let mut command = world.azlab(&["provision", "-o", "json", "--subscription", SUBSCRIPTION]);
    command.args(arguments).env("PATH", format!("{}:/usr/bin:/bin", world.path().join("programs").display()));
    let ended = Ended::of(command.output().unwrap()).exit(exit);
    let object = ended.json();
    let error = object.get("error").unwrap_or_else(|| &object["labs"][0]["error"]).clone();
    assert!(!world.sandbox().exists(), "the sandbox is not touched");
    (error, ended)
}

pub(super) fn text<'a>(error: &'a Value, key: &str) -> &'a str {
    error[key].as_str().unwrap_or_else(|| panic!("{key}: {error}"))
}

#[test]
fn endpoints_that_would_give_the_token_away_are_refused() {
    for (endpoint, says) in [
        ("http://example.com", "plain http"),
        ("http://10.0.0.1:8080", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://user:pass@127.0.0.1:1", "user or password"),
        ("https://user@management.azure.com", "user or password"),
        ("ftp://127.0.0.1", "ftp"),
        ("garbage", "garbage"),
        ("", "``"),
        ("https://", "https://"),
    ] {
        let (error, _) = error(&World::new(), &["--arm-endpoint", endpoint], 2);
        assert!(text(&error, "message").contains(says), "{endpoint}: {error}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
}

#[test]
fn a_ca_file_that_is_none_is_named() {
    let world = World::new();
    std::fs::write(world.path().join("garbage.pem"), "-----BEGIN CERTIFICATE-----\ngarbage\n").unwrap();
    for file in ["garbage.pem", "missing.pem", "."] {
        let (error, _) = error(&world, &["--ca-file", file], 2);
        assert_eq!(error["code"], "InvalidCaFile", "{error}");
        assert!(text(&error, "message").contains(file) && text(&error, "hint").contains("AZLAB_CA_FILE"), "{error}");
    }
}

#[test]
fn no_subscription_and_no_way_to_sign_in() {
    let world = World::new();
    let nobody = world.run(&["provision", "-o", "json"]).exit(3).json();
    assert_eq!(nobody["error"]["code"], "NoSubscription");
    assert!(text(&nobody["error"], "hint").contains("--sandbox"), "{nobody}");
    let (missing, _) = error(&world, &["--auth", "cli"], 3);
    assert_eq!(missing["code"], "ProgramNotFound");
    assert!(text(&missing, "message").contains("az not found"), "{missing}");
    let (unset, _) = error(&world, &["--auth", "secret"], 3);
    assert!(text(&unset, "message").contains("AZURE_CLIENT_SECRET"), "{unset}");
}

#[cfg(unix)]
pub(super) mod with_az {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::*;

    /// A world with a program `az`.
    pub(in crate::cli) fn az(script: &str) -> World {
        let world = World::new();
        let programs = world.path().join("programs");
        std::fs::create_dir(&programs).unwrap();
        let path = programs.join("az");
        // Written by another process: were it open for writing here while another test starts a program, the system
        // would refuse to run it.
        let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1""#;
        assert!(Command::new("/bin/sh").args(["-c", write, "sh"]).arg(&path).arg(script).status().unwrap().success());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        world
    }

    pub(in crate::cli) const SIGNED_IN: &str = r#"printf '{"accessToken":"secret-of-az","expires_on":%s,"subscription":"s","tenant":"t","tokenType":"Bearer"}' "$(($(date +%s) + 3600))""#;

    #[test]
    fn az_that_is_not_signed_in_is_told_what_to_do() {
        let world = az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
        let (error, _) = error(&world, &["--auth", "cli"], 3);
        assert!(text(&error, "hint").contains("az login"), "{error}");
    }

    /// Answers each connection with `answer` and closes it, as long as the test runs.
    pub(in crate::cli) fn listen(answer: &'static str) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 16 * 1024]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn answers_that_are_not_azures_are_named_and_nothing_is_repeated_for_ever() {
        for (answer, code) in [
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello", "UnreadableAnswer"),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "UnreadableAnswer"),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 7\r\n\r\n{\"a\":1}", "UnreadableAnswer"),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]", "UnreadableAnswer"),
            (
                "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 19\r\n\r\n<html>nothing</html",
                "HttpStatus404",
            ),
            (
                "HTTP/1.1 301 Moved\r\nlocation: http://example.com/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                "HttpStatus301",
            ),
        ] {
            let endpoint = listen(answer);
            let (error, ended) = error(&az(SIGNED_IN), &["--auth", "cli", "--arm-endpoint", &endpoint], 5);
            assert_eq!(error["code"], code, "{answer}: {error}");
            assert!(text(&error, "hint").contains("--arm-endpoint"), "{error}");
            assert!(!ended.stdout.contains("secret-of-az") && !ended.stderr.contains("secret-of-az"));
        }
    }

    /// A proxy that wants a sign-in sends people to its page, with a ticket in the query.
    #[test]
    fn a_redirection_is_not_followed_and_where_it_leads_is_told_without_what_is_behind_the_host() {
        let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let target = format!("http://{}", elsewhere.local_addr().unwrap());
        for status in [301, 302, 303, 307, 308] {
            let answer = format!(
                "HTTP/1.1 {status} Moved\r\nlocation: {target}/login?ticket=of-the-proxy\r\nconnection: close\r\n\
                 content-type: text/html\r\ncontent-length: 19\r\n\r\n<html>moved</html>\n"
            );
            let endpoint = listen(answer.leak());
            let (error, ended) = error(&az(SIGNED_IN), &["--auth", "cli", "--arm-endpoint", &endpoint], 5);
            assert_eq!(error["code"], format!("HttpStatus{status}"), "{error}");
            assert!(text(&error, "message").contains(&format!("sends azlab on to {target}")), "{error}");
            assert!(text(&error, "hint").contains("your proxy"), "{error}");
            assert!(!ended.stdout.contains("ticket") && !ended.stderr.contains("ticket"), "{ended:?}");
        }
        let nobody = elsewhere.accept().map(|(_, from)| from).map_err(|error| error.kind());
        assert_eq!(nobody, Err(std::io::ErrorKind::WouldBlock), "the token went there");
    }

    #[test]
    fn a_connection_that_cannot_be_had_is_tried_again_and_people_see_why() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let nobody = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        for endpoint in [nobody, listen("")] {
            let arguments = ["--auth", "cli", "--arm-endpoint", &endpoint, "--timeout", "1s"];
            let (error, ended) = error(&az(SIGNED_IN), &arguments, 9);
            assert_eq!(error["code"], "TimedOut", "{error}");
            assert!(ended.stderr.contains("retry GET /subscriptions/"), "{}", ended.stderr);
        }
    }

    #[test]
    fn a_token_that_is_refused_is_not_signed_in() {
        let body = r#"{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}"#;
        let answer =
            format!("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let endpoint = listen(answer.leak());
        let (error, _) = error(&az(SIGNED_IN), &["--auth", "cli", "--arm-endpoint", &endpoint], 3);
        assert_eq!(error["code"], "InvalidAuthenticationToken", "{error}");
        assert!(text(&error, "hint").contains("az login"), "{error}");
    }
}
