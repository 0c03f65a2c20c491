//! What helps where something does not work: the doctor, who looks at everything that a party needs.

mod doctor;
mod helper_unit;

pub use doctor::{Check, CheckState, DoctorReport, Finding, Subject, examine_running, examine_stopped};
pub use helper_unit::{HELPER_UNIT, helper_is_installed};
