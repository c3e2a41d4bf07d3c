//! `X-Hub-Signature` (section 7.1): an HMAC over the body as it came.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// The longest signature: SHA-512 in hexadecimal.
const MAX_DIGITS: usize = 128;

/// Whether `header` is the signature of `body` under `secret`. Compared in constant time; methods
/// that section 9.2 does not name are none.
pub(crate) fn is_right(header: &str, secret: &str, body: &[u8]) -> bool {
    let Some((method, digits)) = header.trim().split_once('=') else { return false };
    let Some(tag) = bytes(digits.trim()) else { return false };
    match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => verify::<Hmac<Sha1>>(secret, body, &tag),
        "sha256" => verify::<Hmac<Sha256>>(secret, body, &tag),
        "sha384" => verify::<Hmac<Sha384>>(secret, body, &tag),
        "sha512" => verify::<Hmac<Sha512>>(secret, body, &tag),
        _ => false,
    }
}

fn verify<M: Mac + KeyInit>(secret: &str, body: &[u8], tag: &[u8]) -> bool {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(body);
    // Whole tags only: a shorter one would be a guess at a few bytes.
    mac.verify_slice(tag).is_ok()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(digit(pair[0])? << 4 | digit(pair[1])?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = b"what do ya want for nothing?";

    /// RFC 2202 and RFC 4231, test case 2.
    const KNOWN: [&str; 4] = [
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ];

    #[test]
    fn the_four_methods_of_the_standard_are_verified() {
        for header in KNOWN {
            assert!(is_right(header, "Jefe", BODY), "{header}");
            assert!(is_right(&header.to_uppercase(), "Jefe", BODY));
            assert!(!is_right(header, "jefe", BODY) && !is_right(header, "Jefe", b"other"));
            assert!(!is_right(&header[..header.len() - 2], "Jefe", BODY), "a part is no whole");
            let (_, digits) = header.split_once('=').unwrap();
            for method in ["sha1", "sha256", "sha384", "sha512", "md5", "", "none"] {
                let other = format!("{method}={digits}");
                assert_eq!(is_right(&other, "Jefe", BODY), other == header, "{other}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_else_is_a_signature(header in "(sha(1|256|384|512))?=?[0-9a-fA-F ]{0,140}|\\PC{0,60}") {
            prop_assert!(!is_right(&header, "secret", BODY));
        }
    }
}
