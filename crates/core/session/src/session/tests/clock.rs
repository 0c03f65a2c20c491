use super::stage::Stage;

#[test]
fn a_clock_that_is_far_from_the_servers_is_shown_and_a_near_one_is_not() {
    for (server_ms, problems) in [(1_000_000 + 600_000, vec!["clock_wrong"]), (1_000_000 - 30_000, vec![])] {
        let mut stage = Stage::new();
        stage.welcome_at(server_ms);
        assert_eq!(stage.problems(), problems);
    }
}
