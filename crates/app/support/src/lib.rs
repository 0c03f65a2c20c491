//! What helps where something does not work: the doctor, who looks at everything that a party needs.

mod doctor;

pub use doctor::{Check, CheckState, DoctorReport, Finding, Subject};
