//! Walls: answers that stand in place of a document because the asker is a program, or has not
//! agreed to something. Recognised by status, headers and the beginning of the body, all three of
//! which are public habits of the services that put them up.

use std::fmt;

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// A test that only a browser or a person passes.
    Challenge,
    /// A page that asks for consent to cookies first.
    Consent,
    /// A page that asks to sign in or to pay.
    SignIn,
    /// The host refuses programs, or this network.
    Refusal,
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Challenge => "a challenge for browsers",
            Self::Consent => "a consent wall",
            Self::SignIn => "a sign-in page",
            Self::Refusal => "a refusal of programs",
        })
    }
}

/// How much of a body is looked at: walls show themselves early.
const LOOKED_AT: usize = 16 << 10;

/// Said by challenge pages of the common services, in lower case.
const CHALLENGES: [&str; 20] = [
    "/cdn-cgi/challenge-platform/",
    "cf-browser-verification",
    "cf_chl_",
    "cf-challenge",
    "<title>just a moment...",
    "checking your browser before accessing",
    "ddos protection by",
    "challenges.cloudflare.com",
    "geo.captcha-delivery.com",
    "captcha-delivery",
    "px-captcha",
    "_incapsula_resource",
    "distil_r_captcha",
    "awswafcookiedomainlist",
    "aws-waf-token",
    "g-recaptcha",
    "h-captcha",
    "sgcaptcha",
    "enable javascript and cookies to continue",
    "verify you are human",
];
const CONSENTS: [&str; 8] = [
    "consent.google.",
    "consent.yahoo.com",
    "guce.advertising.com",
    "consent.youtube.com",
    "id=\"consent-page\"",
    "class=\"consent-wall",
    "before you continue to",
    "<title>before you continue",
];
const SIGN_INS: [&str; 3] = ["type=\"password\"", "type='password'", "type=password"];
const REFUSALS: [&str; 8] = [
    "attention required! | cloudflare",
    "you have been blocked",
    "error code: 1020",
    "access denied",
    "request blocked",
    "your ip address has been",
    "the owner of this website has banned",
    "reference&#32;&#35;",
];

/// The wall that an answer is, if it is one. A document that was read is none, so this is asked
/// only about refusals and about documents that turned out to be something else.
pub fn wall(status: u16, headers: &[(String, String)], body: &[u8]) -> Option<Wall> {
    let header = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.to_ascii_lowercase())
    };
    if header("cf-mitigated").is_some_and(|value| value.contains("challenge"))
        || header("x-amzn-waf-action").is_some()
        || header("x-datadome").is_some()
        || header("x-sucuri-block").is_some()
    {
        return Some(Wall::Challenge);
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).to_ascii_lowercase();
    let is_page = header("content-type").is_some_and(|value| value.contains("html"))
        || text.trim_start().starts_with("<!doctype html")
        || text.trim_start().starts_with("<html");
    let says = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    if is_page {
        if says(&CHALLENGES) {
            return Some(Wall::Challenge);
        }
        if says(&CONSENTS) {
            return Some(Wall::Consent);
        }
    }
    match status {
        401 | 402 => Some(Wall::SignIn),
        403 | 405 | 406 | 418 | 451 if is_page && says(&REFUSALS) => Some(Wall::Refusal),
        451 => Some(Wall::Refusal),
        200 | 203 if is_page && says(&SIGN_INS) => Some(Wall::SignIn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, head: &[(&str, &str)], body: &str) -> Option<Wall> {
        let head: Vec<_> =
            head.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        wall(status, &head, body.as_bytes())
    }

    #[test]
    fn walls_are_told_from_documents_and_from_plain_errors() {
        let html = [("Content-Type", "text/html; charset=utf-8")];
        let waiting = "<html><head><title>Just a moment...</title></head>";
        for (status, head, body, expected) in [
            (403, &html[..], waiting, Some(Wall::Challenge)),
            (503, &html[..], waiting, Some(Wall::Challenge)),
            (200, &html[..], waiting, Some(Wall::Challenge)),
            (403, &[("CF-Mitigated", "challenge")][..], "", Some(Wall::Challenge)),
            (403, &html[..], "<h1>Access Denied</h1>", Some(Wall::Refusal)),
            (200, &html[..], "<h1>Access denied to the port, unions say</h1>", None),
            (200, &html[..], "<html><div id=\"consent-page\">", Some(Wall::Consent)),
            (200, &[][..], " <!DOCTYPE html><input type=\"password\">", Some(Wall::SignIn)),
            (401, &[][..], "", Some(Wall::SignIn)),
            (403, &[][..], "Forbidden", None),
            (451, &[][..], "", Some(Wall::Refusal)),
            (503, &html[..], "<h1>Maintenance</h1>", None),
            (200, &[][..], "<rss><item><title>Verify you are human, says the court", None),
        ] {
            assert_eq!(seen(status, head, body), expected, "{status} {body}");
        }
    }
}
