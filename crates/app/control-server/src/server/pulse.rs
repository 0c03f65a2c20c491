use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    admin::{AdminAnswer, AdminRequest, Question, ServerStatus},
    counters::Counters,
};

/// Feels whether a server still decides, for who would start it anew if not.
#[derive(Debug, Clone)]
pub struct Pulse {
    questions: mpsc::Sender<Question>,
    counters: Arc<Counters>,
}

impl Pulse {
    pub(crate) const fn new(questions: mpsc::Sender<Question>, counters: Arc<Counters>) -> Self {
        Self { questions, counters }
    }

    /// How it is, if it says so within that time.
    pub async fn status(&self, within: Duration) -> Option<ServerStatus> {
        let asked = async {
            let (reply, answer) = oneshot::channel();
            self.questions.send(Question { request: AdminRequest::Status, reply }).await.ok()?;
            match answer.await.ok()? {
                AdminAnswer::Status { status } => Some(status),
                _ => None,
            }
        };
        timeout(within, asked).await.ok().flatten()
    }

    /// Has it read the files that say who may make parties; why they cannot be used.
    pub(crate) async fn reload(&self) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.questions.send(Question { request: AdminRequest::Reload, reply }).await.ok()?;
        match answer.await.ok()? {
            AdminAnswer::Failed { reason } => Some(reason),
            _ => None,
        }
    }

    /// Whether it waits for its disk now. Another start would wait for it too, and end what is relayed.
    pub fn waits_for_disk(&self) -> bool {
        self.counters.is_writing()
    }
}
