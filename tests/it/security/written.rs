//! Files: for their owner only, and where they are meant to be.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use azlab_clock::Clock;
use azlab_sandbox::serve::TlsIdentity;
use azlab_sandbox::{Sandbox, SandboxError};
use tempfile::TempDir;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_state_of_the_sandbox_is_its_owners_with_all_that_sqlite_keeps_beside_it() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("new");
    let sandbox = Sandbox::open(&place, 60.0).unwrap();
    sandbox.control().change_settings(|_| {}).unwrap();
    assert_eq!(mode(&place), 0o700);
    let files: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "the database, its log and its index: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(sandbox);
    // Somebody has opened it to others since: it has the key that signs tokens in it.
    fs::set_permissions(place.join("sandbox.db"), fs::Permissions::from_mode(0o644)).unwrap();
    drop(Sandbox::open(&place, 60.0).unwrap());
    assert_eq!(mode(&place.join("sandbox.db")), 0o600);
}

#[test]
fn the_authoritys_key_and_a_folder_made_for_it_are_its_owners() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("new");
    TlsIdentity::load_or_create(&place, Clock::real().now()).unwrap();
    assert_eq!(mode(&place), 0o700);
    assert_eq!(mode(&place.join("certificate-authority.pem")), 0o600);
}

#[test]
fn a_symbolic_link_in_the_place_of_a_file_of_the_sandbox_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let victim = folder.path().join("victim");
    let place = folder.path().join("sandbox");
    fs::create_dir(&place).unwrap();
    symlink(&victim, place.join("sandbox.db")).unwrap();
    let refused = Sandbox::open(&place, 60.0).map(drop).expect_err("a link");
    assert!(matches!(refused, SandboxError::WrongKind { .. }), "{refused}");
    symlink(&victim, place.join("certificate-authority.pem")).unwrap();
    assert!(TlsIdentity::load_or_create(&place, Clock::real().now()).is_err());
    assert!(!victim.exists(), "what the link names was made");

    // A file that is written for others takes the link's place, and leaves alone what it leads to.
    fs::write(&victim, "theirs").unwrap();
    let tls = TlsIdentity::load_or_create(&folder.path().join("other"), Clock::real().now()).unwrap();
    symlink(&victim, folder.path().join("ca.pem")).unwrap();
    tls.write_ca_file(&folder.path().join("ca.pem")).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
    assert!(fs::symlink_metadata(folder.path().join("ca.pem")).unwrap().is_file());
}

#[test]
fn names_of_temporary_files_cannot_be_foreseen() {
    // One that is there already is never opened: what is created is created new (`O_EXCL`), under a random name.
    for (file, creates) in [
        ("crates/azlab-sandbox/src/serve/files.rs", &["create_new(true)", "Uuid::new_v4()"][..]),
        ("src/kubeconfig/file.rs", &["create_new(true)"][..]),
        ("src/kubeconfig/replace.rs", &["tempfile_in("][..]),
        ("src/config/init.rs", &["tempfile_in("][..]),
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        assert!(creates.iter().all(|needed| text.contains(needed)), "{file}");
    }
}

#[test]
fn the_authority_vouches_for_this_machine_alone() {
    use x509_parser::extensions::GeneralName;

    let folder = TempDir::new().unwrap();
    let tls = TlsIdentity::load_or_create(folder.path(), Clock::real().now()).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(tls.authority_pem().as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let constraints = certificate.name_constraints().unwrap().expect("it is constrained").value;
    let allowed = constraints.permitted_subtrees.as_ref().expect("to some names");
    assert_eq!(allowed.len(), 3);
    for subtree in allowed {
        let is_here = match &subtree.base {
            GeneralName::DNSName(name) => *name == "localhost",
            // Address and mask: 127.0.0.0/8 and ::1/128.
            GeneralName::IPAddress([127, _, _, _, 255, 0, 0, 0]) => true,
            GeneralName::IPAddress(bytes) => {
                bytes.len() == 32
                    && bytes[..15].iter().all(|byte| *byte == 0)
                    && bytes[15] == 1
                    && bytes[16..].iter().all(|byte| *byte == 255)
            }
            _ => false,
        };
        assert!(is_here, "{subtree:?}");
    }
    let is_authority = certificate.basic_constraints().unwrap().unwrap().value;
    assert_eq!((is_authority.ca, is_authority.path_len_constraint), (true, Some(0)), "nobody below it may be one");
}
