//! What the window may ask: the engine's requests, and those that only the desktop can carry out.

mod adapter_setup;
mod files;
pub(crate) mod log_feed;

use std::path::PathBuf;

use lanrage_engine::{
    CommandError, Request,
    api::{
        ExportDiagnostics, LinkCopied, LookForUpdate, ReplyCopied, Serve, Status, WaysIntoGame, WaysToStart,
    },
    facts::Cause,
    requests, start_game,
};
use serde_json::value::RawValue;
use tauri::{AppHandle, Manager, Runtime, State};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;
use tracing::warn;

use self::log_feed::LogFeed;
use crate::{
    EngineHost,
    system::{link::PendingLink, restart},
    tasks,
    window::closing,
};

/// How every link to a party begins.
const LINK: &str = "lanrage://join/";
/// With what a reply begins.
const REPLY: &str = "lanrage://reply/";

requests! {
    /// What the window asks of the desktop.
    DesktopRequest;

    /// Puts a text on the clipboard.
    CopyText {
        /// The text.
        text: String,
    } -> ();

    /// Writes a bundle for whoever helps among the player's downloads; answers where it is.
    SaveDiagnostics {} -> PathBuf;

    /// Writes the chosen settings to a file of the player's choice; answers where it is, and nothing if there was no choice.
    SaveExport {} -> Option<PathBuf>;

    /// Writes the player's own games to a file of the player's choice; answers where it is, and nothing if there was no choice.
    SaveGames {} -> Option<PathBuf>;

    /// What stands in an export of the player's choice.
    ReadExport {} -> Option<String>;

    /// A backup of the player's choice, wherever it is.
    ChooseBackup {} -> Option<PathBuf>;

    /// Opens the system's file manager where something is.
    ShowInFolder {
        /// What.
        path: PathBuf,
    } -> ();

    /// Opens the page where people get the newest version, in their browser. Answers nothing if there is none.
    OpenUpdatePage {} -> ();

    /// Opens where the party talks, if that is still what the player was shown.
    OpenVoiceLink {
        /// What they were shown.
        text: String,
    } -> ();

    /// Starts a game into the one that a friend hosts.
    JoinGame {
        /// The friend's peer id.
        peer: String,
        /// Where the game is.
        address: String,
        /// What it is called.
        game: String,
    } -> ();

    /// Starts a game.
    StartGame {
        /// Its slug.
        slug: String,
        /// What it is called.
        game: String,
    } -> ();

    /// Begins or ends looking at the log; answers its newest lines.
    FollowLog {
        /// Whether it begins.
        on: bool,
    } -> Vec<String>;

    /// The link that the system handed over and nobody has looked at.
    TakeLink {} -> Option<String>;

    /// What the player wants of a window that is closed while there is a party.
    AnswerClose {
        /// Whether the party goes on without a window.
        keep: bool,
        /// Whether that is the answer from now on.
        remember: bool,
    } -> ();

    /// Lets the system switch the helper on that opens the adapter.
    SetUpAdapter {} -> ();

    /// Ends the program in order and starts it anew, with its window.
    Restart {} -> ();
}

/// Asks the engine; waits until it runs.
#[tauri::command]
pub async fn ask(engine: State<'_, EngineHost>, request: Request) -> Result<Box<RawValue>, CommandError> {
    request.answer(&engine.handle().await?).await
}

/// Asks the desktop.
#[tauri::command]
pub async fn ask_desktop<R: Runtime>(
    app: AppHandle<R>,
    request: DesktopRequest,
) -> Result<Box<RawValue>, CommandError> {
    request.answer(&Desktop(app)).await
}

/// Who carries out what is the desktop's own.
#[derive(Debug)]
pub struct Desktop<R: Runtime>(AppHandle<R>);

impl<R: Runtime> Serve<CopyText> for Desktop<R> {
    async fn serve(&self, CopyText { text }: CopyText) -> Result<(), CommandError> {
        copy(&self.0, text)
    }
}

