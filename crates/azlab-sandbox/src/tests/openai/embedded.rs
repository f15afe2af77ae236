//! Embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const EMBED: &str = "https://openai1.openai.azure.com/openai/deployments/embeddings/embeddings?api-version=2024-10-21";

fn numbers(got: &Got, index: usize) -> Vec<f64> {
    got.body["data"][index]["embedding"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_text_has_one_direction_in_numbers_and_in_base64() {
    let client = client(10).await;
    let got = client.ask(EMBED, json!({"input": ["a cat", "a dog"]})).await;
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!((&got.body["object"], &got.body["model"]), (&"list".into(), &"text-embedding-3-small".into()));
    assert_eq!(got.body["usage"], json!({"prompt_tokens": 4, "total_tokens": 4}));
    assert_eq!((numbers(&got, 0).len(), &got.body["data"][1]["index"]), (1536, &1.into()));
    assert_ne!(numbers(&got, 0), numbers(&got, 1));
    let length: f64 = numbers(&got, 0).iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-4, "{length}");
    let packed = client.ask(EMBED, json!({"input": "a cat", "encoding_format": "base64"})).await;
    let bytes = STANDARD.decode(packed.body["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let unpacked: Vec<f32> = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert!(unpacked.iter().zip(numbers(&got, 0)).all(|(one, other)| (f64::from(*one) - other).abs() < 1e-6));
    let short = client.ask(EMBED, json!({"input": "a cat", "dimensions": 8, "model": "ignored"})).await;
    assert_eq!(numbers(&short, 0).len(), 8);
    let tokens = client.ask(EMBED, json!({"input": [[1, 2, 3], [4]]})).await;
    assert_eq!(tokens.body["usage"]["prompt_tokens"], 4);
}

#[tokio::test(start_paused = true)]
async fn inputs_that_azure_does_not_take_are_refused() {
    let client = client(10).await;
    for (body, param, code) in [
        (json!({}), json!("input"), json!("missing_required_parameter")),
        (json!({"input": ""}), Value::Null, Value::Null),
        (json!({"input": []}), Value::Null, Value::Null),
        (json!({"input": ["a", ""]}), Value::Null, Value::Null),
        (json!({"input": [true]}), Value::Null, Value::Null),
        (json!({"input": [-1]}), Value::Null, Value::Null),
        (json!({"input": vec!["a"; 2049]}), json!("input"), json!("array_above_max_length")),
        (json!({"input": "x".repeat(40_000)}), Value::Null, Value::Null),
        (json!({"input": "a", "dimensions": 0}), json!("dimensions"), json!("integer_below_min_value")),
        (json!({"input": "a", "dimensions": 1537}), json!("dimensions"), json!("integer_above_max_value")),
        (json!({"input": "a", "encoding_format": "hex"}), json!("encoding_format"), json!("invalid_value")),
        (json!({"input": "a", "banana": 1}), json!("banana"), json!("unknown_parameter")),
    ] {
        let got = client.ask(EMBED, body.clone()).await;
        let error = &got.body["error"];
        assert_eq!((got.status.as_u16(), &error["param"], &error["code"]), (400, &param, &code), "{body}: {error}");
    }
}
