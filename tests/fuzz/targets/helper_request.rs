use lanrage_adapter::helper::{Reply, Request};

/// Whatever the helper reads as a request, and an app as a reply, is written as it was read: there is one form of each.
pub(crate) fn run(data: &[u8]) {
    if let Ok(request) = Request::parse(data) {
        assert_eq!(request.to_bytes(), data);
        assert!(data.len() <= Request::MAX_BYTES);
    }
    if let Ok(reply) = Reply::parse(data) {
        assert_eq!(reply.to_bytes(), data);
        assert!(data.len() <= Reply::MAX_BYTES);
    }
}
