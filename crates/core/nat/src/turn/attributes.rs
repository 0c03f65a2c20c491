//! The attributes that control messages are made of. MESSAGE-INTEGRITY is not among them: it is computed over
//! the bytes as they are on the wire ([`super::integrity`]). They are read in [`super::reading`].

use stun_codec::{
    define_attribute_enums,
    rfc5389::attributes::{
        ErrorCode, Fingerprint, Nonce, Realm, UnknownAttributes, Username, XorMappedAddress,
    },
    rfc5766::attributes::{
        ChannelNumber, EvenPort, Lifetime, RequestedTransport, ReservationToken, XorPeerAddress,
        XorRelayAddress,
    },
    rfc8656::attributes::RequestedAddressFamily,
};

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [
        ErrorCode,
        UnknownAttributes,
        XorMappedAddress,
        Username,
        Realm,
        Nonce,
        ChannelNumber,
        Lifetime,
        XorPeerAddress,
        XorRelayAddress,
        RequestedTransport,
        RequestedAddressFamily,
        EvenPort,
        ReservationToken
    ]
);

// What is read with the codec: it checks FINGERPRINT.
define_attribute_enums!(Checked, CheckedDecoder, CheckedEncoder, [Fingerprint]);
