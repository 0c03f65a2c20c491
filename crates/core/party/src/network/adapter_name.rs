/// Name of the virtual network device: 1 to [`AdapterName::BYTES`] ASCII letters, digits, `-` or `_`. A number
/// at its end is counted up where the name is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdapterName(String);

impl AdapterName {
    /// Longest name, in bytes: Linux takes 15, and counting up may need one digit more.
    pub const BYTES: usize = 14;

    /// What every name begins with that the privileged helper gives; a number of one or two digits follows.
    const STEM: &str = "lanrage";

    /// Takes a text as a name; `None` if it is not one.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let good = (1..=Self::BYTES).contains(&text.len()) && text.bytes().all(allowed);
        good.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the helper gives an adapter this name: `lanrage0` to `lanrage99`. Firewalls and other programs know
    /// devices by their names, so `docker0` or `wg0` may be trusted where `lanrage0` is not; who may create adapters
    /// without the helper may trust what they want.
    pub fn is_given_by_helper(&self) -> bool {
        let number = self.0.strip_prefix(Self::STEM).unwrap_or_default();
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    }
}