/// Puts a text on the clipboard. If in it is a party's link, or a reply to one, the engine hears of it: somebody will come, or let this
/// device in.
pub(crate) fn copy<R: Runtime>(app: &AppHandle<R>, text: String) -> Result<(), CommandError> {
    let (is_link, is_reply) = (text.contains(LINK), text.contains(REPLY));
    app.clipboard().write_text(text).map_err(|error| {
        warn!(%error, "the clipboard took nothing");
        CommandError::Clipboard { cause: Cause::Other }
    })?;
    if let Some(engine) = app.state::<EngineHost>().running() {
        // Who has left the party meanwhile looks for nobody.
        if is_link {
            tasks::spawn(app, "link-copied", async move { drop(engine.ask(LinkCopied {}).await) });
        } else if is_reply {
            tasks::spawn(app, "reply-copied", async move { drop(engine.ask(ReplyCopied {}).await) });
        }
    }
    Ok(())
}

impl<R: Runtime> Serve<SaveDiagnostics> for Desktop<R> {
    async fn serve(&self, SaveDiagnostics {}: SaveDiagnostics) -> Result<PathBuf, CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        let downloads = self.0.path().download_dir().ok().filter(|folder| folder.is_dir());
        let path = downloads.unwrap_or_else(|| engine.folder().to_owned());
        engine.ask(ExportDiagnostics { path }).await
    }
}

impl<R: Runtime> Serve<OpenUpdatePage> for Desktop<R> {
    async fn serve(&self, OpenUpdatePage {}: OpenUpdatePage) -> Result<(), CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        // The page that the signed file names, and none that a window could.
        let Some(page) = engine.ask(LookForUpdate {}).await?.page else { return Ok(()) };
        self.0.opener().open_url(&page, None::<&str>).map_err(|error| {
            warn!(%error, "no browser opens");
            CommandError::PageNotOpened { page }
        })
    }
}

impl<R: Runtime> Serve<OpenVoiceLink> for Desktop<R> {
    async fn serve(&self, OpenVoiceLink { text }: OpenVoiceLink) -> Result<(), CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        // What is pinned now and may be opened, and nothing else that a window could name.
        let pinned = engine.ask(Status {}).await?.party.and_then(|party| party.voice);
        let is_pinned = pinned.is_some_and(|voice| voice.can_open && voice.text == text);
        if !is_pinned {
            return Err(CommandError::VoiceLinkIsAnother);
        }
        self.0.opener().open_url(&text, None::<&str>).map_err(|error| {
            warn!(%error, "no program opens a voice link");
            CommandError::VoiceLinkNotOpened
        })
    }
}

impl<R: Runtime> Serve<JoinGame> for Desktop<R> {
    async fn serve(&self, JoinGame { peer, address, game }: JoinGame) -> Result<(), CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        let ways = engine.ask(WaysIntoGame { peer, address }).await?;
        start_game(&game, &ways).await
    }
}

impl<R: Runtime> Serve<StartGame> for Desktop<R> {
    async fn serve(&self, StartGame { slug, game }: StartGame) -> Result<(), CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        let ways = engine.ask(WaysToStart { game: slug }).await?;
        start_game(&game, &ways).await
    }
}

impl<R: Runtime> Serve<FollowLog> for Desktop<R> {
    async fn serve(&self, FollowLog { on }: FollowLog) -> Result<Vec<String>, CommandError> {
        let engine = self.0.state::<EngineHost>().handle().await?;
        self.0.state::<LogFeed>().follow(&self.0, engine.folder(), on).await
    }
}

impl<R: Runtime> Serve<TakeLink> for Desktop<R> {
    async fn serve(&self, TakeLink {}: TakeLink) -> Result<Option<String>, CommandError> {
        Ok(self.0.state::<PendingLink>().take())
    }
}

impl<R: Runtime> Serve<AnswerClose> for Desktop<R> {
    async fn serve(&self, AnswerClose { keep, remember }: AnswerClose) -> Result<(), CommandError> {
        closing::answer(&self.0, keep, remember).await
    }
}

impl<R: Runtime> Serve<SetUpAdapter> for Desktop<R> {
    async fn serve(&self, SetUpAdapter {}: SetUpAdapter) -> Result<(), CommandError> {
        adapter_setup::set_up().await
    }
}

impl<R: Runtime> Serve<Restart> for Desktop<R> {
    async fn serve(&self, Restart {}: Restart) -> Result<(), CommandError> {
        restart::restart(&self.0);
        Ok(())
    }
}
