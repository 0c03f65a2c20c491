//! What the window may ask. Each command passes on to the engine; decisions are made there.

use lanrage_engine::{
    CommandError, DataAnswer, DataRequest, DoctorReport, Handle, InvitationPreview, Snapshot,
};
use tauri::{AppHandle, Manager, Runtime, State};
use tauri_plugin_clipboard_manager::ClipboardExt;

use crate::{EngineHost, adapter_setup, closing, link::PendingLink, log_feed::LogFeed};

type Engine<'a> = State<'a, EngineHost>;
type Links<'a> = State<'a, PendingLink>;
type Feed<'a> = State<'a, LogFeed>;

/// The state now; waits until the engine runs.
#[tauri::command]
pub async fn get_snapshot(engine: Engine<'_>) -> Result<Snapshot, CommandError> {
    Ok(Snapshot::clone(&engine.handle().await?.snapshots().borrow()))
}

/// Makes a party; its link is in the next snapshot.
#[tauri::command]
pub async fn create_party(engine: Engine<'_>, name: String) -> Result<(), CommandError> {
    engine.handle().await?.create_party(name).await
}

/// Joins the party of a link.
#[tauri::command]
pub async fn join_party(engine: Engine<'_>, link: String) -> Result<(), CommandError> {
    engine.handle().await?.join_party(link).await
}

/// Leaves the party; its keys are forgotten.
#[tauri::command]
pub async fn leave_party(engine: Engine<'_>) -> Result<(), CommandError> {
    engine.handle().await?.leave_party().await
}

/// Is in no party for now, and stays a member.
#[tauri::command]
pub async fn pause_party(engine: Engine<'_>) -> Result<(), CommandError> {
    engine.handle().await?.pause_party().await
}

/// Enters a party again of which this device is a member, by its id.
#[tauri::command]
pub async fn resume_party(engine: Engine<'_>, party: String) -> Result<(), CommandError> {
    engine.handle().await?.resume_party(party).await
}

/// What a link says, without joining.
#[tauri::command]
pub async fn preview_invitation(link: String) -> Result<InvitationPreview, CommandError> {
    Handle::preview_invitation(&link)
}

/// Changes the player's name.
#[tauri::command]
pub async fn set_player_name(engine: Engine<'_>, name: String) -> Result<(), CommandError> {
    engine.handle().await?.set_player_name(name).await
}

/// Asks the stored data: settings, recent parties, favourites, backups.
#[tauri::command]
pub async fn data(engine: Engine<'_>, request: DataRequest) -> Result<DataAnswer, CommandError> {
    engine.handle().await?.data(request).await
}

/// Puts a text on the clipboard.
#[tauri::command]
pub async fn copy_text<R: Runtime>(app: AppHandle<R>, text: String) -> Result<(), CommandError> {
    let written = app.clipboard().write_text(text);
    written.map_err(|error| CommandError { code: "clipboard".to_owned(), text: error.to_string() })
}

/// Judges everything that may keep the player from playing.
#[tauri::command]
pub async fn run_doctor(engine: Engine<'_>) -> Result<DoctorReport, CommandError> {
    Ok(engine.handle().await?.run_doctor().await)
}

/// Writes a bundle for whoever helps; answers where it is.
#[tauri::command]
pub async fn export_diagnostics<R: Runtime>(
    app: AppHandle<R>,
    engine: Engine<'_>,
) -> Result<String, CommandError> {
    let engine = engine.handle().await?;
    let folder = app.path().download_dir().ok().filter(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| engine.folder().to_owned());
    Ok(engine.export_diagnostics_into(&folder).await?.display().to_string())
}

/// Begins or ends looking at the log; answers its newest lines.
#[tauri::command]
pub async fn follow_log<R: Runtime>(
    app: AppHandle<R>,
    engine: Engine<'_>,
    feed: Feed<'_>,
    on: bool,
) -> Result<Vec<String>, CommandError> {
    feed.follow(&app, engine.handle().await?, on).await
}

/// A link of the present party that stops being valid in so many hours, or never.
#[tauri::command(rename_all = "snake_case")]
pub async fn new_invitation(
    engine: Engine<'_>,
    expires_in_hours: Option<u32>,
) -> Result<String, CommandError> {
    engine.handle().await?.new_invitation(expires_in_hours)
}

/// Puts a party among the favourites, or takes it out.
#[tauri::command]
pub async fn set_favorite_party(
    engine: Engine<'_>,
    party: String,
    favorite: bool,
) -> Result<(), CommandError> {
    engine.handle().await?.set_favorite_party(party, favorite).await
}

/// The link that the system handed over and nobody has looked at.
#[tauri::command]
pub async fn take_link(links: Links<'_>) -> Result<Option<String>, CommandError> {
    Ok(links.take())
}

/// What the player wants of a window that is closed while there is a party.
#[tauri::command]
pub async fn answer_close<R: Runtime>(
    app: AppHandle<R>,
    keep: bool,
    remember: bool,
) -> Result<(), CommandError> {
    closing::answer(&app, keep, remember).await
}

/// Lets the system switch the helper on that opens the adapter.
#[tauri::command]
pub async fn set_up_adapter() -> Result<(), CommandError> {
    adapter_setup::set_up().await
}
