//! `--hide-ids`: what is shown or kept can be handed on.
use super::{Ended, World};

/// Whether `text` has 8-4-4-4-12 hexadecimal digits somewhere.
fn has_guid(text: &str) -> bool {
    let shape = |bytes: &[u8]| {
        bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(36).any(shape)
}

#[test]
fn no_guid_is_left_on_the_screen_or_in_the_files() {
    let world = World::new();
    assert!(has_guid(&world.provision(&[]).done().stdout), "there are ids to hide");
    let files = ["--events", "events", "--log-file", "log"];
    for arguments in [
        &["-vv"][..],
        &["-o", "json", "--progress", "json"],
        &["-l", "a", "b"],
        &["--node-vm-size", "Standard_D4s_v5"],
        &["--kubernetes-version", "1.2"],
    ] {
        let ended = world.provision(&[&["--hide-ids"], &files[..], arguments].concat());
        assert!(!has_guid(&ended.stdout) && !has_guid(&ended.stderr), "{ended:#?}");
    }
    for arguments in [&["sandbox", "show"][..], &["sandbox", "show", "-o", "json"]] {
        assert!(has_guid(&world.run(arguments).done().stdout));
        let mut command = world.azlab(arguments);
        let ended = Ended::of(command.env("AZLAB_HIDE_IDS", "1").output().unwrap()).done();
        assert!(!has_guid(&ended.stdout), "{}", ended.stdout);
    }
    for file in ["events", "log"] {
        let text = std::fs::read_to_string(world.path().join(file)).unwrap();
        assert!(text.contains("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx"), "{text}");
        assert!(!has_guid(&text), "{text}");
    }
}
