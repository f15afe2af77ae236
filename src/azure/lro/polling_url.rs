//! The polling URL of an operation, and what its answers say.

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use super::status::Status;
use crate::azure::arm::{Arm, Reply};
use crate::azure::error::header;
use crate::azure::quote::{self, cut};

/// A polling URL.
#[derive(Clone, Debug)]
pub(super) enum PollingUrl {
    /// A status document.
    Status(Url),
    /// 202 until it is over.
    Location(Url),
}

/// What a poll has told.
pub(super) enum Polled {
    /// The operation is over, with this document.
    Over(Status, Option<Value>),
    /// It is in progress, in the service's own word.
    Running(Option<String>),
    /// The URL leads nowhere.
    Lost,
}

fn link(arm: &Arm, headers: &HeaderMap, name: &str) -> Option<Url> {
    arm.endpoint().join(header(headers, name)?).ok().filter(|url| arm.owns(url))
}

impl PollingUrl {
    /// That of the answer that began an operation.
    pub(super) fn begun(arm: &Arm, reply: &Reply) -> Option<Self> {
        let link = |name: &str| link(arm, &reply.headers, name);
        // A 201's Location names the resource that was made (azure-facts.md section 3); only a 202's is to be polled.
        let location = || (reply.status == StatusCode::ACCEPTED).then(|| link("location")).flatten();
        link("azure-asyncoperation").map(Self::Status).or_else(|| location().map(Self::Location))
    }

    /// Whether it is that of a status document.
    pub(super) fn is_status(&self) -> bool {
        matches!(self, Self::Status(_))
    }

    /// The address.
    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Status(url) | Self::Location(url) => url,
        }
    }

    /// The newer URL that a poll may send; without one the old one stays (azure-facts.md section 1).
    pub(super) fn newer(&self, arm: &Arm, headers: &HeaderMap) -> Option<Self> {
        match self {
            Self::Status(_) => link(arm, headers, "azure-asyncoperation").map(Self::Status),
            Self::Location(_) => link(arm, headers, "location").map(Self::Location),
        }
    }

    /// What an answer says.
    pub(super) fn read(&self, reply: &Reply) -> Polled {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        if self.is_status() {
            let status = body.as_ref().and_then(|body| body.get("status")?.as_str().map(str::to_owned));
            let status = status.filter(|status| !status.trim().is_empty());
            return match status {
                None => Polled::Running(None),
                Some(text) => match Status::read(Some(&text)) {
                    Status::Running(text) => Polled::Running(Some(text)),
                    over => Polled::Over(over, body),
                },
            };
        }
        if reply.status == StatusCode::ACCEPTED {
            let status = body.as_ref().and_then(|body| {
                body.get("status")
                    .or_else(|| body.pointer("/properties/provisioningState"))?
                    .as_str()
                    .map(|status| cut(status, quote::WORD))
            });
            Polled::Running(status)
        } else {
            Polled::Over(Status::Succeeded, body)
        }
    }
}
