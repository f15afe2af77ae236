//! What no application sends: whatever it is, an answer of bounded size comes, and soon.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::hostile::paused;
use super::*;

/// The largest answer to one question with one answer.
const LARGEST: usize = 1024 * 1024;

/// Something like a schema, with references into itself.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(vec![
            json!({"type": "string"}),
            json!({"type": "string", "minLength": 3, "maxLength": 2}),
            json!({"type": "string", "pattern": "(a|[^b]{3,})+$", "minLength": 1}),
            json!({"type": "integer", "minimum": 1e300}),
            json!({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 1.5, "multipleOf": 0.25}),
            json!({"type": "number", "multipleOf": 0}),
            json!({"const": "x".repeat(3_000)}),
            json!({"enum": []}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/properties/a"}),
            json!({"$ref": "nowhere"}),
            json!({"type": ["null"]}),
            json!({"type": "banana"}),
            json!(true),
            json!(false),
            json!(7),
        ]),
        any::<String>().prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let several = proptest::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            (several.clone(), any::<bool>()).prop_map(|(several, all)| {
                let names = ["a", "b", "c", "d", "e"];
                let properties: serde_json::Map<String, Value> =
                    names.iter().map(|name| (*name).to_owned()).zip(several.clone()).collect();
                let required = if all { &names[..several.len()] } else { &[] };
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
            }),
            (inner, select(vec![0, 1, 5, 4_000]))
                .prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least})),
            (several, select(vec!["anyOf", "oneOf", "allOf"])).prop_map(|(several, group)| json!({ group: several })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_schema_the_answer_is_small_or_refused(of in schema(), strict in any::<bool>(), streams in any::<bool>()) {
        let format = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": strict, "schema": {
            "type": "object", "properties": {"a": of}, "required": ["a"], "additionalProperties": false,
        }}});
        let body = json!({"messages": [{"role": "user", "content": "x"}], "response_format": format, "stream": streams});
        paused().block_on(async {
            let client = client(10).await;
            client.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
            let token = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
            let request = http::Request::post(URL).header("authorization", token).body(Bytes::from(body.to_string()));
            let response = client.sandbox.handle(request.unwrap()).await;
            // A streamed answer has an envelope around each token.
            let most = if streams { LARGEST * 100 } else { LARGEST };
            prop_assert!([200, 400, 501].contains(&response.status().as_u16()), "{}", response.status());
            prop_assert!(response.body().len() < most, "{}", response.body().len());
            Ok(())
        })?;
    }

    #[test]
    fn no_path_below_an_account_makes_it_fail(
        words in proptest::collection::vec(select(vec![
            "openai", "v1", "deployments", "chat", "completions", "embeddings", "responses", "models", "..", "%2e%2e", "%00", "%ff",
            "%2f", "", ".", "_accounts", "openai1", "realtime", "é",
        ]), 0..8),
        verb in select(vec![Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::OPTIONS]),
        query in "[-a-z0-9%&=.]{0,30}",
        below in any::<bool>(),
    ) {
        let path = words.join("/");
        let start = if below { "https://localhost:8443/_accounts/openai1" } else { "https://openai1.openai.azure.com" };
        paused().block_on(async {
            let client = client(10).await;
            let token = client.token(AUDIENCE, SIGNED_IN_OBJECT_ID);
            let request = http::Request::builder().method(verb).uri(format!("{start}/{path}?{query}"));
            let Ok(request) = request.header("authorization", token).body(Bytes::from("{}")) else { return Ok(()) };
            let status = client.sandbox.handle(request).await.status();
            prop_assert!(status.as_u16() < 500 || status == 501, "{path}: {status}");
            Ok(())
        })?;
    }
}
