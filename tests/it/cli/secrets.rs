//! Where secrets must not be found: everything that the program writes, but for what it was asked for.
use std::fs;
use std::path::Path;

use super::served::{QUICK, Served};
use super::{Ended, World};

/// Every text that must not be found, with what it is.
fn secrets(served: &Served, world: &World) -> Vec<(String, String)> {
    let mut all = vec![("the client secret".to_owned(), served.export("AZURE_CLIENT_SECRET").to_owned())];
    let printed = served.client(world, &["env", "--show-keys", "--format", "json", "-q"]).done();
    let variables: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
    all.push(("the account's key".to_owned(), variables["AOAI_OPENAI_API_KEY"].as_str().unwrap().to_owned()));
    let printed = served.client(world, &["kubeconfig", "--file", "-", "-q"]).done().stdout;
    let tree: serde_json::Value = yaml_serde::from_str(&printed).unwrap();
    for (name, value) in tree["users"][0]["user"].as_object().unwrap() {
        if let Some(text) = value.as_str() {
            all.push((format!("the kubeconfig's {name}"), text.to_owned()));
        }
    }
    assert!(all.len() >= 4, "{:?}", all.iter().map(|(what, _)| what).collect::<Vec<_>>());
    assert!(all.iter().all(|(what, text)| text.len() >= 16 || what.is_empty()), "short texts are found anywhere");
    all
}

#[track_caller]
fn holds_none(what: &str, text: &str, secrets: &[(String, String)]) {
    for (name, secret) in secrets {
        assert!(!text.contains(secret.as_str()), "{name} is in {what}");
    }
    // The head of any JSON Web Token: {"typ":"JWT"… and {"alg":….
    assert!(!text.contains("eyJ0eX") && !text.contains("eyJhbG"), "a token is in {what}");
    assert!(!text.to_lowercase().contains("bearer ey"), "a token is in {what}");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn nothing_that_is_written_holds_a_secret_but_what_was_asked_for() {
    let world = World::new();
    world.scenario(QUICK);
    let served = Served::start(&world, &[]);
    served.client(&world, &["provision", "-q"]).done();
    let secrets = secrets(&served, &world);
    let lines: [&[&str]; 8] = [
        &["provision"],
        &["verify"],
        &["status"],
        &["env", "--show-keys"],
        &["kubeconfig"],
        &["kubeconfig", "--admin", "--context", "other"],
        &["provision", "-g", "myResourceGroup", "--location", "eastus"],
        &["teardown", "--yes"],
    ];
    for (at, line) in lines.iter().enumerate() {
        for output in ["json", "text"] {
            let (log, events) = (format!("log{at}{output}"), format!("events{at}{output}"));
            let told = ["-vvv", "-o", output, "--log-file", &log, "--events", &events];
            // What libraries would say if they were asked.
            let mut command = world.azlab(&[line, &told[..]].concat());
            command.env_remove("AZLAB_SANDBOX_DIR").envs(served.exports().iter().cloned()).env("RUST_LOG", "trace");
            let ended = Ended::of(command.output().unwrap());
            assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
            let what = format!("{} of {}", output, line.join(" "));
            holds_none(&format!("stderr, {what}"), &ended.stderr, &secrets);
            if !line.contains(&"--show-keys") {
                holds_none(&format!("stdout, {what}"), &ended.stdout, &secrets);
            }
            for file in [&log, &events] {
                let path = world.path().join(file);
                holds_none(&format!("{file}, {what}"), &fs::read_to_string(&path).unwrap(), &secrets);
                #[cfg(unix)]
                assert_eq!(mode(&path), 0o600, "{file}");
            }
        }
    }
    #[cfg(unix)]
    assert_eq!(mode(&world.path().join(".kube/config")), 0o600);
}

#[test]
fn a_process_of_ours_has_no_secret_among_its_arguments() {
    // All that takes one takes it from the environment or from a file: no option is named for it.
    let world = World::new();
    let commands =
        ["provision", "teardown", "status", "verify", "env", "kubeconfig", "doctor", "sandbox serve", "sweep"];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = world.run(&words).done().stdout;
        for option in help.split_whitespace().filter(|word| word.starts_with("--")) {
            let option = option.to_lowercase();
            for name in ["secret", "password", "token", "api-key", "client-key"] {
                assert!(!option.contains(name), "{command} {option}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn az_is_started_with_our_environment_and_nothing_more() {
    use std::process::Command;

    let world = World::new();
    let programs = world.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let (az, seen) = (programs.join("az"), world.path().join("seen"));
    let script =
        format!("#!/bin/sh\necho \"$@\" > {0}.arguments; env | sort > {0}.environment; exit 1\n", seen.display());
    // Written by another process: see signin_az.rs.
    let write = r#"printf '%s' "$2" > "$1" && chmod 755 "$1""#;
    assert!(Command::new("/bin/sh").args(["-c", write, "sh"]).arg(&az).arg(script).status().unwrap().success());
    let mut command =
        world.azlab(&["status", "--auth", "cli", "--subscription", "11111111-2222-3333-4444-555555555555"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).env("MINE", "kept");
    let expected: Vec<(String, String)> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
        .collect();
    Ended::of(command.output().unwrap()).exit(3);
    let environment = fs::read_to_string(format!("{}.environment", seen.display())).unwrap();
    let of_the_shell = ["PWD", "_", "SHLVL", "OLDPWD"];
    for line in environment.lines() {
        let (name, value) = line.split_once('=').unwrap();
        let is_ours = expected.iter().any(|(known, is)| known == name && is == value);
        assert!(is_ours || of_the_shell.contains(&name), "{line}");
    }
    assert!(environment.contains("MINE=kept"));
    let arguments = fs::read_to_string(format!("{}.arguments", seen.display())).unwrap();
    assert!(arguments.starts_with("account get-access-token"), "{arguments}");
}

#[test]
fn a_proxy_is_told_where_to_and_nothing_else() {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(String::new()));
    let noted = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 16 * 1024];
            let count = stream.read(&mut bytes).unwrap_or_default();
            noted.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let world = World::new();
    let secret = "a-secret-that-is-not-for-proxies";
    let run = |more: &[(&str, &str)]| {
        let mut command =
            world.azlab(&["status", "--auth", "secret", "--subscription", "11111111-2222-3333-4444-555555555555"]);
        command.envs([
            ("HTTPS_PROXY", proxy.as_str()),
            ("HTTP_PROXY", proxy.as_str()),
            ("AZURE_TENANT_ID", "99999999-2222-3333-4444-555555555555"),
            ("AZURE_CLIENT_ID", "a21ab000-0000-4000-8000-000000000001"),
            ("AZURE_CLIENT_SECRET", secret),
        ]);
        Ended::of(command.envs(more.iter().copied()).output().unwrap()).exit(3)
    };
    run(&[]);
    let told = std::mem::take(&mut *heard.lock().unwrap());
    assert!(told.starts_with("CONNECT login.microsoftonline.com:443 HTTP/1.1"), "{told}");
    assert!(!told.contains(secret) && !told.contains("99999999-2222"), "{told}");
    // This machine is reached without it: no proxy can do that for us.
    run(&[("AZURE_AUTHORITY_HOST", "https://127.0.0.1:1")]);
    assert_eq!(*heard.lock().unwrap(), "");
}
