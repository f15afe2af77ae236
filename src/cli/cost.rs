//! `azlab cost`

use clap::Args;

use crate::lab::overrides::LabOverrides;

/// Show what labs cost an hour and until they expire, and what a pause saves.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The prices are Azure's public list (Retail Prices API, no sign-in). Counted is
what is paid by the hour: nodes and their disks, the load balancer, public IP
addresses, the cluster's tier, provisioned throughput. Labs that exist count as
what they have, labs of the file that do not exist yet as what they would get.")]
pub struct CostArgs {
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// The currency, such as EUR; else the budget's in the file, else USD
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<String>,
}

fn currency(text: &str) -> Result<String, String> {
    let is_code = text.len() == 3 && text.chars().all(|c| c.is_ascii_alphabetic());
    if is_code { Ok(text.to_ascii_uppercase()) } else { Err("it must be three letters, such as EUR".to_owned()) }
}
