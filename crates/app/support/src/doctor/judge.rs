//! The judgement of facts about this computer. What concerns the network is in `judge_network`.

use lanrage_party::facts::{ENABLE_HELPER, Fault, Remedy};
use lanrage_session::{AdapterView, ControlView};

use super::{
    Check, CheckState, DoctorReport, Finding, Subject,
    facts::{Facts, Firewall, Keyring, Permission},
    judge_network,
};

/// Judges everything.
pub(crate) fn judge(facts: &Facts) -> DoctorReport {
    let checks = [
        adapter(facts),
        permission(facts),
        judge_network::control_server(facts),
        judge_network::store(facts),
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

fn adapter(facts: &Facts) -> Check {
    let subject = Subject::Adapter;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match &snapshot.adapter {
        AdapterView::Open { name, works } => {
            let troubles = facts.problem(|fault| matches!(fault, Fault::Adapter(_)));
            match (works, troubles) {
                (Some(true), None) => subject.good(Finding::AdapterOpen { name: name.clone() }),
                (Some(true), Some(trouble)) => subject.has(CheckState::Warning, trouble),
                (Some(false), Some(trouble)) => subject.has(CheckState::Bad, trouble),
                _ => subject.unknown(Finding::AdapterTested { name: name.clone() }, Remedy::LookAgain),
            }
        }
        AdapterView::Unavailable { fault, remedy, .. } => {
            subject.bad(Finding::Problem(Fault::Adapter(fault.clone())), remedy.clone())
        }
        AdapterView::Closed if snapshot.party.is_some() => {
            subject.unknown(Finding::AdapterOpening, Remedy::LookAgain)
        }
        AdapterView::Closed => subject.unknown(Finding::AdapterClosed, Remedy::EnterParty),
    }
}

fn permission(facts: &Facts) -> Check {
    let subject = Subject::Permission;
    let is_open =
        facts.snapshot.as_ref().is_some_and(|snapshot| matches!(snapshot.adapter, AdapterView::Open { .. }));
    match facts.permission {
        _ if is_open => subject.good(Finding::PermissionUsed),
        Permission::Held => subject.good(Finding::PermissionHeld),
        Permission::Helper => subject.good(Finding::HelperWorks),
        Permission::HelperIsOff if cfg!(windows) => {
            subject.bad(Finding::HelperIsOff, Remedy::StartHelper { command: ENABLE_HELPER.to_owned() })
        }
        Permission::Missing if cfg!(windows) => {
            subject.bad(Finding::PermissionMissing, Remedy::RunAsAdministrator)
        }
        Permission::HelperIsOff => {
            subject.bad(Finding::HelperIsOff, Remedy::SetUpHelper { command: ENABLE_HELPER.to_owned() })
        }
        Permission::Missing => subject.bad(Finding::PermissionMissing, Remedy::InstallPackage),
        Permission::NoDriver => {
            subject.bad(Finding::NoDriver, Remedy::LoadDriver { command: "sudo modprobe tun".to_owned() })
        }
        Permission::Untold => subject.unknown(Finding::PermissionUntold, Remedy::EnterParty),
    }
}

fn firewall(facts: &Facts) -> Check {
    let subject = Subject::Firewall;
    let shown = facts.snapshot.as_ref().map(|snapshot| &snapshot.adapter);
    let adapter = shown.unwrap_or(&AdapterView::Closed).name_or_usual().to_owned();
    let remedy = facts.firewall.remedy(&adapter);
    let finding = match facts.firewall {
        Firewall::None => Finding::NoFirewall,
        Firewall::Ufw => Finding::Ufw { adapter },
        Firewall::Firewalld => Finding::Firewalld { adapter },
        Firewall::Systems => Finding::SystemsFirewall,
    };
    match remedy {
        Some(remedy) => subject.unknown(finding, remedy),
        None => subject.good(finding),
    }
}

fn clock(facts: &Facts) -> Check {
    let subject = Subject::Clock;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match (facts.problem(|fault| matches!(fault, Fault::ClockWrong { .. })), &snapshot.control) {
        (Some(wrong), _) => subject.has(CheckState::Warning, wrong),
        (None, ControlView::Connected { .. }) => subject.good(Finding::ClockAgrees),
        (None, _) => subject.check(CheckState::Unknown, Finding::ClockNotCompared, None),
    }
}

fn keyring(facts: &Facts) -> Check {
    let subject = Subject::Keyring;
    let finding = match &facts.keyring {
        Keyring::Works => return subject.good(Finding::KeyringWorks),
        Keyring::Files(fault) => Finding::Problem(fault.clone()),
        Keyring::Fails(cause) => Finding::KeyringFails { cause: cause.clone() },
    };
    subject.warning(finding, Remedy::UnlockKeyring)
}

fn database(facts: &Facts) -> Check {
    let subject = Subject::Database;
    let stored = match &facts.database {
        Ok(stored) => stored,
        Err(cause) => {
            return subject.bad(Finding::DatabaseUnreadable { cause: cause.clone() }, Remedy::RestartLanrage);
        }
    };
    if stored.faults > 0 {
        return subject.bad(Finding::DatabaseDamaged { faults: stored.faults }, Remedy::RestoreBackup);
    }
    let standing = facts
        .problem(|fault| matches!(fault, Fault::NotKept { .. }))
        .or_else(|| facts.problem(|fault| matches!(fault, Fault::DatabaseRestored { .. })));
    if let Some(problem) = standing {
        return subject.has(CheckState::Warning, problem);
    }
    if !stored.refused.is_empty() {
        return subject
            .warning(Finding::SettingsRefused { settings: stored.refused.clone() }, Remedy::ChangeSettings);
    }
    subject.good(Finding::DatabaseGood { kib: stored.bytes.div_ceil(1024) })
}
