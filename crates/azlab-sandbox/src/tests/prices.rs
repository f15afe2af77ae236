//! The Retail Prices API: found by its host, without a token, page by page.
use azlab_clock::Clock;
use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;

use crate::Sandbox;

async fn send(azure: &Sandbox, method: Method, uri: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(uri).body(Bytes::new()).unwrap();
    let answer = azure.handle(request).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

fn at(query: &str) -> String {
    let query: String = url::form_urlencoded::parse(query.as_bytes())
        .fold(url::form_urlencoded::Serializer::new(String::new()), |mut out, (name, value)| {
            out.append_pair(&name, &value);
            out
        })
        .finish();
    format!("https://prices.azure.com/api/retail/prices?{query}")
}

const NODE: &str = "$filter=serviceName eq 'Virtual Machines' and armRegionName eq 'westeurope' and armSkuName eq \
                    'Standard_D2s_v5' and priceType eq 'Consumption'";

#[tokio::test(start_paused = true)]
async fn prices_need_no_token_and_have_the_fields_of_the_page() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    let (status, body) = send(&azure, Method::GET, &at(&format!("api-version=2023-01-01-preview&{NODE}"))).await;
    assert_eq!((status, &body["BillingCurrency"], &body["Count"]), (200, &"USD".into(), &4.into()));
    assert_eq!(body["NextPageLink"], Value::Null);
    let node = body["Items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["skuName"] == "D2s v5" && !one["productName"].as_str().unwrap().contains("Windows"))
        .unwrap();
    assert_eq!(
        (&node["unitOfMeasure"], &node["type"], &node["location"]),
        (&"1 Hour".into(), &"Consumption".into(), &"West Europe".into())
    );
    assert_eq!(node["retailPrice"].as_f64(), Some(0.1152));
}

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other_until_every_record_has_come_once() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    azure.control().change_settings(|settings| settings.page_size = 3).unwrap();
    let (mut seen, mut link) = (Vec::new(), at(&format!("currencyCode='EUR'&{NODE}")));
    for _ in 0..2 {
        let (status, body) = send(&azure, Method::GET, &link).await;
        assert_eq!(status, 200);
        seen.extend(
            body["Items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["skuId"].as_str().unwrap().to_owned() + one["productName"].as_str().unwrap()),
        );
        assert!(body["Items"].as_array().unwrap().iter().all(|one| one["currencyCode"] == "EUR"));
        link = body["NextPageLink"].as_str().unwrap_or_default().to_owned();
    }
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), link.as_str()), (4, ""));
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_read_is_refused() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    for (method, uri, expected, says) in [
        (Method::GET, at("currencyCode='XYZ'"), 400, "XYZ"),
        (Method::GET, at("$filter=price gt 3"), 400, "price gt 3"),
        (Method::GET, at("$skip=-1"), 400, "-1"),
        (Method::POST, at(""), 405, "read"),
        (Method::GET, "https://prices.azure.com/api/other".to_owned(), 404, "not found"),
    ] {
        let (status, body) = send(&azure, method, &uri).await;
        assert_eq!(status, expected, "{uri}");
        assert!(body["Error"]["Message"].as_str().is_some_and(|text| text.contains(says)), "{body}");
    }
    let (status, _) = send(&azure, Method::GET, "https://management.azure.com/api/retail/prices").await;
    assert_eq!(status, 401, "other hosts are Resource Manager");
}
