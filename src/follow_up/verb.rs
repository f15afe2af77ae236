//! The subcommands that a message may recommend.

/// A subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// `provision`
    Provision,
    /// `doctor`
    Doctor,
    /// `deploy-model`
    DeployModel,
    /// `status`
    Status,
    /// `reset`
    Reset,
    /// `swap`
    Swap,
    /// `teardown`
    Teardown,
    /// `extend`
    Extend,
    /// `resume`
    Resume,
    /// `verify`
    Verify,
    /// `env`
    Env,
    /// `kubeconfig`
    Kubeconfig,
    /// `app deploy`
    AppDeploy,
    /// `app connect`
    AppConnect,
    /// `app status`
    AppStatus,
    /// `app url`
    AppUrl,
    /// `app logs`
    AppLogs,
    /// `config init`
    ConfigInit,
    /// `config show`
    ConfigShow,
    /// `config schema`
    ConfigSchema,
    /// `sandbox reset`
    SandboxReset,
    /// `sandbox scenario`
    SandboxScenario,
    /// `sandbox show`
    SandboxShow,
    /// `sandbox token`
    SandboxToken,
}

/// What a subcommand can reach, which decides which options say where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Labs, on Azure or in the sandbox.
    Labs,
    /// The sandbox, and never Azure.
    Sandbox,
    /// Neither.
    Nothing,
}

impl Verb {
    /// Every one.
    pub(crate) const ALL: [Self; 24] = [
        Self::Provision,
        Self::Doctor,
        Self::DeployModel,
        Self::Status,
        Self::Reset,
        Self::Swap,
        Self::Teardown,
        Self::Extend,
        Self::Resume,
        Self::Verify,
        Self::Env,
        Self::Kubeconfig,
        Self::AppDeploy,
        Self::AppConnect,
        Self::AppStatus,
        Self::AppUrl,
        Self::AppLogs,
        Self::ConfigInit,
        Self::ConfigShow,
        Self::ConfigSchema,
        Self::SandboxReset,
        Self::SandboxScenario,
        Self::SandboxShow,
        Self::SandboxToken,
    ];

    /// As it is typed.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Provision => &["provision"],
            Self::Doctor => &["doctor"],
            Self::DeployModel => &["deploy-model"],
            Self::Status => &["status"],
            Self::Reset => &["reset"],
            Self::Swap => &["swap"],
            Self::Teardown => &["teardown"],
            Self::Extend => &["extend"],
            Self::Resume => &["resume"],
            Self::Verify => &["verify"],
            Self::Env => &["env"],
            Self::Kubeconfig => &["kubeconfig"],
            Self::AppDeploy => &["app", "deploy"],
            Self::AppConnect => &["app", "connect"],
            Self::AppStatus => &["app", "status"],
            Self::AppUrl => &["app", "url"],
            Self::AppLogs => &["app", "logs"],
            Self::ConfigInit => &["config", "init"],
            Self::ConfigShow => &["config", "show"],
            Self::ConfigSchema => &["config", "schema"],
            Self::SandboxReset => &["sandbox", "reset"],
            Self::SandboxScenario => &["sandbox", "scenario"],
            Self::SandboxShow => &["sandbox", "show"],
            Self::SandboxToken => &["sandbox", "token"],
        }
    }

    /// What it can reach.
    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::ConfigInit | Self::ConfigSchema => Reach::Nothing,
            Self::SandboxReset | Self::SandboxScenario | Self::SandboxShow | Self::SandboxToken => Reach::Sandbox,
            _ => Reach::Labs,
        }
    }

    /// The subcommand that `words` begin with, and what stands behind it.
    pub(crate) fn read(words: &[String]) -> Option<(Self, &[String])> {
        let begins =
            |verb: &Self| words.len() >= verb.words().len() && verb.words().iter().zip(words).all(|(a, b)| a == b);
        let verb = Self::ALL.into_iter().find(begins)?;
        Some((verb, &words[verb.words().len()..]))
    }
}
