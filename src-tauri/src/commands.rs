//! What the window may ask. Each command passes on to the engine; decisions are made there.

use lanrage_engine::{CommandError, DataAnswer, DataRequest, Handle, InvitationPreview, Snapshot};
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_clipboard_manager::ClipboardExt;

use crate::EngineHost;

type Engine<'a> = State<'a, EngineHost>;

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
