//! The state: a SQLite file, the time at which it stands, and what is read from it and written to it.

pub(crate) mod calendar;
pub(crate) mod error;
pub(crate) mod inventory;
pub(crate) mod issuer_keys;
pub(crate) mod keys;
pub(crate) mod kubernetes;
pub(crate) mod lists;
pub(crate) mod made;
pub(crate) mod offer;
pub(crate) mod open;
pub(crate) mod operation_end;
pub(crate) mod operations;
pub(crate) mod pace;
pub(crate) mod people;
pub(crate) mod schema;
pub(crate) mod settings;
pub(crate) mod store;
pub(crate) mod subscriptions;
pub(crate) mod timestamps;
pub(crate) mod transaction;
pub(crate) mod version;
