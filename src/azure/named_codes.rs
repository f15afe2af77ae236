//! The codes that an error names: its own, those of the errors below it, and those in its words. Providers put the refusal that
//! they met into a sentence: `SubCode: QuotaExceeded; OriginalError: Code="OperationNotAllowed" Message="…"`.

use super::code::Code;
use super::envelope::Envelope;
use super::error::ServiceError;

/// The shortest code that is looked for in words: shorter ones (`NotFound`, `Conflict`) are words of the language too.
const SHORTEST: usize = 10;

/// Every code that `error` names, each once: that of the innermost cause, its own, the others below it, and those in its words.
/// Those that mean many things come last.
pub(crate) fn named_codes(error: &ServiceError) -> Vec<Code> {
    let mut codes: Vec<Code> = error.envelope.root_cause().code.as_deref().map(Code::from).into_iter().collect();
    codes.push(error.code.clone());
    below(&error.envelope, &mut codes);
    texts(&error.envelope).into_iter().for_each(|text| codes.extend(in_words(text)));
    let mut named: Vec<Code> = Vec::new();
    for code in codes {
        if !named.contains(&code) {
            named.push(code);
        }
    }
    // A stable sort.
    named.sort_by_key(Code::has_many_meanings);
    named
}

/// The messages of an error and of all below it.
pub(crate) fn texts(error: &Envelope) -> Vec<&str> {
    let mut all = vec![error.message.as_str()];
    all.extend(error.details.iter().flat_map(texts));
    all
}

fn below(error: &Envelope, codes: &mut Vec<Code>) {
    codes.extend(error.code.as_deref().map(Code::from));
    error.details.iter().for_each(|one| below(one, codes));
}

/// Codes among the words of a text. An absence is none: a sentence names it while it tells of something else.
fn in_words(text: &str) -> impl Iterator<Item = Code> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    words.filter(|word| word.len() >= SHORTEST).filter_map(|word| {
        let code = Code::from(word);
        let is_it = match &code {
            Code::Other(_) => code.is_region_full() || code.is_other_quota() || code.is_other_limit(),
            known => known.as_str() == word && !known.is_absent(),
        };
        is_it.then_some(code)
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    fn named(body: &Value) -> Vec<Code> {
        let (status, headers) = (StatusCode::CONFLICT, HeaderMap::new());
        let body = body.to_string();
        named_codes(&ServiceError::from_answer(&Method::PUT, "/r", "", status, &headers, body.as_bytes(), None))
    }

    #[test]
    fn codes_are_found_in_details_and_in_sentences_and_those_of_many_meanings_come_last() {
        let words =
            "Category: ClientError; SubCode: QuotaExceeded; OriginalError: Code=\"OperationNotAllowed\" Message=\"no\"";
        let found = named(&json!({"code": "CreateVMSSAgentPoolFailed", "message": words}));
        let outer = Code::Other("CreateVMSSAgentPoolFailed".into());
        assert_eq!(found, [outer.clone(), Code::QuotaExceeded, Code::OperationNotAllowed]);
        let inner = json!({"code": "Conflict", "message": "Code: 715-123420, ErrCode_InsufficientVCPUQuota."});
        let found = named(&json!({"error": {"code": "CreateVMSSAgentPoolFailed", "message": "m", "details": [inner]}}));
        assert_eq!(found, [outer, Code::SubscriptionHeldBack, Code::InsufficientVcpuQuota, Code::Conflict]);
    }

    #[test]
    fn words_of_the_language_and_absences_are_no_codes() {
        let message = "A Conflict: the quotaexceeded thing was NotFound (ResourceNotFound), Throttled.";
        assert_eq!(named(&json!({"code": "X", "message": message})), [Code::Other("X".into())]);
    }
}
