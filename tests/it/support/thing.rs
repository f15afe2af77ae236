//! A resource of a few lines, for the loop that makes resources be as they should.

use std::time::Duration;

use azlab::azure::arm::Reply;
use azlab::azure::code::Code;
use azlab::azure::error::Error as AzureError;
use azlab::azure::lro::{PollPolicy, Status};
use azlab::azure::request::Request;
use azlab::hints::report;
use azlab::lab::comparison::{Comparison, Difference};
use azlab::lab::spec::LabSpec;
use azlab::outcome::Action;
use azlab::recipe::context::{Context, ParentLocks};
use azlab::recipe::ensure::ensure;
use azlab::recipe::error::Error;
use azlab::recipe::identity::Identity;
use azlab::recipe::needs::Needs;
use azlab::recipe::resource::Resource;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json as body};

use super::{SUBSCRIPTION, Say, World, error, in_turn, json, request};

const GROUP: &str = "/subscriptions/s/resourceGroups/g";

/// A resource with a size that can be changed and a location that cannot.
pub struct Thing {
    id: String,
    parent: Option<String>,
    size: u64,
}

impl Thing {
    pub fn new(name: &str) -> Self {
        Self { id: format!("{GROUP}/providers/Microsoft.X/things/{name}"), parent: None, size: 2 }
    }

    pub fn below(self, parent: &str) -> Self {
        Self { parent: Some(parent.to_owned()), ..self }
    }
}

impl Resource for Thing {
    type State = Value;
    const NEEDS: Needs = Identity::NEEDS;

    fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    fn poll_policy(&self) -> PollPolicy {
        PollPolicy::seconds(Duration::from_secs(900))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<Value>, AzureError> {
        match ctx.azure.arm().get(&self.id).await {
            Ok(reply) => Ok(Some(serde_json::from_slice(&reply.body).expect("JSON"))),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn compare(&self, state: &Value) -> Comparison {
        match Status::read(state["state"].as_str()) {
            Status::Succeeded => {}
            Status::Running(word) => return Comparison::Busy(word),
            _ => return Comparison::Broken("Failed".into()),
        }
        if state["location"] == "elsewhere" {
            return Comparison::Differs(vec![Difference::fixed("location", "elsewhere", "here")]);
        }
        let size = state["size"].as_u64().unwrap_or_default();
        let differs = Difference::changeable("size", size.to_string(), self.size.to_string());
        Comparison::of(if size == self.size { vec![] } else { vec![differs] })
    }

    async fn write(&self, ctx: &Context, current: Option<&Value>) -> Result<Reply, AzureError> {
        let create = current.is_none();
        let sent = body!({"size": self.size, "create": create}).to_string();
        ctx.azure.arm().send(Request { body: Bytes::from(sent), ..request(Method::PUT, &self.id) }).await
    }

    fn is_there_after(&self, code: &Code) -> bool {
        *code == Code::RoleAssignmentExists
    }
}

pub fn is(size: u64) -> Say {
    json(200, &body!({"size": size}))
}

pub fn in_state(state: &str) -> Say {
    json(200, &body!({"size": 2, "state": state}))
}

pub fn absent() -> Say {
    error(404, "ResourceNotFound")
}

/// A synchronous success of a write.
pub fn taken() -> Say {
    json(201, &body!({"properties": {}}))
}

/// Answers looks and writes from two lists; the last of each is repeated.
pub fn service(looks: impl IntoIterator<Item = Say>, writes: impl IntoIterator<Item = Say>) -> World {
    let (mut looks, mut writes) = (in_turn(looks), in_turn(writes));
    World::new(move |seen| if seen.method == Method::GET { looks(seen) } else { writes(seen) })
}

pub fn context(world: &World, locks: &ParentLocks) -> Context {
    Context::new(world.azure(), &world.events, locks.clone(), &LabSpec::workshop("default", SUBSCRIPTION), report)
}

pub struct Ran {
    pub result: Result<Value, Error>,
    pub action: Option<Action>,
    pub puts: usize,
    pub took: Duration,
    pub world: World,
    pub ctx: Context,
}

impl Ran {
    pub fn code(&self) -> Option<String> {
        self.result.as_ref().err()?.code().map(ToString::to_string)
    }
}

pub async fn run(world: World) -> Ran {
    let ctx = context(&world, &ParentLocks::default());
    let result = ensure(&ctx, &Thing::new("t")).await;
    let action = ctx.ledger.changes().first().map(|change| change.action);
    Ran { result, action, puts: world.count(&Method::PUT), took: world.elapsed(), world, ctx }
}
