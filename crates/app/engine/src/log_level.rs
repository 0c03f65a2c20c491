use lanrage_log::LogLevel;
use lanrage_store::LogLevel as Setting;

/// The level that the setting `log_level` names.
pub(crate) const fn log_level(setting: Setting) -> LogLevel {
    match setting {
        Setting::Error => LogLevel::Error,
        Setting::Warn => LogLevel::Warn,
        Setting::Info => LogLevel::Info,
        Setting::Debug => LogLevel::Debug,
        Setting::Trace => LogLevel::Trace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_in_the_settings_is_the_level_of_the_same_word() {
        for setting in [Setting::Error, Setting::Warn, Setting::Info, Setting::Debug, Setting::Trace] {
            assert_eq!(log_level(setting).to_string(), setting.as_str());
        }
    }
}
