use lanrage_net::dial::{Answer, answer};

/// The most that is waited for.
const MOST_BYTES: usize = 8 * 1_024;

/// What a proxy said is judged at the latest when there is no room for more. More to come changes no judgement but one: that
/// somebody speaks in the target's name too early.
pub(crate) fn run(data: &[u8]) {
    let data = &data[..data.len().min(MOST_BYTES)];
    let Some(said) = answer(data) else {
        assert!(data.len() < MOST_BYTES, "it waits for more than there is room for");
        return;
    };
    let more = answer(&[data, b"x"].concat());
    let too_early = said == Answer::Open && more == Some(Answer::NoProxy);
    assert!(more == Some(said) || too_early, "{said:?} became {more:?}");
}
