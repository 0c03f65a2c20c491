//! The fuzz targets, for `cargo fuzz`; see [`targets`].

mod targets;

/// Takes one input apart by the target of this name.
pub fn run(target: &str, data: &[u8]) {
    let (_, run) = targets::TARGETS.iter().find(|(name, _)| *name == target).expect("a target of the table");
    run(data);
}
