//! Requests that no client would send: whatever comes, the answer is one of the service's, and the state stays readable.
//!
//! `just fuzz-sandbox 1000000` hunts; what is found is kept in `proptest-regressions/`.

mod answers;
pub(super) mod changes;
mod questions;
mod routes;
mod steps;
mod writes;

use proptest::prelude::*;

use self::answers::{ask, ask_if, check_shape};
use self::changes::{Change, apply};
use self::steps::{Step, mutated, other, wild};
use self::writes::{Write, lists, writes};
use super::hostile::paused;
use super::*;

/// Takes a step, and looks then at what its answer says to look at.
async fn run(azure: &Client, step: &Step) -> Result<(), TestCaseError> {
    let Some(response) = ask_if(azure, &step.method, &step.path, step.body.clone(), &step.conditions).await else {
        return Ok(());
    };
    check_shape(step, &response)?;
    azure.wait(step.wait).await;
    for name in ["azure-asyncoperation", "location"] {
        let told = response.headers().get(name).and_then(|url| url.to_str().ok());
        let Some(url) = told.filter(|url| url.starts_with("https:")) else { continue };
        if let Some(polled) = ask(azure, &Method::GET, url, None).await {
            check_shape(&Step { method: Method::GET, path: url.to_owned(), ..step.clone() }, &polled)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn whatever_comes_the_answer_is_the_services_and_the_state_stays_readable(
        // So much is there beforehand, in the order of `writes`: a new thing is checked otherwise than one that is there.
        there in 0..15_usize,
        steps in proptest::collection::vec(prop_oneof![4 => mutated(), 2 => other(), 2 => wild()], 1..10),
    ) {
        paused().block_on(async {
            let azure = Client::new();
            azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
            azure.group().await;
            for (method, path, body) in writes().into_iter().filter(|(method, ..)| *method == Method::PUT).take(there) {
                azure.send(method, path, Some(body)).await;
                azure.wait(20).await;
            }
            for step in &steps {
                run(&azure, step).await?;
            }
            let whole = azure.sandbox.inventory();
            prop_assert!(whole.is_ok(), "{:?}", whole.err());
            for list in ["/resources?api-version=2021-04-01", "/resourcegroups?api-version=2021-04-01"] {
                prop_assert_eq!(azure.get(list).await.status, 200);
            }
            Ok(())
        })?;
    }
}

/// The bodies that the fuzzer begins with are real ones: otherwise it would try nothing but refusals.
#[tokio::test(start_paused = true)]
async fn what_is_mutated_is_taken_when_it_is_not() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    for (method, path, body) in writes() {
        let got = ask(&azure, &method, path, Some(body.to_string().into_bytes())).await.unwrap();
        assert!(got.status().is_success(), "{method} {path}: {} {:?}", got.status(), got.body());
        azure.wait(400).await;
    }
}

/// A state in which these writes have been made.
async fn prepared(writes: &[Write]) -> Client {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    for (method, path, body) in writes {
        ask(&azure, method, path, Some(body.to_string().into_bytes())).await;
        azure.wait(400).await;
    }
    azure
}

#[tokio::test(start_paused = true)]
async fn no_wrong_value_at_any_place_of_any_body_makes_a_handler_fail() {
    for (shared, list) in lists() {
        for index in shared..list.len() {
            for is_there in [false, true] {
                spoil(&list[..index + usize::from(is_there)], &list[index], is_there).await;
            }
        }
    }
}

/// Sends a write with each of some wrong values at each place of its body.
async fn spoil(before: &[Write], (method, path, body): &Write, is_there: bool) {
    let mut azure = prepared(before).await;
    let values = [Value::Null, json!(true), json!(-1), json!(u64::MAX), json!(""), json!([]), json!({}), json!([null])];
    let changes: Vec<Change> = values.into_iter().map(Change::Replace).chain([Change::Remove]).collect();
    let places = (0..).take_while(|at| {
        let mut changed = body.clone();
        apply(&mut changed, &mut at.clone(), &Change::Replace(json!("elsewhere")));
        changed != *body
    });
    for at in places {
        for change in &changes {
            let mut changed = body.clone();
            apply(&mut changed, &mut at.clone(), change);
            let sent = changed.to_string().into_bytes();
            let step = Step {
                method: method.clone(),
                path: (*path).to_owned(),
                body: Some(sent),
                conditions: Vec::new(),
                wait: 0,
            };
            let answer = ask(&azure, method, path, step.body.clone()).await.unwrap();
            check_shape(&step, &answer).unwrap();
            if !is_there && *method == Method::PUT && answer.status().is_success() {
                // What was taken is there now, and the next one is to be new again.
                azure = prepared(before).await;
            }
        }
    }
    azure.sandbox.inventory().unwrap();
}
