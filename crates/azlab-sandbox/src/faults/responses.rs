//! Answers that no handler gives: refusals made up, a proxy's page, bodies that are not what they should be.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::arm::failure::Failure;
use crate::arm::provider::Providers;
use crate::arm::response::Answer;

/// Neither UTF-8 nor JSON, as a proxy that mixes up its buffers sends.
const GARBAGE: &[u8] = b"\x1f\x8b\xff\xfe{\"value\":[{\"id\":\x00\xc3\x28]]}\r\n0\r\n";

/// A refusal in the envelope of the service that `path` addresses.
pub(crate) fn refusal(providers: &Providers, path: &str, status: StatusCode, code: &str, message: &str) -> Answer {
    let failure = Failure::new(status, code, message);
    let segments: Vec<&str> = path.split('/').collect();
    let of = segments.iter().position(|segment| segment.eq_ignore_ascii_case("providers"));
    match of.and_then(|at| providers.named(segments.get(at + 2).and(segments.get(at + 1))?)) {
        Some(provider) => provider.envelope(failure).into_answer(),
        None => failure.into_answer(),
    }
}

/// Sets `headers` on a response; those that HTTP does not allow are left out.
pub(crate) fn set_headers(map: &mut HeaderMap, headers: &[(String, String)]) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            map.append(name, value);
        }
    }
}

/// What a front door says when the service behind it does not answer.
pub(crate) fn bad_gateway() -> http::Response<Bytes> {
    respond(
        StatusCode::BAD_GATEWAY,
        &[("content-type".to_owned(), "text/html".to_owned())],
        Bytes::from_static(
            b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
              <hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n",
        ),
    )
}

/// A response of exactly these parts.
pub(crate) fn respond(status: StatusCode, headers: &[(String, String)], body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    set_headers(response.headers_mut(), headers);
    response
}

/// Replaces the body by what nobody can read.
pub(crate) fn garble(response: &mut http::Response<Bytes>) {
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = Bytes::from_static(GARBAGE);
}
