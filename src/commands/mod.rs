//! What each command does: settings in, outcome out. One file a subcommand.
pub mod ask;
pub mod config;
pub mod deploy_model;
pub mod labs;
pub mod provision;
pub mod sandbox;
pub mod session;
pub mod stop;
pub mod teardown;
