use lanrage_adapter::helper::{
    Reply, Request,
    batch::{self, BATCH_BYTES},
};

/// Whatever the helper reads as a request is written as it was read: there is one form of it. What an app reads as a reply
/// means the same when it is written and read again; a cause that a newer helper knows is any other one to it. And the packets of
/// any message are those that a message of them begins with.
pub(crate) fn run(data: &[u8]) {
    if let Ok(request) = Request::parse(data) {
        assert_eq!(request.to_bytes(), data);
        assert!(data.len() <= Request::MAX_BYTES);
    }
    if let Ok(reply) = Reply::parse(data) {
        let bytes = reply.to_bytes();
        assert!(bytes.len() <= Reply::MAX_BYTES);
        assert_eq!(Reply::parse(&bytes), Ok(reply));
    }
    let message = &data[..data.len().min(BATCH_BYTES)];
    let mut again = Vec::new();
    assert!(batch::packets(message).all(|packet| batch::push(&mut again, packet)));
    assert!(message.starts_with(&again));
}
