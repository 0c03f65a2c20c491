use tauri::{App, Runtime, Url, WebviewWindowBuilder};

/// Opens the one window, as tauri.conf.json describes it.
pub(crate) fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let [config] = app.config().app.windows.as_slice() else {
        unreachable!("tauri.conf.json describes one window");
    };
    WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(is_ours)
        .on_document_title_changed(|window, title| {
            // A window that is closing has no title to change.
            let _ = window.set_title(&title);
        })
        .build()?;
    Ok(())
}

/// Whether a page is the app's own. Nothing leads elsewhere; should something, the window stays where it is.
fn is_ours(url: &Url) -> bool {
    let served_live = cfg!(dev) && url.host_str() == Some("localhost");
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost") || served_live
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_never_leaves_the_app() {
        let ours = |url: &str| is_ours(&url.parse().unwrap());
        assert!(ours("tauri://localhost/index.html") && ours("http://tauri.localhost/"));
        assert!(!ours("https://example.org/") && !ours("file:///etc/passwd") && !ours("data:text/html,x"));
    }
}
