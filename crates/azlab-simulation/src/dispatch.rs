//! Runs a command line in this process, against any session: what `run.rs` does, without a terminal.
use azlab::cli::{Cli, Command};
use azlab::commands::runner::{Finished, RunOptions};
use azlab::commands::session::Session;
use azlab::commands::{
    deploy_model, doctor, env, extend, kubeconfig, provision, reset, status, sweep, teardown, verify,
};
use azlab::settings::{
    DeployModelSettings, DoctorSettings, EnvSettings, ExtendSettings, KubeconfigSettings, LabSource, ProvisionSettings,
    ResetSettings, StatusSettings, SweepSettings, TeardownSettings, VerifySettings,
};

/// Runs the command that `cli` names on `labs`.
pub async fn run(cli: &Cli, labs: &LabSource, session: &Session, options: &RunOptions) -> Finished {
    match &cli.command {
        Command::Provision(args) => {
            provision::run(session, &ProvisionSettings::resolve(args, labs).unwrap(), options).await
        }
        Command::Status(args) => status::run(session, &StatusSettings::resolve(args, labs).unwrap(), options).await,
        Command::Reset(args) => reset::run(session, &ResetSettings::resolve(args, labs).unwrap(), options).await,
        Command::DeployModel(args) => {
            deploy_model::run(session, &DeployModelSettings::resolve(args, labs).unwrap(), options).await
        }
        Command::Teardown(args) => {
            teardown::run(session, &TeardownSettings::resolve(args, labs).unwrap(), options).await
        }
        Command::Extend(args) => extend::run(session, &ExtendSettings::resolve(args, labs).unwrap(), options).await,
        Command::Sweep(args) => sweep::run(session, &SweepSettings::resolve(args, labs).unwrap(), options).await,
        Command::Doctor(args) => doctor::run(session, &DoctorSettings::resolve(args, labs).unwrap(), options).await,
        Command::Verify(args) => verify::run(session, &VerifySettings::resolve(args, labs).unwrap(), options).await,
        Command::Env(args) => env::run(session, &EnvSettings::resolve(args, labs, false).unwrap(), options).await,
        Command::Kubeconfig(args) => {
            let settings = KubeconfigSettings::resolve(args, labs, None, None).unwrap();
            kubeconfig::run(session, &settings, options).await
        }
        other => panic!("{other:?}"),
    }
}
