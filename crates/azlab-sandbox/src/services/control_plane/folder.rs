//! The folder of one cluster's control plane: certificates, keys, the data of etcd, logs. For its owner only.

use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use azlab_clock::Clock;
use rcgen::SanType;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::certificates::{self, Authority, MASTERS, Pair};
use super::cluster::Cluster;
use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::kubeconfig;
use super::lock;
use crate::serve::files::{Readers, make_private_folder, replace};
use crate::services::issuer::{KeyMarks, SigningKeys};
use crate::state::error::SandboxError;

/// Where the folders are, in the sandbox's directory.
const FOLDER: &str = "kubernetes";

/// The first address of the services' network, which is the API server's own within the cluster (`--service-cluster-ip-range`).
const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// Files of the folder, by what they hold.
pub(super) mod file {
    pub const AUTHORITY: &str = "ca.crt";
    pub const AUTHORITY_KEY: &str = "ca.key";
    pub const ADMINISTRATOR: &str = "administrator.crt";
    pub const ADMINISTRATOR_KEY: &str = "administrator.key";
    pub const SERVER: &str = "apiserver.crt";
    pub const SERVER_KEY: &str = "apiserver.key";
    /// The key that signs service accounts' tokens, and the public ones of all that are taken.
    pub const SERVICE_ACCOUNTS: &str = "service-accounts.key";
    pub const SERVICE_ACCOUNTS_PUBLIC: &str = "service-accounts.pub";
    pub const CONTROLLERS: &str = "controllers.kubeconfig";
    pub const SCHEDULER: &str = "scheduler.kubeconfig";
    pub const ENDPOINT: &str = "endpoint.json";
    pub const PORT: &str = "port";
    pub const WANTED: &str = "wanted";
    pub const BROKEN: &str = "broken";
    /// Of a cluster without an OIDC issuer.
    pub const OWN_KEY: &str = "own-service-accounts.key";
}

/// Removes the folders of clusters that are gone; `there` are those that exist.
pub(super) fn sweep(dir: &Path, there: &[Cluster]) -> Result<(), ControlPlaneError> {
    let path = dir.join(FOLDER);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(ControlPlaneError::unread(path, &error)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Whatever else somebody keeps here is theirs.
        let Ok(folder) = Uuid::try_parse(&name) else { continue };
        if there.iter().all(|cluster| cluster.folder != folder) {
            fs::remove_dir_all(entry.path()).map_err(|error| ControlPlaneError::unwritten(entry.path(), &error))?;
        }
    }
    Ok(())
}

/// Removes all of them, and the folder that they are in, unless something else is in it.
///
/// # Errors
/// [`SandboxError::Io`]
pub(crate) fn forget(dir: &Path) -> Result<(), SandboxError> {
    let path = all(dir);
    sweep(dir, &[]).map_err(|error| SandboxError::Io { path: path.clone(), source: io::Error::other(error) })?;
    let _ = fs::remove_file(path.join(lock::HOST));
    let _ = fs::remove_dir(path);
    Ok(())
}

/// Where all of them are.
pub(super) fn all(dir: &Path) -> PathBuf {
    dir.join(FOLDER)
}

