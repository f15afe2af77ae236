//! `azlab kubeconfig` and a file that is more than its text: mounted, linked, somebody else's, with attributes.
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use super::{Ended, World};

const THEIRS: &str = "users: [{name: old, user: {token: t}}]\n";

fn lab() -> World {
    let world = World::new();
    world.provision(&["-q"]).done();
    fs::write(world.path().join("config"), THEIRS).unwrap();
    fs::set_permissions(world.path().join("config"), fs::Permissions::from_mode(0o600)).unwrap();
    world
}

fn merge(world: &World, file: &str) -> Ended {
    world.run(&["kubeconfig", "--sandbox", "--progress", "none", "--file", file]).done()
}

/// It has the lab's cluster beside what was there, and nothing is left beside it.
#[track_caller]
fn assert_merged(folder: &Path, file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("myAKSCluster") && text.contains("name: old"), "{text}");
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("kubeconfig-")), "{left:?}");
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".lock")), "{left:?}");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_bind_mounted_kubeconfig_is_written_in_place() {
    let world = lab();
    let file = world.path().join("config");
    let before = fs::metadata(&file).unwrap().ino();
    let command = world.azlab(&[]);
    let program = command.get_program().to_owned();
    let mut around = Command::new("unshare");
    around.args(["-m", "sh", "-c", r#"mount --bind "$1" "$1" && exec "$2" kubeconfig --sandbox --file "$1""#, "sh"]);
    around.arg(&file).arg(program).env_clear().current_dir(world.path());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            around.env(name, value);
        }
    }
    around.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let probe = Command::new("unshare").args(["-m", "true"]).output();
    if !is_root() || !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: mounting takes root and unshare");
        return;
    }
    Ended::of(around.output().unwrap()).done();
    assert_merged(world.path(), &file);
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
    // Shorter than before: nothing of the old text is left at the end.
    yaml_serde::from_str::<serde_json::Value>(&fs::read_to_string(&file).unwrap()).unwrap();
}

#[test]
fn somebody_elses_kubeconfig_stays_theirs_when_root_writes_it() {
    if !is_root() {
        eprintln!("skipped: giving files away takes root");
        return;
    }
    let world = lab();
    let file = world.path().join("config");
    chown(&file, Some(12_345), Some(23_456)).unwrap();
    merge(&world, "config");
    assert_merged(world.path(), &file);
    let after = fs::metadata(&file).unwrap();
    assert_eq!((after.uid(), after.gid(), after.mode() & 0o777), (12_345, 23_456, 0o600));
}

#[test]
fn the_other_names_of_a_kubeconfig_lead_to_the_same_file() {
    let world = lab();
    let (file, other) = (world.path().join("config"), world.path().join("other"));
    fs::hard_link(&file, &other).unwrap();
    merge(&world, "config");
    assert_merged(world.path(), &file);
    assert_eq!(fs::metadata(&file).unwrap().ino(), fs::metadata(&other).unwrap().ino());
    assert_eq!(fs::metadata(&file).unwrap().nlink(), 2);
    // A text that becomes shorter.
    let world = lab();
    let file = world.path().join("config");
    fs::write(&file, format!("{THEIRS}{}", "# a long comment\n".repeat(1000))).unwrap();
    fs::hard_link(&file, world.path().join("other")).unwrap();
    merge(&world, "config");
    assert_merged(world.path(), &file);
    assert!(fs::metadata(&file).unwrap().len() < 10_000);
}

#[test]
fn attributes_and_access_lists_of_a_kubeconfig_stay() {
    let world = lab();
    let file = world.path().join("config");
    if let Err(error) = rustix::fs::setxattr(&file, "user.mine", b"yes", rustix::fs::XattrFlags::empty()) {
        eprintln!("skipped: no attributes here ({error})");
        return;
    }
    merge(&world, "config");
    assert_merged(world.path(), &file);
    let mut value = [0_u8; 16];
    let length = rustix::fs::getxattr(&file, "user.mine", &mut value[..]).unwrap();
    assert_eq!(&value[..length], b"yes");
}

#[test]
fn a_plain_kubeconfig_is_still_replaced_in_one_step() {
    let world = lab();
    let file = world.path().join("config");
    let before = fs::metadata(&file).unwrap().ino();
    merge(&world, "config");
    assert_merged(world.path(), &file);
    assert_ne!(fs::metadata(&file).unwrap().ino(), before, "a reader sees the old or the new, never half of it");
}
