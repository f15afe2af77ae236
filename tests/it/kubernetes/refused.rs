//! A program that cannot be what was named.

use std::os::unix::fs::PermissionsExt as _;

use crate::cli::World;

#[test]
fn a_program_that_is_absent_or_another_is_named_before_anything_is_served() {
    let world = World::new();
    let script = |name: &str, text: &str, mode: u32| {
        let path = world.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let cases = [
        ("/nowhere/azlab-kubernetes".to_owned(), "No such file"),
        (world.path().to_str().unwrap().to_owned(), "is not a file"),
        (script("unexecutable", "", 0o600), "Permission denied"),
        (script("other", "#!/bin/sh\necho Kubernetes v1.34.3\n", 0o700), "is not azlab-kubernetes"),
        (script("failing", "#!/bin/sh\nexit 3\n", 0o700), "is not azlab-kubernetes"),
    ];
    for (program, reason) in cases {
        let serve = ["sandbox", "serve", "--http", "--listen", "127.0.0.1:0", "-o", "json", "--kubernetes", &program];
        let refused = world.run(&serve).exit(2);
        let error = refused.json()["error"].clone();
        assert_eq!(error["code"], "NoControlPlane", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&program) && message.contains(reason), "{message}");
        assert!(message.contains("tests/kubernetes/install"), "{message}");
    }
}

#[test]
fn a_run_in_process_names_the_option() {
    let world = World::new();
    let refused = world
        .run(&["provision", "--sandbox", "--sandbox-kubernetes", "/nowhere/azlab-kubernetes", "-o", "json"])
        .exit(2);
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "NoControlPlane", "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--sandbox-kubernetes"), "{error}");
    assert!(!world.sandbox().join("kubernetes").exists());
}
