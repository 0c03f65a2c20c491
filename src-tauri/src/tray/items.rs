//! The menu as the system has it, brought to what it should show with as few changes as possible.

use std::collections::BTreeMap;

use tauri::{
    AppHandle, Runtime,
    menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
};

use super::view::Entry;

/// A menu and the texts of its items.
pub(super) struct Items<R: Runtime> {
    pub(super) menu: Menu<R>,
    shown: Vec<Entry>,
    texts: BTreeMap<String, Text<R>>,
}

/// An item whose text can be changed.
enum Text<R: Runtime> {
    Item(MenuItem<R>),
    Submenu(Submenu<R>),
}

impl<R: Runtime> Items<R> {
    /// Builds the menu anew.
    pub(super) fn build(app: &AppHandle<R>, entries: Vec<Entry>) -> tauri::Result<Self> {
        let mut texts = BTreeMap::new();
        let menu = Menu::new(app)?;
        for item in build(app, &entries, &mut texts)? {
            menu.append(&*item)?;
        }
        Ok(Self { menu, shown: entries, texts })
    }

    /// Changes the texts in place, where only texts differ: a menu that is open stays open. False if more does.
    pub(super) fn update(&mut self, entries: &[Entry]) -> tauri::Result<bool> {
        if !have_one_shape(&self.shown, entries) {
            return Ok(false);
        }
        self.set_texts(&self.shown, entries)?;
        self.shown = entries.to_vec();
        Ok(true)
    }

    fn set_texts(&self, shown: &[Entry], wanted: &[Entry]) -> tauri::Result<()> {
        for (shown, wanted) in shown.iter().zip(wanted) {
            if let (Entry::Submenu { entries: shown, .. }, Entry::Submenu { entries: wanted, .. }) =
                (shown, wanted)
            {
                self.set_texts(shown, wanted)?;
            }
            if text_of(shown) == text_of(wanted) {
                continue;
            }
            match self.texts.get(&id_of(wanted)) {
                Some(Text::Item(item)) => item.set_text(text_of(wanted))?,
                Some(Text::Submenu(submenu)) => submenu.set_text(text_of(wanted))?,
                None => {}
            }
        }
        Ok(())
    }
}

fn build<R: Runtime>(
    app: &AppHandle<R>,
    entries: &[Entry],
    texts: &mut BTreeMap<String, Text<R>>,
) -> tauri::Result<Vec<Box<dyn IsMenuItem<R>>>> {
    let mut items: Vec<Box<dyn IsMenuItem<R>>> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Separator => items.push(Box::new(PredefinedMenuItem::separator(app)?)),
            Entry::Label { .. } | Entry::Action { .. } => {
                let can_be_clicked = matches!(entry, Entry::Action { .. });
                let item =
                    MenuItem::with_id(app, id_of(entry), text_of(entry), can_be_clicked, None::<&str>)?;
                texts.insert(id_of(entry), Text::Item(item.clone()));
                items.push(Box::new(item));
            }
            Entry::Submenu { entries, .. } => {
                let submenu = Submenu::with_id(app, id_of(entry), text_of(entry), true)?;
                for item in build(app, entries, texts)? {
                    submenu.append(&*item)?;
                }
                texts.insert(id_of(entry), Text::Submenu(submenu.clone()));
                items.push(Box::new(submenu));
            }
        }
    }
    Ok(items)
}

/// Whether two menus differ in their texts alone.
fn have_one_shape(one: &[Entry], other: &[Entry]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Entry::Separator, Entry::Separator) => true,
            (Entry::Label { id: one, .. }, Entry::Label { id: other, .. }) => one == other,
            (Entry::Action { action: one, .. }, Entry::Action { action: other, .. }) => one == other,
            (
                Entry::Submenu { id: one, entries: ones, .. },
                Entry::Submenu { id: other, entries: others, .. },
            ) => one == other && have_one_shape(ones, others),
            _ => false,
        })
}

fn id_of(entry: &Entry) -> String {
    match entry {
        Entry::Label { id, .. } | Entry::Submenu { id, .. } => id.clone(),
        Entry::Action { action, .. } => action.id(),
        Entry::Separator => String::new(),
    }
}

fn text_of(entry: &Entry) -> &str {
    match entry {
        Entry::Label { text, .. } | Entry::Action { text, .. } | Entry::Submenu { text, .. } => text,
        Entry::Separator => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(id: &str, text: &str) -> Entry {
        Entry::Label { id: id.to_owned(), text: text.to_owned() }
    }

    fn submenu(entries: Vec<Entry>) -> Entry {
        Entry::Submenu { id: "sub".to_owned(), text: "Sub".to_owned(), entries }
    }

    #[test]
    fn another_text_is_changed_in_place_and_another_line_makes_another_menu() {
        let one = [label("a", "A"), Entry::Separator, submenu(vec![label("b", "B")])];
        let other_texts = [label("a", "Z"), Entry::Separator, submenu(vec![label("b", "Y")])];
        assert!(have_one_shape(&one, &other_texts));
        assert!(!have_one_shape(&one, &one[..2]));
        assert!(!have_one_shape(&one, &[label("a", "A"), label("c", "C"), submenu(vec![label("b", "B")])]));
        assert!(!have_one_shape(&one, &[label("a", "A"), Entry::Separator, submenu(vec![label("c", "B")])]));
    }
}
