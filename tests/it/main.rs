//! One binary for all integration tests: linking the SDK crates once is enough.
use std::time::Duration;

mod adapters;
mod app;
mod attendee;
#[cfg(unix)]
mod az;
mod board;
mod channel;
mod class;
mod class_places;
mod cli;
mod cost;
mod data_plane;
mod deployed;
mod doctor;
mod ensure;
mod exchange;
mod expiry;
mod expiry_at_once;
mod field_notes;
mod foreseen;
mod foreseen_commands;
mod from_file;
mod fuzz;
mod hints;
mod hostile;
mod kept_fields;
#[cfg(target_os = "linux")]
mod kubernetes;
mod layers;
mod life;
mod locked;
mod operations;
mod placement;
mod plans;
mod playback;
mod power;
mod provision;
mod recorded_operations;
mod recordings;
mod resets;
mod scenarios;
mod security;
mod serve;
mod shared;
mod signin_az;
mod signin_entra;
#[cfg(unix)]
mod signin_trouble;
mod simulated;
mod simulated_classes;
mod states;
mod style;
mod support;
mod swap;
mod verify;
mod watches;

/// Far beyond what any step takes: passing it means that the step never ends, and the test says so instead of hanging.
const NEVER: Duration = Duration::from_secs(60);

async fn ends<T>(what: &str, step: impl Future<Output = T>) -> T {
    match tokio::time::timeout(NEVER, step).await {
        Ok(result) => result,
        Err(_) => panic!("{what} does not end"),
    }
}
