//! The attributes that we read or write. Every other one stays raw bytes.
//!
//! The set is small on purpose: a decoder of MESSAGE-INTEGRITY, for example, copies the message once per
//! attribute, which a datagram full of them would turn into a lot of memory.

use stun_codec::{
    define_attribute_enums,
    rfc5389::attributes::{ErrorCode, Fingerprint, UnknownAttributes, XorMappedAddress},
    rfc5780::attributes::{ChangeRequest, OtherAddress, ResponseOrigin},
};

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [XorMappedAddress, ErrorCode, UnknownAttributes, ResponseOrigin, OtherAddress, Fingerprint]
);

// CHANGE-REQUEST is only written with the codec: its decoder takes other bits than its encoder and RFC 5780 §7.2
// put there.
define_attribute_enums!(
    ChangeAttribute,
    ChangeAttributeDecoder,
    ChangeAttributeEncoder,
    [ChangeRequest, Fingerprint]
);
