//! Options that every command takes (`cli-contract.md`, "Global options").

use std::path::PathBuf;
use std::time::Duration;

use azlab_clock::parse_duration;
use clap::{ArgAction, Args};

use crate::values::{AuthMode, Cloud, ColorChoice, IfBusy, Output, Progress};

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run against the embedded Azure; its state is kept in AZLAB_SANDBOX_DIR, or the platform's data directory
    #[arg(long, global = true, env = "AZLAB_SANDBOX", value_parser = switch,
          num_args = 0, default_missing_value = "true", default_value = "false", action = ArgAction::SetTrue)]
    pub sandbox: bool,
    /// Speed: at 60 a minute of the sandbox takes a second; its dates stay true
    #[arg(long, global = true, value_name = "N", env = "AZLAB_SANDBOX_SPEED", default_value_t = 60.0, value_parser = speed)]
    pub sandbox_speed: f64,
    /// Where the sandbox keeps its state
    #[arg(long, global = true, value_name = "DIR", env = "AZLAB_SANDBOX_DIR", hide = true)]
    pub sandbox_dir: Option<PathBuf>,
    /// The program of a real Kubernetes control plane (tests/kubernetes/install builds it), for the sandbox's clusters
    #[arg(long, global = true, value_name = "PATH", env = "AZLAB_SANDBOX_KUBERNETES", hide = true)]
    pub sandbox_kubernetes: Option<PathBuf>,
    /// The subscription's id; without it the az CLI's default
    #[arg(long, global = true, value_name = "ID", env = "AZURE_SUBSCRIPTION_ID", hide_env_values = true)]
    pub subscription: Option<String>,
    /// The tenant's id or domain name
    #[arg(long, global = true, value_name = "ID", env = "AZURE_TENANT_ID", hide_env_values = true)]
    pub tenant: Option<String>,
    /// How to sign in: auto, cli, azd, secret, certificate, workload-identity, managed-identity, pipelines [default: auto]
    #[arg(long, global = true, value_name = "HOW", env = "AZLAB_AUTH")]
    pub auth: Option<AuthMode>,
    /// The cloud: public, usgov, china [default: public]
    #[arg(long, global = true, value_name = "CLOUD", env = "AZLAB_CLOUD")]
    pub cloud: Option<Cloud>,
    /// Another Azure Resource Manager: https, or http on this machine
    #[arg(long, global = true, value_name = "URL", env = "AZLAB_ARM_ENDPOINT")]
    pub arm_endpoint: Option<String>,
    /// A PEM file of certificates to trust besides the platform's
    #[arg(long, global = true, value_name = "FILE", env = "AZLAB_CA_FILE", hide = true)]
    pub ca_file: Option<PathBuf>,
    /// The file that describes the labs [default: azlab.toml here or above]
    #[arg(long, global = true, value_name = "FILE", env = "AZLAB_CONFIG")]
    pub config: Option<PathBuf>,
    /// The labs' names
    #[arg(short = 'l', long = "lab", global = true, value_name = "NAME", num_args = 1..)]
    pub labs: Vec<String>,
    /// All labs of the file
    #[arg(long, global = true, conflicts_with = "labs")]
    pub all: bool,
    /// What goes to stdout: text, or one JSON object
    #[arg(short, long, global = true, value_name = "FORMAT", env = "AZLAB_OUTPUT", default_value_t = Output::Text)]
    pub output: Output,
    /// How progress is shown on stderr: auto, bar, plain, json, none
    #[arg(long, global = true, value_name = "HOW", default_value_t = Progress::Auto)]
    pub progress: Progress,
    /// Append every event to a file, one JSON object a line
    #[arg(long, global = true, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Colour: auto, always, never
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Answer yes to every question
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Never ask; the default without a terminal, or with CI set
    #[arg(long, global = true)]
    pub no_input: bool,
    /// What to do on a lab that another run is writing: go-on (beside it), wait (until it ends), fail (exit code 10)
    #[arg(long, global = true, value_name = "WHAT", env = "AZLAB_IF_BUSY", default_value_t = IfBusy::GoOn)]
    pub if_busy: IfBusy,
    /// Give up after this much of the service's time: 90s, 45m, 2h
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Hide subscription, tenant and other ids, for a terminal that others see
    #[arg(long, global = true, env = "AZLAB_HIDE_IDS", value_parser = switch,
          num_args = 0, default_missing_value = "true", default_value = "false", action = ArgAction::SetTrue)]
    pub hide_ids: bool,
    /// Show more: each request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Show errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Append everything to a file as text, with request ids
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// A switch that a variable can set, too.
fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "on" | "t" => Ok(true),
        "0" | "false" | "no" | "n" | "off" | "f" => Ok(false),
        _ => Err("it must be 1, true, yes or on; or 0, false, no or off".into()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // 100,000: a day of the service in less than a second; more leaves no room for the clock's ticks of 1 ms.
        Ok(speed) if (0.01..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("it must be a number from 0.01 to 100000, such as 60".into()),
    }
}

/// A time with its unit.
///
/// # Errors
/// What it must be.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|rule| format!("it must be {rule}"))
}

#[cfg(test)]
mod tests {
    use super::switch;

    #[test]
    fn a_switch_that_is_none_is_told_what_one_is() {
        for (text, on) in [("1", true), ("Yes", true), (" on ", true), ("0", false), ("no", false), ("OFF", false)] {
            assert_eq!(switch(text), Ok(on), "{text}");
        }
        let told = switch("maybe").expect_err("no switch");
        for word in
            told.split([' ', ',']).filter(|word| ["1", "true", "yes", "on", "0", "false", "no", "off"].contains(word))
        {
            assert!(switch(word).is_ok(), "{word}");
        }
        assert!(told.contains("true") && told.contains("false"), "{told}");
    }
}
