//! The authority's certificate as Java takes it: in a trust store of PKCS #12 (RFC 7292), since Java reads no PEM there.
//!
//! The store holds what `ca.pem` holds, and nothing secret. So it is not encrypted, has no code of integrity, and opens without a
//! password. Java trusts a certificate of such a store if it has an attribute of Oracle's that says for what (JDK-8006591); Java 8
//! reads it already.

use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, construct_der};

/// `data` of PKCS #7.
const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
/// `certBag` of PKCS #12.
const CERTIFICATE_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
/// `x509Certificate`, of PKCS #9 as the next.
const CERTIFICATE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
/// Oracle's `trustedKeyUsage`, and `anyExtendedKeyUsage` of X.509.
const TRUSTED_KEY_USAGE: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];
const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];

/// The entry's alias.
const ALIAS: &str = "azlab sandbox";
/// The version that every such file has.
const VERSION: u8 = 3;

/// A trust store with one `certificate` (DER).
pub(super) fn trust_store(certificate: &[u8]) -> Vec<u8> {
    let bags = construct_der(|writer| writer.write_sequence_of(|bags| bag(bags.next(), certificate)));
    let authenticated = construct_der(|writer| writer.write_sequence_of(|safes| data(safes.next(), &bags)));
    construct_der(|writer| {
        writer.write_sequence(|store| {
            store.next().write_u8(VERSION);
            data(store.next(), &authenticated);
        });
    })
}

/// A certificate with its name and its use.
fn bag(writer: DERWriter<'_>, certificate: &[u8]) {
    writer.write_sequence(|bag| {
        identifier(bag.next(), CERTIFICATE_BAG);
        explicit(bag.next(), |writer| typed(writer, CERTIFICATE, certificate));
        bag.next().write_set_of(|attributes| {
            attribute(attributes.next(), FRIENDLY_NAME, |writer| writer.write_bmp_string(ALIAS));
            attribute(attributes.next(), TRUSTED_KEY_USAGE, |writer| identifier(writer, ANY_USAGE));
        });
    });
}

fn attribute(writer: DERWriter<'_>, name: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|attribute| {
        identifier(attribute.next(), name);
        attribute.next().write_set_of(|values| value(values.next()));
    });
}

fn data(writer: DERWriter<'_>, content: &[u8]) {
    typed(writer, DATA, content);
}

/// Bytes with the type that says what they are.
fn typed(writer: DERWriter<'_>, kind: &[u64], content: &[u8]) {
    writer.write_sequence(|typed| {
        identifier(typed.next(), kind);
        explicit(typed.next(), |writer| writer.write_bytes(content));
    });
}

fn explicit(writer: DERWriter<'_>, value: impl FnOnce(DERWriter<'_>)) {
    writer.write_tagged(yasna::Tag::context(0), value);
}

fn identifier(writer: DERWriter<'_>, components: &[u64]) {
    writer.write_oid(&ObjectIdentifier::from_slice(components));
}
