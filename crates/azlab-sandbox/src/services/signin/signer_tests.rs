use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-04-01 12:00 UTC);
const ARM: &str = "https://management.azure.com";

fn principal() -> Principal {
    Principal { tenant: Uuid::from_u128(1), client_id: Uuid::from_u128(2), object_id: Uuid::from_u128(3) }
}

fn issued(signer: &Signer) -> String {
    signer.issue(&principal(), ARM, NOW, Duration::HOUR).unwrap().to_string()
}

#[test]
fn a_token_says_who_and_for_how_long() {
    let signer = Signer::generate().unwrap();
    let claims = signer.verify(&issued(&signer), NOW, &["https://management.azure.com/"]).unwrap();
    assert_eq!(claims.tid, Uuid::from_u128(1).to_string());
    assert_eq!(claims.appid, Uuid::from_u128(2).to_string());
    assert_eq!(claims.oid, Uuid::from_u128(3).to_string());
    assert_eq!(claims.exp - claims.iat, 3600);
}

#[test]
fn a_kept_key_checks_earlier_tokens() {
    let signer = Signer::generate().unwrap();
    let again = Signer::from_bytes(&signer.to_bytes()).unwrap();
    assert!(again.verify(&issued(&signer), NOW, &[ARM]).is_ok());
    assert_eq!(Signer::from_bytes(&[1, 2]).unwrap_err(), SignerError::BadKey(2));
}

#[test]
fn expired_foreign_early_and_misdirected_tokens_are_told_apart() {
    let signer = Signer::generate().unwrap();
    let token = issued(&signer);
    let end = NOW + Duration::HOUR;
    assert!(signer.verify(&token, end - Duration::SECOND, &[ARM]).is_ok());
    assert_eq!(signer.verify(&token, end, &[ARM]), Err(TokenError::Expired { expired_on: end, now: end }));
    assert_eq!(Signer::generate().unwrap().verify(&token, NOW, &[ARM]), Err(TokenError::Foreign));
    assert_eq!(
        signer.verify(&token, NOW - Duration::minutes(6), &[ARM]),
        Err(TokenError::NotYetValid { not_before: NOW })
    );
    assert!(signer.verify(&token, NOW - Duration::minutes(5), &[ARM]).is_ok());
    assert_eq!(
        signer.verify(&token, NOW, &["https://vault.azure.net"]),
        Err(TokenError::WrongAudience { audience: ARM.to_owned() })
    );
}

#[test]
fn an_unsigned_token_is_foreign() {
    let signer = Signer::generate().unwrap();
    let token = issued(&signer);
    let payload = token.split('.').nth(1).unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    assert!(signer.verify(&format!("{none}.{payload}."), NOW, &[ARM]).is_err());
    let asymmetric = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    assert_eq!(signer.verify(&format!("{asymmetric}.{payload}.AAAA"), NOW, &[ARM]), Err(TokenError::Foreign));
}

#[test]
fn the_key_stays_out_of_debug() {
    let signer = Signer::from_bytes(&[0xAB; KEY_LENGTH]).unwrap();
    let shown = format!("{signer:?}");
    assert!(!shown.contains("171") && !shown.to_lowercase().contains("ab,"), "{shown}");
}

proptest! {
    #[test]
    fn anything_may_come_as_a_token(text in ".{0,200}") {
        let signer = Signer::from_bytes(&[7; KEY_LENGTH]).unwrap();
        prop_assert!(signer.verify(&text, NOW, &[ARM]).is_err());
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(position in any::<prop::sample::Index>(), with in "[A-Za-z0-9_-]") {
        let signer = Signer::from_bytes(&[7; KEY_LENGTH]).unwrap();
        let token = issued(&signer);
        let position = position.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(position..=position, &with);
        // The last character of a base64 text holds bits that count for nothing.
        prop_assume!(changed != token && position + 1 != token.len());
        prop_assert!(signer.verify(&changed, NOW, &[ARM]).is_err());
    }
}
