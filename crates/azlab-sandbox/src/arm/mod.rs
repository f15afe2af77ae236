//! Azure Resource Manager: what it does for every resource provider, from the HTTP request to the headers of the answer.

pub(crate) mod api_versions;
pub(crate) mod authorize;
pub(crate) mod call;
pub(crate) mod chunks;
pub(crate) mod coverage;
pub(crate) mod credentials;
pub(crate) mod dispatch;
pub(crate) mod facts;
pub(crate) mod failure;
pub(crate) mod filter;
pub(crate) mod host;
pub(crate) mod json_object;
pub(crate) mod limit;
pub(crate) mod operation_identifier;
pub(crate) mod operations;
pub(crate) mod paging;
pub(crate) mod provider;
pub(crate) mod quota;
pub(crate) mod regions;
pub(crate) mod resource_type;
pub(crate) mod response;
pub(crate) mod role;
pub(crate) mod router;
pub(crate) mod tags;
pub(crate) mod throttle;
