//! The judgement of facts about this computer. What concerns the network is in `judge_network`.

use super::{
    Check, CheckState, DoctorReport,
    facts::{Facts, Firewall, Keyring, Permission},
    judge_network,
};
use crate::{AdapterView, ControlView, Problem, Snapshot};

/// Judges everything.
pub(crate) fn judge(facts: &Facts) -> DoctorReport {
    let checks = [
        adapter(facts),
        permission(facts),
        judge_network::control_server(facts),
        judge_network::nat(facts),
        judge_network::port_mapping(facts),
        judge_network::relay(facts),
        judge_network::mtu(facts),
        firewall(facts),
        clock(facts),
        keyring(facts),
        database(facts),
    ];
    DoctorReport { checks: checks.into() }
}

/// A judgement in the making.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    /// What depends on it, in one sentence.
    pub(super) meaning: &'static str,
}

impl Subject {
    pub(super) fn good(self, result: impl Into<String>) -> Check {
        self.check(CheckState::Good, result, "")
    }

    pub(super) fn warning(self, result: impl Into<String>, fix: impl Into<String>) -> Check {
        self.check(CheckState::Warning, result, fix)
    }

    pub(super) fn bad(self, result: impl Into<String>, fix: impl Into<String>) -> Check {
        self.check(CheckState::Bad, result, fix)
    }

    pub(super) fn unknown(self, result: impl Into<String>, fix: impl Into<String>) -> Check {
        self.check(CheckState::Unknown, result, fix)
    }

    /// What shows only while the engine runs.
    pub(super) fn not_running(self) -> Check {
        self.unknown("LANrage is not running, so this cannot be seen.", "Start LANrage and look again.")
    }

    fn check(self, state: CheckState, result: impl Into<String>, fix: impl Into<String>) -> Check {
        Check {
            code: self.code.to_owned(),
            title: self.title.to_owned(),
            state,
            result: result.into(),
            meaning: self.meaning.to_owned(),
            fix: fix.into(),
        }
    }
}

/// What the engine says of a thing already.
pub(super) fn problem<'a>(snapshot: &'a Snapshot, code: &str) -> Option<&'a Problem> {
    snapshot.problems.iter().find(|problem| problem.code == code)
}

fn adapter(facts: &Facts) -> Check {
    let subject = Subject {
        code: "adapter",
        title: "Virtual network adapter",
        meaning: "Games see your friends through this adapter.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match &snapshot.adapter {
        AdapterView::Open { name } => subject.good(format!("{name} is open.")),
        AdapterView::Unavailable { reason, fix, .. } => subject.bad(reason.as_str(), fix.as_str()),
        AdapterView::Closed if snapshot.party.is_some() => {
            subject.unknown("It is being opened.", "Wait a moment and look again.")
        }
        AdapterView::Closed => {
            subject.unknown("It is opened when you enter a party.", "Enter a party and look again.")
        }
    }
}

fn permission(facts: &Facts) -> Check {
    let subject = Subject {
        code: "permission",
        title: "Permission to open the adapter",
        meaning: "The system lets only privileged programs open an adapter; LANrage itself runs without privileges.",
    };
    let is_open =
        facts.snapshot.as_ref().is_some_and(|snapshot| matches!(snapshot.adapter, AdapterView::Open { .. }));
    match facts.permission {
        _ if is_open => subject.good("LANrage has opened its adapter."),
        Permission::Held => subject.good("This program may open it itself."),
        Permission::Helper => subject.good("LANrage's helper opens it."),
        Permission::HelperIsOff => subject.bad(
            "LANrage's helper is installed and not switched on.",
            "Let LANrage set it up once, or run `sudo systemctl enable --now lanrage-helper.socket`.",
        ),
        Permission::Missing => subject.bad(
            "This program may not open it, and LANrage's helper is not installed.",
            "Install LANrage with its package, which brings the helper, or start it as root.",
        ),
        Permission::NoDriver => subject.bad(
            "The system has no driver for adapters: /dev/net/tun is missing.",
            "Load it with `sudo modprobe tun`. In a container, pass the device through.",
        ),
        Permission::Untold => subject
            .unknown("The system tells only when an adapter is opened.", "Enter a party and look again."),
    }
}

fn firewall(facts: &Facts) -> Check {
    let subject = Subject {
        code: "firewall",
        title: "Firewall of this computer",
        meaning: "A firewall can keep your friends' games from reaching yours although all lines are good.",
    };
    let adapter = match facts.snapshot.as_ref().map(|snapshot| &snapshot.adapter) {
        Some(AdapterView::Open { name }) => name.as_str(),
        _ => "lanrage0",
    };
    match facts.firewall {
        Firewall::None => subject.good("None that LANrage knows of is on."),
        Firewall::Ufw => subject.unknown(
            format!("ufw is on; whether it lets games on {adapter} through, only an administrator can see."),
            format!("If friends cannot see your game, run `sudo ufw allow in on {adapter}`."),
        ),
        Firewall::Firewalld => subject.unknown(
            format!("firewalld is on; whether it lets games on {adapter} through depends on the adapter's zone."),
            format!(
                "If friends cannot see your game, run `sudo firewall-cmd --zone=trusted --add-interface={adapter}`."
            ),
        ),
        Firewall::Systems => subject.unknown(
            "The system's own firewall decides for each game.",
            "If friends cannot see your game, allow the game in the system's firewall settings.",
        ),
    }
}

fn clock(facts: &Facts) -> Check {
    let subject = Subject {
        code: "clock",
        title: "Clock of this computer",
        meaning: "Links that expire and keys that are renewed depend on it.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match (problem(snapshot, "clock_wrong"), &snapshot.control) {
        (Some(wrong), _) => subject.warning(wrong.text.as_str(), wrong.fix.as_str()),
        (None, ControlView::Connected { .. }) => subject.good("It agrees with the control server's."),
        (None, _) => subject.unknown("There is no control server to compare it with now.", ""),
    }
}

fn keyring(facts: &Facts) -> Check {
    let subject = Subject {
        code: "keyring",
        title: "Keyring",
        meaning: "Your keys are kept there; without one they are in files that only your account can read.",
    };
    match &facts.keyring {
        Keyring::Works => subject.good("The system's keyring works."),
        Keyring::Files(reason) => subject.warning(
            reason.as_str(),
            "Unlock or install a keyring (GNOME Keyring, KWallet); LANrage moves its keys there by itself.",
        ),
    }
}

fn database(facts: &Facts) -> Check {
    let subject = Subject {
        code: "database",
        title: "Stored data",
        meaning: "Your settings and parties are kept there for the next start.",
    };
    let stored = match &facts.database {
        Ok(stored) => stored,
        Err(reason) => return subject.bad(format!("It cannot be read: {reason}."), "Restart LANrage."),
    };
    if !stored.faults.is_empty() {
        let result = format!("It is damaged: {}.", stored.faults.join("; "));
        return subject.bad(result, "Restart LANrage; it restores the newest good backup by itself.");
    }
    let standing = facts.snapshot.as_ref().and_then(|snapshot| {
        problem(snapshot, "not_kept").or_else(|| problem(snapshot, "database_restored"))
    });
    if let Some(problem) = standing {
        return subject.warning(problem.text.as_str(), problem.fix.as_str());
    }
    if !stored.refused.is_empty() {
        let result = format!("Some settings cannot be used: {}.", stored.refused.join("; "));
        return subject.warning(result, "Choose other values in the settings, or reset them.");
    }
    subject.good(format!("It is good, and has {} KiB.", stored.bytes.div_ceil(1024)))
}
