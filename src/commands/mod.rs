//! What each command does: settings in, outcome out. One file a subcommand.
pub mod again;
pub mod ask;
pub mod config;
pub mod deploy_model;
pub mod doctor;
pub mod find;
pub mod labs;
pub mod making;
pub mod provision;
pub mod reset;
pub mod sandbox;
pub mod session;
pub mod status;
pub mod stop;
pub mod teardown;
pub mod verify;
