//! What helps where something does not work: the doctor, who looks at everything that a party needs, and the report for
//! whoever helps.

mod diagnostics;
mod doctor;
mod helper_unit;

pub use diagnostics::{BundleError, StoredFacts};
pub use doctor::{
    Check, CheckState, DoctorReport, Finding, Firewall, Subject, examine_running, examine_stopped, firewall,
};
pub use helper_unit::{HELPER_UNIT, helper_is_installed};
