//! Looks at what exists, runs the checks that what is missing needs, and gives the plan. Reads only.

use super::demand::Demand;
use super::deployments::{self, OpenDeployment};
use super::existing::Existing;
use super::finding::Finding;
use super::reads::Reads;
use super::subscription_cache::SubscriptionCache;
use super::{
    EXISTING_ID, account_name, alternative_regions, cluster_count, cluster_size, model, node_group, public_ips,
    resource_groups, subscription,
};
use crate::azure::client::Azure;
use crate::azure::code::Code;
use crate::azure::groups::ResourceGroup;
use crate::events::{CheckStatus, Events, Level};
use crate::lab::model::Choice;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::recipe::discovery::discover_names;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::group;
use crate::recipe::provision::Plan;
use crate::values::{ModelSelection, ResourceKind};

/// How to survey.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SurveyOptions {
    /// Takes over a group that is not ours.
    pub(crate) adopt: bool,
    /// Goes on although checks fail.
    pub(crate) skip_checks: bool,
    /// Checks the subscription, the rights and the region even if nothing is missing.
    pub(crate) thorough: bool,
}

/// Why there is no plan.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Checks failed; never empty, in the order in which they were made.
    Checks(Vec<Finding>),
    /// The lab cannot be touched, or cannot be looked at.
    Lab(RecipeError),
}

/// What a survey found out.
#[derive(Clone, Debug)]
pub(crate) struct Surveyed {
    /// What to make.
    pub(crate) plan: Plan,
    /// Every check, in the order in which they were made.
    pub(crate) findings: Vec<Finding>,
    /// What the lab takes of quotas.
    pub(crate) demand: Demand,
    /// The models that azlab chose itself.
    pub(crate) selections: Vec<ModelSelection>,
    /// What people should know of what fits.
    pub(crate) notes: Vec<String>,
}

impl Surveyed {
    fn failed(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.status == CheckStatus::Fail).cloned().collect()
    }
}

pub(super) struct Survey<'a> {
    pub(super) azure: &'a Azure,
    pub(super) cache: &'a SubscriptionCache,
    pub(super) events: &'a Events,
    pub(super) lab: &'a LabSpec,
    pub(super) options: &'a SurveyOptions,
    pub(super) findings: Vec<Finding>,
    pub(super) demand: Demand,
    pub(super) selections: Vec<ModelSelection>,
    pub(super) notes: Vec<String>,
}

/// Looks at what exists of `lab`, makes the checks that the rest needs, and plans it.
///
/// # Errors
/// What cannot be looked at or touched; nothing was written.
pub(crate) async fn look(
    cache: &SubscriptionCache,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
) -> Result<Surveyed, RecipeError> {
    let (lab, group) = known(&cache.azure, lab, options.adopt).await?;
    let mut survey = Survey::new(cache, events, &lab, options);
    // On the heap: a survey is large, and each of the futures around it would hold it once more on a thread's stack.
    let plan = Box::pin(survey.run(group)).await?;
    // What labs share is where they are.
    if !options.skip_checks && !lab.is_shared() {
        survey.look_elsewhere().await;
    }
    let Survey { findings, demand, selections, notes, .. } = survey;
    Ok(Surveyed { plan, findings, demand, selections, notes })
}

/// [`look`], which ends where a check has failed.
///
/// # Errors
/// [`Stop`]; nothing was written.
pub(crate) async fn survey(
    cache: &SubscriptionCache,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
) -> Result<Surveyed, Stop> {
    let surveyed = look(cache, events, lab, options).await.map_err(Stop::Lab)?;
    let failed = surveyed.failed();
    if failed.is_empty() || options.skip_checks { Ok(surveyed) } else { Err(Stop::Checks(failed)) }
}

