//! The page that an invitation of the form `https://HOST/join#…` opens: it hands the part behind the `#`, which no browser sends
//! to a server, to LANrage.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

const PAGE: &str = include_str!("../../landing/join.html");
const STYLE: &str = include_str!("../../landing/join.css");
const SCRIPT: &str = include_str!("../../landing/join.js");
/// Where the page says where LANrage is had.
const DOWNLOADS: &str = "%DOWNLOADS%";

/// Nothing but what comes with the page, and nobody who frames it or learns what it was called by.
const SHIELDS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("max-age=600")),
];

/// The page and its parts. `downloads` is where a visitor gets LANrage, if the operator says so.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(downloads: Option<&str>) -> Router<S> {
    let page: Arc<str> = page(downloads).into();
    Router::new()
        .route("/join", get(async move || file("text/html; charset=utf-8", page.to_string())))
        .route("/join.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/join.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
}

fn page(downloads: Option<&str>) -> String {
    let escaped: String = downloads.unwrap_or_default().chars().map(escape).collect();
    PAGE.replace(DOWNLOADS, &escaped)
}

fn escape(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        c => c.to_string(),
    }
}

fn file(kind: &'static str, content: impl IntoResponse) -> Response {
    (SHIELDS, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_lanrage_is_had_is_text_and_no_markup() {
        assert!(
            page(Some("https://example.org/?a=1&b=\"x\""))
                .contains("https://example.org/?a=1&amp;b=&quot;x&quot;")
        );
        assert!(!page(None).contains('%'), "nothing is left to fill in");
    }
}
