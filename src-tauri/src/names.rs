// What the window may ask of the program. `build.rs` makes a permission of each, so that the window can call
// nothing else.
/// Names of the commands.
pub const COMMANDS: [&str; 18] = [
    "get_snapshot",
    "create_party",
    "join_party",
    "leave_party",
    "pause_party",
    "resume_party",
    "preview_invitation",
    "set_player_name",
    "data",
    "copy_text",
    "run_doctor",
    "export_diagnostics",
    "follow_log",
    "new_invitation",
    "set_favorite_party",
    "take_link",
    "answer_close",
    "set_up_adapter",
];
