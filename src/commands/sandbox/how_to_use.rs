//! For each tool what lets it use the served sandbox.

use std::path::Path;

use crate::cli::sandbox::ServedTool;
use crate::follow_up::{FollowUp, Place, Placed, Verb};
use crate::outcome::sandbox::{Serving, Tool};
use crate::values::{keeping_bytes, shell_word};
use azlab_sandbox::signin::{CLOUD_NAME, DEFAULT_CLIENT_ID, MANAGED_IDENTITY_PATH};
use azlab_sandbox::{ACCOUNTS_PATH, SUBSCRIPTION_ID, TENANT_ID};

/// The newest version of the data plane that is not a preview.
const DATA_PLANE_VERSION: &str = "2024-10-21";

/// Where every Java program reads options.
const JAVA_OPTIONS: &str = "JAVA_TOOL_OPTIONS";

/// Where the sandbox is served, and what its clients need to know.
pub(super) struct Address<'a> {
    /// `https://localhost:8443`
    pub(crate) url: &'a str,
    pub(crate) port: u16,
    /// What clients must trust; `None` over HTTP.
    pub(crate) ca_file: Option<&'a Path>,
    /// The same for Java; it exists over HTTPS.
    pub(crate) trust_store: &'a Path,
    /// The sandbox's directory.
    pub(crate) dir: &'a Path,
    pub(crate) secret: &'a str,
    /// Where the secret is too, for its owner only.
    pub(crate) secret_file: &'a Path,
    pub(crate) identity_header: &'a str,
    /// The subdomains of the accounts that exist.
    pub(crate) accounts: Vec<&'a str>,
    pub(crate) allow_remote: bool,
}

/// How the tools that are `wanted` use it, or all that work at this address if none is named.
pub(super) fn how_to_use(address: &Address<'_>, wanted: &[ServedTool]) -> Serving {
    let is_wanted = |tool: &Tool| wanted.is_empty() || wanted.iter().any(|one| one.name() == tool.name);
    Serving {
        url: address.url.to_owned(),
        port: address.port,
        allow_remote: address.allow_remote,
        has_certificate: address.ca_file.is_some(),
        environment: azlab(address, address.ca_file.map(|path| keeping_bytes(path.as_os_str())).as_deref()).environment,
        tools: tools(address).into_iter().filter(is_wanted).collect(),
    }
}

fn tools(address: &Address<'_>) -> Vec<Tool> {
    // Secrets go to sign-in services over HTTPS only: `parse_authority_host`, az, the Azure SDKs and Terraform.
    match address.ca_file {
        Some(ca_file) => {
            let ca_file = keeping_bytes(ca_file.as_os_str());
            vec![
                azlab(address, Some(&ca_file)),
                az(address, &ca_file),
                sdk(address, &ca_file),
                openai(address, Some(&ca_file)),
                terraform(address, &ca_file),
                curl(address, Some(&ca_file)),
                identity(address),
            ]
        }
        None => vec![no_azlab(), openai(address, None), curl(address, None), identity(address)],
    }
}

fn azlab(address: &Address<'_>, ca_file: Option<&str>) -> Tool {
    let mut environment = vec![
        ("AZLAB_ARM_ENDPOINT", address.url.to_owned()),
        ("AZURE_AUTHORITY_HOST", address.url.to_owned()),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION_ID.to_owned()),
        ("AZURE_TENANT_ID", TENANT_ID.to_owned()),
        ("AZURE_CLIENT_ID", DEFAULT_CLIENT_ID.to_string()),
        ("AZURE_CLIENT_SECRET", address.secret.to_owned()),
    ];
    environment.extend(ca_file.map(|ca_file| ("AZLAB_CA_FILE", ca_file.to_owned())));
    let then = format!("# then, in a shell with these: {}", served(address, ca_file).line(&FollowUp::make()));
    Tool { name: ServedTool::Azlab.name(), about: "azlab", environment, commands: Vec::new(), then }
}

/// Why there is nothing for azlab.
fn no_azlab() -> Tool {
    Tool {
        name: ServedTool::Azlab.name(),
        about: "not for azlab, az, Terraform and the Azure SDKs: they send a secret over HTTPS only; for them leave out --http",
        environment: Vec::new(),
        commands: Vec::new(),
        then: String::new(),
    }
}

