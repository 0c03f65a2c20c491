//! The ratings from which on a connection deserves a grade: a better grade needs more.

use lanrage_party::facts::SettingRule;
use serde_json::Value;

use super::{Config, ConfigFault, Kind, Settings};

/// From the best grade to the worst.
const GRADES: [&str; 4] = ["quality_excellent", "quality_good", "quality_fair", "quality_poor"];

/// The first of the ratings that were `changed` which is not between those of the grades beside it, among all settings.
pub(crate) fn out_of_order(all: &Settings, changed: impl Fn(&str) -> bool) -> Option<ConfigFault> {
    let rating = |key: &str| {
        let chosen = all.get(key).and_then(Value::as_i64);
        chosen.or_else(|| Config::declaration(key)?.default.value().as_i64())
    };
    let ratings = GRADES.map(|key| rating(key).unwrap_or_default());
    GRADES.iter().enumerate().filter(|(_, key)| changed(key)).find_map(|(at, key)| {
        let declared = Config::declaration(key)?;
        let Kind::Integer { min, max } = declared.kind else { return None };
        let min = ratings.get(at + 1).map_or(min, |worse| worse + 1);
        let max = at.checked_sub(1).map_or(max, |better| ratings[better] - 1);
        let fault =
            ConfigFault { rule: SettingRule::Integer { min, max }, ..declared.fault(&ratings[at].into()) };
        (!(min..=max).contains(&ratings[at])).then_some(fault)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(chosen: &[(&str, i64)]) -> Option<(String, SettingRule)> {
        let all: Settings = chosen.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        out_of_order(&all, |key| all.contains_key(key)).map(|fault| (fault.key, fault.rule))
    }

    #[test]
    fn a_better_grade_needs_a_higher_rating() {
        let rule = |key: &str, min, max| Some((key.to_owned(), SettingRule::Integer { min, max }));
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(&[("quality_good", 89)]), None);
        assert_eq!(refused(&[("quality_good", 90)]), rule("quality_good", 71, 89));
        assert_eq!(refused(&[("quality_excellent", 80)]), rule("quality_excellent", 81, 93));
        assert_eq!(refused(&[("quality_poor", 70)]), rule("quality_poor", 0, 69));
        assert_eq!(refused(&[("quality_excellent", 60), ("quality_good", 40)]), rule("quality_good", 71, 59));
        let all =
            [("quality_excellent", 40), ("quality_good", 30), ("quality_fair", 20), ("quality_poor", 10)];
        assert_eq!(refused(&all), None, "together they are in order");
    }

    #[test]
    fn what_stands_there_wrongly_stops_no_other_change() {
        let all: Settings = [("quality_good".to_owned(), 95.into())].into();
        assert_eq!(out_of_order(&all, |key| key == "udp_port"), None);
        assert_eq!(out_of_order(&all, |key| key == "quality_poor"), None);
    }
}
