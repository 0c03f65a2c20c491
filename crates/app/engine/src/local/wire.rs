//! What stands in the lines of the local socket. A line that asks is a request with the version of the program that
//! asks; a line that answers says how it went, with the version of the program that runs:
//!
//! ```text
//! {"version":"0.1.0","ask":"create_party","name":"Friday LAN"}
//! {"version":"0.1.0","answer":"ok","content":null}
//! {"version":"0.1.0","answer":"error","content":{"code":"…","text":"…"}}
//! ```
//!
//! `watch` asks for the state now and whenever it changes, until the asker hangs up. The shape of an error never
//! changes, so that two versions can at least tell each other that they are two.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tracing::info;

use crate::{CommandError, Request};

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a program wants of the running LANrage.
#[derive(Debug, PartialEq)]
pub(super) enum Call {
    /// One answer.
    Ask(Request),
    /// Every state from now on.
    Watch,
}

#[derive(Deserialize)]
struct Head {
    /// A script that speaks for itself has none.
    version: Option<String>,
    ask: Option<String>,
}

impl Call {
    /// Reads a line.
    ///
    /// # Errors
    /// `other_version` or `bad_request`.
    pub(super) fn read(line: &str) -> Result<Self, CommandError> {
        let head: Head = serde_json::from_str(line).map_err(bad_request)?;
        match head {
            Head { version: Some(version), .. } if version != VERSION => {
                Err(other_version(VERSION, &version))
            }
            Head { ask: Some(ask), .. } if ask == "watch" => Ok(Self::Watch),
            _ => serde_json::from_str(line).map(Self::Ask).map_err(bad_request),
        }
    }

    /// The line.
    pub(super) fn write(&self) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Line<'a, T> {
            version: &'a str,
            #[serde(flatten)]
            call: T,
        }
        #[derive(Serialize)]
        struct Watch {
            ask: &'static str,
        }
        let mut line = match self {
            Self::Ask(request) => serde_json::to_vec(&Line { version: VERSION, call: request })?,
            Self::Watch => serde_json::to_vec(&Line { version: VERSION, call: Watch { ask: "watch" } })?,
        };
        line.push(b'\n');
        Ok(line)
    }
}

#[derive(Serialize, Deserialize)]
struct Reply<'a> {
    #[serde(default)]
    version: String,
    answer: Outcome,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Error,
}

/// The line of an answer.
pub(super) fn reply(outcome: Result<Box<RawValue>, CommandError>) -> serde_json::Result<Vec<u8>> {
    let (answer, content) = match outcome {
        Ok(content) => (Outcome::Ok, content),
        Err(error) => (Outcome::Error, serde_json::value::to_raw_value(&error)?),
    };
    let mut line = serde_json::to_vec(&Reply { version: VERSION.to_owned(), answer, content: &content })?;
    line.push(b'\n');
    Ok(line)
}

/// Reads the line of an answer.
///
/// # Errors
/// What is no answer; inside, what the running LANrage refused, or that it is of another version.
pub(super) fn read_reply<T: DeserializeOwned>(line: &str) -> serde_json::Result<Result<T, CommandError>> {
    let Head { version, .. } = serde_json::from_str(line)?;
    // The first version said none.
    let version = version.unwrap_or_else(|| "?".to_owned());
    if version != VERSION {
        return Ok(Err(other_version(&version, VERSION)));
    }
    let reply: Reply<'_> = serde_json::from_str(line)?;
    Ok(match reply.answer {
        Outcome::Ok => Ok(serde_json::from_str(reply.content.get())?),
        Outcome::Error => Err(serde_json::from_str(reply.content.get())?),
    })
}

fn bad_request(error: serde_json::Error) -> CommandError {
    info!(%error, "a program asked for what nobody understands");
    CommandError::BadRequest { cause: (&error).into() }
}

/// Either end says it of the other.
fn other_version(running: &str, asking: &str) -> CommandError {
    CommandError::OtherVersion { running: running.to_owned(), asking: asking.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CreateParty, LeaveParty};

    fn line(call: &Call) -> String {
        String::from_utf8(call.write().unwrap()).unwrap()
    }

    #[test]
    fn a_call_is_read_as_it_was_written() {
        for call in [
            Call::Ask(CreateParty { name: "Friday LAN".to_owned() }.into()),
            Call::Ask(LeaveParty {}.into()),
            Call::Watch,
        ] {
            assert_eq!(Call::read(&line(&call)), Ok(call));
        }
        assert_eq!(Call::read(r#"{"ask":"leave_party"}"#), Ok(Call::Ask(LeaveParty {}.into())));
    }

    #[test]
    fn what_is_not_understood_and_what_another_version_says_is_refused_with_a_code() {
        let code = |line: &str| Call::read(line).unwrap_err().code();
        for unknown in
            ["", "{}", "7", r#"{"ask":"teleport"}"#, r#"{"command":"status"}"#, r#"{"ask":"create_party"}"#]
        {
            assert_eq!(code(unknown), "bad_request", "{unknown}");
        }
        assert_eq!(code(r#"{"version":"0.0.1","ask":"status"}"#), "other_version");
        assert_eq!(code(r#"{"version":"0.0.1","ask":"teleport"}"#), "other_version");
    }

    #[test]
    fn an_answer_arrives_as_what_it_was_and_one_of_another_version_as_a_refusal() {
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
        let answer = text(reply(crate::api::to_json(&vec![1, 2])).unwrap());
        assert_eq!(read_reply::<Vec<u8>>(&answer).unwrap(), Ok(vec![1, 2]));
        let refusal = CommandError::NotFound { name: "set".to_owned() };
        let refused = text(reply(Err(refusal.clone())).unwrap());
        assert_eq!(read_reply::<()>(&refused).unwrap(), Err(refusal));
        let older = r#"{"answer":"error","content":{"code":"bad_request","text":"missing field `command`"}}"#;
        let newer = r#"{"version":"9.0.0","answer":"ok","content":{"a":1}}"#;
        for other in [older, newer] {
            assert_eq!(read_reply::<()>(other).unwrap().unwrap_err().code(), "other_version");
        }
        assert!(read_reply::<()>(&text(reply(crate::api::to_json(&7)).unwrap())).is_err());
    }
}
