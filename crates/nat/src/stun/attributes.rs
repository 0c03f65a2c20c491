//! The attributes that we read or write. Every other one stays raw bytes.
//!
//! The set is small on purpose: a decoder of MESSAGE-INTEGRITY, for example, copies the message once per
//! attribute, which a datagram full of them would turn into a lot of memory.

use stun_codec::{
    define_attribute_enums,
    rfc5389::attributes::{ErrorCode, Fingerprint, UnknownAttributes, XorMappedAddress},
};

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [XorMappedAddress, ErrorCode, UnknownAttributes, Fingerprint]
);