fn az(address: &Address<'_>, ca_file: &str) -> Tool {
    let Address { url, secret_file, .. } = address;
    Tool {
        name: ServedTool::Az.name(),
        about: "az, with a configuration of its own: your own sign-in and cloud stay as they are",
        environment: vec![
            // One an address: az does not register a cloud twice.
            ("AZURE_CONFIG_DIR", keeping_bytes(address.dir.join(format!("az-{}", address.port)).as_os_str())),
            // In place of the public authorities: what az sends can arrive nowhere else.
            ("REQUESTS_CA_BUNDLE", ca_file.to_owned()),
            // MSAL would ask login.microsoftonline.com whether it knows this authority.
            ("AZURE_CORE_INSTANCE_DISCOVERY", "false".to_owned()),
            ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
        ],
        commands: vec![
            format!(
                "az cloud show --name {CLOUD_NAME} --output none 2>/dev/null || az cloud register --name {CLOUD_NAME} \
                 --endpoint-resource-manager {url}"
            ),
            format!("az cloud set --name {CLOUD_NAME}"),
            format!(
                "az login --service-principal --username {DEFAULT_CLIENT_ID} {} --tenant {TENANT_ID}",
                // Other users of the machine can read the arguments of a command. az reads what follows an @ from a file; in
                // one word, since it takes all before the first = for an option's name.
                shell_word(&format!("--password=@{}", keeping_bytes(secret_file.as_os_str())))
            ),
        ],
        then: String::new(),
    }
}

fn sdk(address: &Address<'_>, ca_file: &str) -> Tool {
    Tool {
        name: ServedTool::Sdk.name(),
        about: "Azure SDKs: EnvironmentCredential and DefaultAzureCredential read these",
        environment: vec![
            ("AZURE_AUTHORITY_HOST", address.url.to_owned()),
            ("AZURE_TENANT_ID", TENANT_ID.to_owned()),
            ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION_ID.to_owned()),
            ("AZURE_CLIENT_ID", DEFAULT_CLIENT_ID.to_string()),
            ("AZURE_CLIENT_SECRET", address.secret.to_owned()),
            ("REQUESTS_CA_BUNDLE", ca_file.to_owned()),
            ("SSL_CERT_FILE", ca_file.to_owned()),
            ("NODE_EXTRA_CA_CERTS", ca_file.to_owned()),
            (JAVA_OPTIONS, trusting(address.trust_store)),
        ],
        commands: vec![
            // Without these they ask login.microsoftonline.com whether it knows this authority.
            "# Python: credential = DefaultAzureCredential(disable_instance_discovery=True)".to_owned(),
            format!(
                "#         client = ResourceManagementClient(credential, \"{SUBSCRIPTION_ID}\", base_url=\"{}\")",
                address.url
            ),
            "# Go: azidentity.DefaultAzureCredentialOptions{DisableInstanceDiscovery: true}".to_owned(),
            "# JavaScript: new DefaultAzureCredential({ disableInstanceDiscovery: true })".to_owned(),
            "# .NET: new DefaultAzureCredentialOptions { DisableInstanceDiscovery = true }".to_owned(),
            "# Java: new DefaultAzureCredentialBuilder().disableInstanceDiscovery()".to_owned(),
        ],
        then: String::new(),
    }
}

/// The first account's endpoint; one that is created later has its own name in the same place.
fn openai(address: &Address<'_>, ca_file: Option<&str>) -> Tool {
    let endpoint = |name: &str| format!("{}{ACCOUNTS_PATH}{name}/", address.url);
    let (first, others) = address.accounts.split_first().map_or(("NAME", &[][..]), |(first, others)| (*first, others));
    let mut environment =
        vec![("AZURE_OPENAI_ENDPOINT", endpoint(first)), ("OPENAI_API_VERSION", DATA_PLANE_VERSION.to_owned())];
    if let Some(ca_file) = ca_file {
        environment.extend([("SSL_CERT_FILE", ca_file.to_owned()), ("NODE_EXTRA_CA_CERTS", ca_file.to_owned())]);
        environment.push((JAVA_OPTIONS, trusting(address.trust_store)));
    }
    let mut commands = Vec::new();
    if address.accounts.is_empty() {
        commands.push("# NAME is the subdomain of an account; none exists yet".to_owned());
    }
    commands.extend(others.iter().map(|name| format!("# another account: {}", endpoint(name))));
    commands.push(format!(
        "# AzureOpenAI() reads these; or OpenAI(base_url=\"{}openai/v1/\", api_key=KEY)",
        endpoint(first)
    ));
    let keys = FollowUp::new(Verb::Env).with(["--show-keys"]);
    let then = format!(
        "# the key of a lab in the sandbox (AZURE_OPENAI_API_KEY is the variable): {}",
        state(address).line(&keys)
    );
    Tool {
        name: ServedTool::Openai.name(),
        about: "the openai SDKs, and applications that use them",
        environment,
        commands,
        then,
    }
}

