use lanrage_adapter::helper::{Reply, Request};

/// Whatever the helper reads as a request is written as it was read: there is one form of it. What an app reads as a reply
/// means the same when it is written and read again; a cause that a newer helper knows is any other one to it.
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
}