/// Chooses what to deploy for each deployment of `lab` on an account that exists; for one that fits, what it has. And
/// the models that azlab chose itself.
///
/// # Errors
/// [`Stop`]; nothing was written.
pub(crate) async fn survey_deployments(
    azure: &Azure,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
    account: &str,
    location: &str,
) -> Result<(Vec<Choice>, Vec<ModelSelection>), Stop> {
    let cache = SubscriptionCache::new(azure.clone(), None);
    let mut survey = Survey::new(&cache, events, lab, options);
    let open = deployments::read(azure, lab, Some(account)).await.map_err(Stop::Lab)?;
    open.iter().filter_map(OpenDeployment::note).for_each(|text| events.note(Level::Info, text));
    if open.iter().all(|one| one.fits) {
        return Ok((open.iter().map(|one| one.as_it_is(&[])).collect(), Vec::new()));
    }
    let choices = match cache.models(location).await {
        Ok(models) => survey.choose_models(location, &open, &models),
        Err(error) => {
            survey.unreadable(model::ID, "the model catalogue", error).map_err(Stop::Lab)?;
            open.iter().map(|one| one.as_it_is(&[])).collect()
        }
    };
    survey.look_elsewhere().await;
    let failed = survey.failed();
    if failed.is_empty() || options.skip_checks { Ok((choices, survey.selections)) } else { Err(Stop::Checks(failed)) }
}

/// The lab with the names that it goes by, and its group. One that is adopted is not ours as yet: nothing in it is taken
/// for the lab's but by name.
pub(super) async fn known(
    azure: &Azure,
    lab: &LabSpec,
    adopt: bool,
) -> Result<(LabSpec, Option<ResourceGroup>), RecipeError> {
    let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let mut named = lab.clone();
    let group = azure.group(&lab.group).await.map_err(wrap)?;
    let tags = Tags::read(group.as_ref().and_then(|group| group.tags.as_ref()));
    named.settle_tags(&tags, azure.arm().clock().now());
    if let Some(group) = &group {
        group::claim(group, lab, adopt)?;
        if !group::is_going(group) {
            group::check_tags(group, &named)?;
        }
        if tags.is_ours() {
            discover_names(&mut named, &azure.group_contents(&lab.group).await.map_err(wrap)?);
        }
    }
    Ok((named, group))
}

impl<'a> Survey<'a> {
    fn new(cache: &'a SubscriptionCache, events: &'a Events, lab: &'a LabSpec, options: &'a SurveyOptions) -> Self {
        let (findings, demand, selections, notes) = (Vec::new(), Demand::default(), Vec::new(), Vec::new());
        Self { azure: &cache.azure, cache, events, lab, options, findings, demand, selections, notes }
    }