/// The folder of one cluster.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder of `cluster` in the sandbox's directory `dir`, made if there is none.
    pub fn of(dir: &Path, cluster: &Cluster) -> Result<Self, ControlPlaneError> {
        let path = dir.join(FOLDER).join(cluster.folder.to_string());
        let path = std::path::absolute(&path).map_err(|error| ControlPlaneError::unwritten(&path, &error))?;
        make_private_folder(&path).map_err(|error| ControlPlaneError::unwritten(&path, &error))?;
        Ok(Self(path))
    }

    /// The folder at `path`, which exists.
    #[cfg(test)]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The one that `cluster` has, if it had a control plane.
    pub fn found(dir: &Path, cluster: &Cluster) -> Option<Self> {
        let path = std::path::absolute(dir.join(FOLDER).join(cluster.folder.to_string())).ok()?;
        path.join(file::WANTED).is_file().then_some(Self(path))
    }

    /// Notes that somebody wants the control plane.
    pub fn want(&self) -> Result<(), ControlPlaneError> {
        drop(fs::remove_file(self.file(file::BROKEN)));
        if self.file(file::WANTED).is_file() { Ok(()) } else { self.write(file::WANTED, "") }
    }

    /// Notes that it does not run, and why: nobody starts it again who is not asked to.
    pub fn give_up(&self, reason: &str) {
        drop(self.write(file::BROKEN, reason));
    }

    /// Why, if that was noted since somebody wanted it.
    pub fn broken(&self) -> Option<String> {
        fs::read_to_string(self.file(file::BROKEN)).ok()
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Removes all of it.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)
    }

    /// The log of a part, emptied: what an earlier start wrote there is of no use.
    pub fn log(&self, part: &str) -> Result<File, ControlPlaneError> {
        let path = self.log_of(part);
        let mut options = File::options();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(|error| ControlPlaneError::unwritten(&path, &error))
    }

    /// Where that log is.
    pub fn log_of(&self, part: &str) -> PathBuf {
        self.file(&format!("{part}.log"))
    }

    /// Writes what the parts read, and gives where the API server will be and what its clients need. The authority and the
    /// administrator stay the same over the cluster's life, as AKS's do until they are rotated, so that a kubeconfig does; the rest
    /// is made at each start.
    pub fn prepare(&self, cluster: &Cluster, keys: &SigningKeys, port: u16) -> Result<Endpoint, ControlPlaneError> {
        let now = Clock::real().now();
        let authority = self.authority()?;
        let name = |name: &str| name.try_into().map(SanType::DnsName);
        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", &cluster.fqdn];
        let mut names: Vec<SanType> = names.into_iter().filter_map(|one| name(one).ok()).collect();
        names.extend([Ipv4Addr::LOCALHOST, INSIDE].map(|address| SanType::IpAddress(IpAddr::V4(address))));
        let server = authority.server(&names, now)?;
        self.write(file::SERVER, &server.certificate)?;
        self.write(file::SERVER_KEY, &server.key)?;
        self.write_keys(keys)?;
        let administrator = self.kept(file::ADMINISTRATOR, file::ADMINISTRATOR_KEY, || {
            authority.client("masterclient", Some(MASTERS), now)
        })?;
        let endpoint = Endpoint::new(port, &authority.pair, administrator);
        for (file, user) in
            [(file::CONTROLLERS, "system:kube-controller-manager"), (file::SCHEDULER, "system:kube-scheduler")]
        {
            let Pair { certificate, key } = authority.client(user, None, now)?;
            let text = kubeconfig::of_part(&endpoint, user, &certificate, &key);
            self.write(file, &text)?;
        }
        Ok(endpoint)
    }

    /// Writes the keys of service accounts' tokens.
    pub fn write_keys(&self, keys: &SigningKeys) -> Result<(), ControlPlaneError> {
        self.write(file::SERVICE_ACCOUNTS, &keys.private)?;
        self.write(file::SERVICE_ACCOUNTS_PUBLIC, &keys.public)
    }

    /// Those of a cluster that has no OIDC issuer: nobody else knows them.
    pub fn own_keys(&self) -> Result<SigningKeys, ControlPlaneError> {
        let private = match self.read(file::OWN_KEY)? {
            Some(kept) => kept,
            None => {
                let made = certificates::key()?;
                self.write(file::OWN_KEY, &made)?;
                made
            }
        };
        Ok(SigningKeys { public: certificates::public_key(&private)?, private, marks: KeyMarks::default() })
    }

    /// The text of a file, if there is one.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>, ControlPlaneError> {
        match fs::read_to_string(self.file(name)) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ControlPlaneError::unread(self.file(name), &error)),
        }
    }

    fn authority(&self) -> Result<Authority, ControlPlaneError> {
        let pair = self.kept(file::AUTHORITY, file::AUTHORITY_KEY, || Authority::make(Clock::real().now()))?;
        Authority::read(pair)
    }

    /// A certificate and its key from these files, made and written there unless they are.
    fn kept(
        &self,
        certificate: &str,
        key: &str,
        make: impl FnOnce() -> Result<Pair, ControlPlaneError>,
    ) -> Result<Pair, ControlPlaneError> {
        if let (Some(certificate), Some(key)) = (self.read(certificate)?, self.read(key)?) {
            return Ok(Pair { certificate: certificate.to_string(), key });
        }
        let made = make()?;
        self.write(key, &made.key)?;
        // Last, since it says that both are there.
        self.write(certificate, &made.certificate)?;
        Ok(made)
    }

    /// Writes a file for its owner only.
    pub fn write(&self, name: &str, text: &str) -> Result<(), ControlPlaneError> {
        let path = self.file(name);
        replace(&path, text.as_bytes(), Readers::Owner).map_err(|error| ControlPlaneError::unwritten(&path, &error))
    }
}
