//! Files that the player chooses in the system's dialogs, and the folders that hold what was written. The page itself may
//! touch none.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;
use lanrage_engine::{
    CommandError,
    api::{ExportGames, ExportSettings, Serve},
    facts::Cause,
};
use tauri::{Manager, Runtime, async_runtime};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tauri_plugin_opener::OpenerExt;
use tokio::sync::oneshot;

use super::{ChooseBackup, Desktop, ReadExport, SaveExport, SaveGames, ShowInFolder};
use crate::EngineHost;

/// What an export is called unless the player writes something else.
const EXPORT_NAME: &str = "LANrage settings.json";
/// The same of games.
const GAMES_NAME: &str = "LANrage games.json";
/// Exports have some kilobytes; what is longer is none.
const MOST_EXPORT_BYTES: u64 = 1 << 20;

/// What the player wants of a dialog.
enum Choose {
    /// A name for something new.
    New(&'static str),
    /// Something that is there.
    Present,
}

impl<R: Runtime> Desktop<R> {
    /// What the player chose in the system's dialog; nothing if he closed it.
    async fn choose(&self, what: Choose, (kind, endings): (&str, &[&str])) -> Option<PathBuf> {
        let (answer, chosen) = oneshot::channel();
        let answer = move |path: Option<FilePath>| {
            // The window may be gone, and whoever asked with it.
            let _ = answer.send(path);
        };
        let mut dialog: FileDialogBuilder<R> = self.0.dialog().file().add_filter(kind, endings);
        if let Some(window) = self.0.get_webview_window("main") {
            dialog = dialog.set_parent(&window);
        }
        match what {
            Choose::New(name) => dialog.set_file_name(name).save_file(answer),
            Choose::Present => dialog.pick_file(answer),
        }
        chosen.await.ok().flatten()?.into_path().ok()
    }

    /// Writes an export where the player wants it; nothing if there was no choice.
    async fn write(&self, name: &'static str, export: String) -> Result<Option<PathBuf>, CommandError> {
        let Some(path) = self.choose(Choose::New(name), ("JSON", &["json"])).await else { return Ok(None) };
        // The dialog has asked whether what was there may go.
        let written = on_disk(&path, move |path| atomic_file::write_private(path, export.as_bytes())).await;
        let failed = |error| CommandError::FileNotWritten { path: shown(&path), cause: Cause::from(&error) };
        written.map_err(failed)?;
        Ok(Some(path))
    }
}

impl<R: Runtime> Serve<SaveExport> for Desktop<R> {
    async fn serve(&self, SaveExport {}: SaveExport) -> Result<Option<PathBuf>, CommandError> {
        let export = self.0.state::<EngineHost>().handle().await?.ask(ExportSettings {}).await?;
        self.write(EXPORT_NAME, export).await
    }
}

impl<R: Runtime> Serve<SaveGames> for Desktop<R> {
    async fn serve(&self, SaveGames {}: SaveGames) -> Result<Option<PathBuf>, CommandError> {
        let export = self.0.state::<EngineHost>().handle().await?.ask(ExportGames {}).await?;
        self.write(GAMES_NAME, export).await
    }
}

impl<R: Runtime> Serve<ReadExport> for Desktop<R> {
    async fn serve(&self, ReadExport {}: ReadExport) -> Result<Option<String>, CommandError> {
        let Some(path) = self.choose(Choose::Present, ("JSON", &["json"])).await else { return Ok(None) };
        let read = on_disk(&path, read_text).await;
        read.map(Some).map_err(|error| not_read(&path, &error))
    }
}

impl<R: Runtime> Serve<ChooseBackup> for Desktop<R> {
    async fn serve(&self, ChooseBackup {}: ChooseBackup) -> Result<Option<PathBuf>, CommandError> {
        Ok(self.choose(Choose::Present, ("SQLite", &["db"])).await)
    }
}

impl<R: Runtime> Serve<ShowInFolder> for Desktop<R> {
    async fn serve(&self, ShowInFolder { path }: ShowInFolder) -> Result<(), CommandError> {
        let app = self.0.clone();
        let show = move |path: &Path| app.opener().reveal_item_in_dir(path).map_err(io::Error::other);
        on_disk(&path, show).await.map_err(|error| not_read(&path, &error))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn not_read(path: &Path, error: &io::Error) -> CommandError {
    CommandError::FileNotRead { path: shown(path), cause: Cause::from(error) }
}

/// Does something with a file where waiting for a disk holds nobody up.
async fn on_disk<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let path = path.to_owned();
    async_runtime::spawn_blocking(move || work(&path)).await.map_err(io::Error::other)?
}

/// No more than an export can have.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(MOST_EXPORT_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MOST_EXPORT_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_export_comes_back_as_it_was_written_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.json");
        fs::write(folder.path().join("mine.new"), "somebody's").unwrap();
        for text in ["{}", "{\"version\": 1}"] {
            atomic_file::write_private(&path, text.as_bytes()).unwrap();
            assert_eq!(read_text(&path).unwrap(), text);
        }
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["mine.json", "mine.new"]);
    }

    #[test]
    fn what_is_no_text_or_longer_than_any_export_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film");
        fs::write(&path, vec![b' '; MOST_EXPORT_BYTES as usize + 1]).unwrap();
        assert_eq!(read_text(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        fs::write(&path, [0xFF, 0xFE]).unwrap();
        assert_eq!(read_text(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read_text(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