    fn failed(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.status == CheckStatus::Fail).cloned().collect()
    }

    /// Says beside what failed for want of quota where there is some.
    async fn look_elsewhere(&mut self) {
        let is_short = |finding: &Finding| {
            const REGIONAL: [&str; 4] =
                [cluster_size::QUOTA_ID, cluster_count::ID, public_ips::ID, account_name::COUNT_ID];
            let is_regional = REGIONAL.contains(&finding.id)
                || (finding.id == model::ID && finding.code == Code::InsufficientQuota.as_str());
            finding.status == CheckStatus::Fail && is_regional
        };
        // Of a limit of the subscription there is no more elsewhere.
        let is_limit = |finding: &Finding| finding.status == CheckStatus::Fail && finding.id == resource_groups::ID;
        if self.demand.location.is_empty() || !self.findings.iter().any(is_short) || self.findings.iter().any(is_limit)
        {
            return;
        }
        let regions = alternative_regions::find(self.cache, &self.demand, &self.demand.location).await;
        let Some(first) = regions.first() else { return };
        let all: Vec<&str> = regions.iter().map(|region| region.location.as_str()).collect();
        let place = format!("there is quota in {}: --location {}", all.join(", "), first.location);
        for finding in self.findings.iter_mut().filter(|finding| is_short(finding)) {
            let hint = finding.hint.take().unwrap_or_default();
            finding.hint = Some(hint.say(format!("\n{place}")));
        }
    }

    async fn run(&mut self, group: Option<ResourceGroup>) -> Result<Plan, RecipeError> {
        let lab = self.lab;
        let found = if group.is_some() { "exists, and is the lab's" } else { "does not exist yet" };
        self.found(Finding::pass(EXISTING_ID, format!("the resource group {} {found}", lab.group)));
        // One that is being deleted takes everything along: it is waited for, and then the lab is made from nothing.
        let (going, group): (Vec<_>, Vec<_>) = group.into_iter().partition(group::is_going);
        let group = group.into_iter().next();
        let location = self.choose_location(group.as_ref(), going.first());
        let existing = Existing::read(self.azure, lab, group.is_some()).await?;
        let is_new = !existing.has_group;
        if !self.takes_the_lab(&existing, &location).await? {
            let account = existing.account.unwrap_or_else(|| lab.host(&location).account_name(0));
            return Ok(self.plan(location, account, Vec::new(), is_new));
        }
        // An account may be elsewhere than its group: models and quota are those of its own region.
        let account_location = existing.account_location().unwrap_or_else(|| location.clone());
        self.demand.location.clone_from(&location);
        self.demand.account_location.clone_from(&account_location);
        (self.demand.new_cluster, self.demand.new_groups) = (existing.needs_cluster(), existing.new_groups());
        if existing.needs_cluster() {
            self.found(node_group::check(lab, &location));
        }
        existing.refuse_fixed(lab, self.options.adopt)?;
        let reads =
            Reads::make(self.cache, lab, &existing, (&location, &account_location), !self.options.skip_checks).await;
        self.check_groups(reads.groups)?;
        self.check_cluster(&existing, &location, reads.versions, reads.nodes)?;
        self.check_cluster_quotas(&location, reads.cluster_quotas)?;
        let mut purges = false;
        let account = match &existing.account {
            Some(name) => name.clone(),
            None if !existing.needs_account() => lab.host(&location).account_name(0),
            None => self.choose_account(&location, reads.deleted_accounts, reads.models.as_ref(), &mut purges)?,
        };
        if existing.needs_anything() || self.options.thorough {
            self.check_permissions(existing.has_group, purges).await?;
        }
        let open = &existing.deployments;
        for text in open.iter().filter_map(OpenDeployment::note) {
            self.found(Finding::pass(model::ID, &text));
            self.notes.push(text);
        }
        let has_models = self.check_offer(&existing, reads.models.as_ref()).await;
        let choices = match reads.models {
            Some(_) if !has_models => open.iter().map(|one| one.as_it_is(&[])).collect(),
            Some(Ok(models)) => self.choose_models(&account_location, open, &models),
            Some(Err(error)) => {
                self.unreadable(model::ID, "the model catalogue", error)?;
                open.iter().map(|one| one.as_it_is(&[])).collect()
            }
            None => open.iter().map(|one| one.as_it_is(&[])).collect(),
        };
        Ok(self.plan(location, account, choices, is_new))
    }

    /// Whether the subscription and the region take what is missing. Where they do not, what follows would fail for no other
    /// reason: of that only the permissions are checked.
    async fn takes_the_lab(&mut self, existing: &Existing, location: &str) -> Result<bool, RecipeError> {
        let thorough = self.options.thorough;
        if existing.needs_anything() || thorough {
            self.check_subscription().await?;
        }
        if (existing.needs_cluster() || existing.needs_account() || thorough) && self.failed().is_empty() {
            self.check_region(location).await?;
        }
        if self.failed().is_empty() || self.options.skip_checks {
            return Ok(true);
        }
        if self.failed().iter().all(|finding| finding.id != subscription::ID) {
            self.check_permissions(existing.has_group, false).await?;
        }
        Ok(false)
    }

    fn plan(&self, location: String, account: String, choices: Vec<Choice>, is_new: bool) -> Plan {
        let mut lab = self.lab.clone();
        for (deployment, choice) in lab.deployments.iter_mut().zip(&choices) {
            deployment.model.settle(choice);
        }
        Plan { lab, location, account, choices, adopt: self.options.adopt, is_new }
    }
}
