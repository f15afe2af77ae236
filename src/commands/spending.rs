//! What the labs of a run cost: told by a dry run, and held against the budget before the first write.

use futures::future::try_join_all;

use super::find;
use super::runner::Command;
use super::session::Session;
use super::work::Work;
use crate::azure::error::Error as AzureError;
use crate::events::Level;
use crate::hints;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::outcome::cost::Cost;
use crate::outcome::{ErrorReport, Exit, LabOutcome};
use crate::preflight::bill::{self, Bill};
use crate::preflight::budget;
use crate::preflight::finding::Finding;
use crate::preflight::price_list::PriceList;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::provision::Plan;
use crate::settings::{LabSource, Spending};
use crate::values::ResourceKind;
use crate::values::cloud::Cloud;

/// What a run has to know of money.
#[derive(Clone, Debug)]
pub(crate) struct Purse {
    /// What the file says.
    pub(crate) spending: Spending,
    /// Every lab of the file, those of the run among them.
    pub(crate) class: LabSource,
}

/// Why nobody knows what labs cost.
#[derive(Debug)]
pub(super) enum NoPrices {
    /// The API has no prices of this cloud.
    Cloud(Cloud),
    /// It was asked for this currency, and did not answer.
    Unread(Box<AzureError>, String),
}

impl NoPrices {
    fn message(&self) -> String {
        match self {
            Self::Cloud(cloud) => format!("the prices of the cloud {cloud} are unknown"),
            Self::Unread(error, currency) => budget::why_unreadable(error, currency),
        }
    }

    /// As scripts see it, and the exit code.
    pub(super) fn told(&self) -> (ErrorReport, Exit) {
        let report = ErrorReport::new("PricesUnknown", self.message());
        match self {
            Self::Cloud(_) => (report.hint("the Retail Prices API has those of the public cloud"), Exit::LabFailed),
            Self::Unread(error, _) => {
                let hint =
                    "prices.azure.com has to be reached (https, no sign-in), and know the currency, such as USD or EUR";
                (report.hint(hint), hints::exit_of_azure(error))
            }
        }
    }
}

/// What each bill costs.
///
/// # Errors
/// [`NoPrices`]
pub(super) async fn priced(
    session: &Session,
    currency: &str,
    bills: &[Option<Bill>],
) -> Result<Vec<Option<Cost>>, NoPrices> {
    let prices = read(session, currency, bills.iter().flatten()).await?;
    Ok(costs(session, &prices, bills))
}

async fn read<'a>(
    session: &Session,
    currency: &str,
    bills: impl Iterator<Item = &'a Bill>,
) -> Result<PriceList, NoPrices> {
    if let Some(cloud) = session.prices.unknown_cloud() {
        return Err(NoPrices::Cloud(cloud));
    }
    let prices = PriceList::read(&session.prices, currency, bills.flat_map(Bill::meters)).await;
    prices.map_err(|error| NoPrices::Unread(Box::new(error), currency.to_owned()))
}

fn costs(session: &Session, prices: &PriceList, bills: &[Option<Bill>]) -> Vec<Option<Cost>> {
    let now = session.clock().now();
    bills.iter().map(|bill| Some(bill.as_ref()?.cost(prices, now))).collect()
}

/// What is known of the prices before it is known what there is of the labs of a dry run.
pub(super) type Foreseen = Option<Result<PriceList, NoPrices>>;

/// Reads what labs cost that are as `plans` say: nothing that there is of them has to be waited for. `None` without a purse.
pub(super) async fn foresee(session: &Session, purse: Option<&Purse>, plans: &[Plan]) -> Foreseen {
    let currency = &purse?.spending.currency;
    let bills: Vec<Bill> = plans.iter().map(|plan| Bill::of_plan(plan, None)).collect();
    Some(read(session, currency, bills.iter()).await)
}

/// Tells with each lab of a dry run what it would cost. Prices that cannot be read are a warning, and no cost.
pub(super) async fn tell(
    session: &Session,
    foreseen: Foreseen,
    ended: &mut [(LabOutcome, Exit)],
    bills: &[Option<Bill>],
) {
    let priced = match foreseen {
        None => return,
        // Nobody's cost is missed.
        Some(Err(NoPrices::Unread(..))) if bills.iter().all(Option::is_none) => return,
        Some(Err(error)) => Err(error),
        Some(Ok(prices)) => {
            let currency = prices.currency.clone();
            // Those of a cluster that is not as its plan.
            let prices = prices.with(&session.prices, bills.iter().flatten().flat_map(Bill::meters)).await;
            prices.map_err(|error| NoPrices::Unread(Box::new(error), currency))
        }
    };
    match priced.map(|prices| costs(session, &prices, bills)) {
        Ok(costs) => {
            for ((lab, _), cost) in ended.iter_mut().zip(costs) {
                lab.details.cost = cost;
            }
        }
        Err(error) => {
            session.events.note(Level::Warning, format!("{}; what the labs cost is not told", error.message()));
        }
    }
}

/// What the check of the budget found for labs that are made by `plans`, beside the other labs of the file that exist;
/// `None` if there is no budget.
///
/// # Errors
/// What cannot be read.
pub(super) async fn held_against_budget(
    command: &Command<'_>,
    purse: &Purse,
    planned: &[(&Work, &Plan)],
) -> Result<Option<Finding>, RecipeError> {
    if purse.spending.budget.is_none() {
        return Ok(None);
    }
    let session = command.session;
    let of_plan = async |(work, plan): &(&Work, &Plan)| {
        let lab = &plan.lab;
        let cluster = match plan.is_new {
            true => None,
            false => work.ctx.azure.cluster(&lab.group, &lab.cluster.name).await.map_err(|error| {
                RecipeError::azure(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), error)
            })?,
        };
        Ok::<_, RecipeError>(Bill::of_plan(plan, cluster.as_ref()))
    };
    let mut bills = try_join_all(planned.iter().map(of_plan)).await?;
    let class = match find::placed(session, &purse.class).await {
        Ok(class) => class,
        Err(error) => return Ok(Some(budget::unknown_class(&error.report().message))),
    };
    let is_other = |lab: &&LabSpec| planned.iter().all(|(work, _)| !same(&work.lab.name, &lab.name));
    let look = async |lab: &LabSpec| bill::look(&session.azure.in_subscription(&lab.subscription), lab).await;
    let others = class.iter().filter(is_other).map(look);
    bills.extend(try_join_all(others).await?.into_iter().flatten().filter(Bill::costs));
    Ok(budget::check(&session.prices, &purse.spending, &bills).await)
}
