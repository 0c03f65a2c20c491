//! How requests are declared: one table gives their types, their JSON, whoever serves them and the TypeScript of all.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

use crate::CommandError;

/// A request, with the type of its answer.
pub trait Ask: Send + 'static {
    /// What it is answered with.
    type Answer: Serialize + DeserializeOwned + Send + 'static;
}

/// Whoever carries a request out.
pub trait Serve<Q: Ask> {
    /// Carries it out.
    fn serve(&self, request: Q) -> impl Future<Output = Result<Q::Answer, CommandError>> + Send;
}

/// Whoever writes the requests down for another language.
#[cfg(feature = "bindings")]
pub trait Describe {
    /// Takes one request, by the name of its type, with its answer.
    fn request<Q: ts_rs::TS + 'static, A: ts_rs::TS + 'static>(&mut self, name: &'static str);
}

/// An answer as JSON, for [`requests!`](crate::requests).
///
/// # Errors
/// `bad_request`, of a value that JSON cannot say: a path that is no text.
pub fn to_json(answer: &impl Serialize) -> Result<Box<RawValue>, CommandError> {
    to_raw_value(answer).map_err(|error| CommandError::BadRequest { cause: (&error).into() })
}

/// Declares requests, each with its answer, and one type that holds any of them. As JSON a request is an object whose
/// `ask` says which it is. The crate that declares them uses `serde`, and with its feature `bindings` `ts-rs`.
#[macro_export]
macro_rules! requests {
    (
        $(#[$about:meta])+
        $all:ident;
        $(
            $(#[$doc:meta])+
            $name:ident { $( $(#[$note:meta])+ $field:ident: $kind:ty, )* } -> $answer:ty;
        )+
    ) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
            #[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
            pub struct $name {
                $( $(#[$note])+ pub $field: $kind, )*
            }

            impl $crate::api::Ask for $name {
                type Answer = $answer;
            }

            impl From<$name> for $all {
                fn from(request: $name) -> Self {
                    Self::$name(request)
                }
            }
        )+

        $(#[$about])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "ask", rename_all = "snake_case")]
        pub enum $all {
            $( $(#[$doc])+ $name($name), )+
        }

        impl $all {
            /// Has the request carried out; the answer is JSON.
            ///
            /// # Errors
            /// As the request says.
            pub async fn answer<S>(
                self,
                server: &S,
            ) -> Result<Box<serde_json::value::RawValue>, $crate::CommandError>
            where
                S: Sync $( + $crate::api::Serve<$name> )+
            {
                match self {
                    $(
                        Self::$name(request) => {
                            // Boxed: the longest of these futures would be the size of all.
                            let served = Box::pin($crate::api::Serve::<$name>::serve(server, request));
                            $crate::api::to_json(&served.await?)
                        }
                    )+
                }
            }

            /// Writes every request down.
            #[cfg(feature = "bindings")]
            pub fn describe(to: &mut impl $crate::api::Describe) {
                $( to.request::<$name, $answer>(stringify!($name)); )+
            }
        }
    };
}