fn terraform(address: &Address<'_>, ca_file: &str) -> Tool {
    Tool {
        name: ServedTool::Terraform.name(),
        about: "Terraform's azurerm, after terraform init",
        environment: vec![
            ("ARM_METADATA_HOSTNAME", address.url.trim_start_matches("https://").to_owned()),
            ("ARM_TENANT_ID", TENANT_ID.to_owned()),
            ("ARM_SUBSCRIPTION_ID", SUBSCRIPTION_ID.to_owned()),
            ("ARM_CLIENT_ID", DEFAULT_CLIENT_ID.to_string()),
            ("ARM_CLIENT_SECRET", address.secret.to_owned()),
            // The first for version 4, the second for those before it.
            ("ARM_RESOURCE_PROVIDER_REGISTRATIONS", "none".to_owned()),
            ("ARM_SKIP_PROVIDER_REGISTRATION", "true".to_owned()),
            ("SSL_CERT_FILE", ca_file.to_owned()),
        ],
        commands: Vec::new(),
        then: String::new(),
    }
}

fn curl(address: &Address<'_>, ca_file: Option<&str>) -> Tool {
    let Address { url, .. } = address;
    let trust = ca_file.map(|ca_file| format!(" --cacert {}", shell_word(ca_file))).unwrap_or_default();
    Tool {
        name: ServedTool::Curl.name(),
        about: "curl: a token, and a call",
        environment: Vec::new(),
        commands: vec![
            // By standard input: other users of the machine can read the arguments of a command.
            format!(
                "token=$(printf %s {} | curl -sS{trust} -d @- {url}/{TENANT_ID}/oauth2/v2.0/token | sed \
                 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')",
                shell_word(&format!(
                    "grant_type=client_credentials&client_id={DEFAULT_CLIENT_ID}&client_secret={}&\
                     scope=https://management.azure.com/.default",
                    address.secret
                )),
            ),
            format!(
                "curl -sS{trust} -H \"Authorization: Bearer $token\" \
                 '{url}/subscriptions/{SUBSCRIPTION_ID}/resourcegroups?api-version=2021-04-01'"
            ),
        ],
        then: String::new(),
    }
}

/// The sandbox as a client of its address finds it.
fn served(address: &Address<'_>, ca_file: Option<&str>) -> Place {
    let options = [
        ("--arm-endpoint", Some(address.url)),
        ("--subscription", Some(SUBSCRIPTION_ID)),
        ("--tenant", Some(TENANT_ID)),
        ("--ca-file", ca_file),
    ];
    let said = |(option, value): (&'static str, Option<&str>)| Some(Placed { option, value: value?.to_owned() });
    Place::azure(&[]).with_target(options.into_iter().filter_map(said))
}

/// The sandbox as a command finds it that opens its state.
fn state(address: &Address<'_>) -> Place {
    Place::sandbox(&[]).with_state([Placed { option: "--sandbox-dir", value: keeping_bytes(address.dir.as_os_str()) }])
}

fn identity(address: &Address<'_>) -> Tool {
    let token = FollowUp::new(Verb::SandboxToken);
    let token = token.with(["--service-account", "default/ai-service-account", "--file", "token"]);
    Tool {
        name: ServedTool::Identity.name(),
        about: "as a managed identity of the sandbox (AZURE_CLIENT_ID names it), instead of as the application",
        environment: vec![
            ("IDENTITY_ENDPOINT", format!("{}{MANAGED_IDENTITY_PATH}", address.url)),
            ("IDENTITY_HEADER", address.identity_header.to_owned()),
        ],
        commands: vec![
            "# which one (MANAGED_IDENTITY_CLIENT_ID of its lab), and not the application: export AZURE_CLIENT_ID=…; unset AZURE_CLIENT_SECRET"
                .to_owned(),
            format!("# as a pod: {}", state(address).line(&token)),
            "#           export AZURE_FEDERATED_TOKEN_FILE=$PWD/token".to_owned(),
        ],
        then: String::new(),
    }
}

/// The option with which Java trusts the certificates of a file. Java splits the variable at blanks, and takes quotes in it.
fn trusting(trust_store: &Path) -> String {
    let path = keeping_bytes(trust_store.as_os_str());
    let quote = match path.contains(char::is_whitespace) {
        false => "",
        true if path.contains('"') => "'",
        true => "\"",
    };
    format!("-Djavax.net.ssl.trustStore={quote}{path}{quote}")
}
