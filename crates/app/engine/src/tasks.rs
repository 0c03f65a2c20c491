use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    time::Duration,
};

use tokio::{
    task::{AbortHandle, Id, JoinError, JoinSet},
    time::timeout,
};
use tracing::error;

/// Tasks that end together. Dropping the set cancels them; nothing outlives its owner.
#[derive(Debug, Default)]
pub struct Tasks {
    set: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

/// The engine's tasks, by how they end.
#[derive(Debug, Default)]
pub(crate) struct TaskSets {
    /// Tasks that run until they are cancelled.
    pub(crate) endless: Tasks,
    /// Tasks that close what they hold and end by themselves when nobody speaks to them any more.
    pub(crate) closing: Tasks,
}

impl Tasks {
    /// Starts a task on the current runtime, under a name for the log. It is cancelled with the others, or alone by the
    /// answer.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let handle = self.set.spawn(task);
        self.names.insert(handle.id(), name);
        handle
    }

    /// The names of the tasks that have not ended, as far as it was looked for ([`reap`](Self::reap)).
    pub fn names(&self) -> BTreeSet<&'static str> {
        self.names.values().copied().collect()
    }

    /// Waits for the tasks to end by themselves, at most for `patience`, then cancels what still runs and waits
    /// for that.
    pub async fn finish(&mut self, patience: Duration) {
        let _ = timeout(patience, self.join_all()).await;
        self.set.abort_all();
        self.join_all().await;
    }

    async fn join_all(&mut self) {
        while let Some(ended) = self.set.join_next_with_id().await {
            self.forget(ended);
        }
    }

    /// Forgets tasks that have ended; one that panicked is reported.
    pub fn reap(&mut self) {
        while let Some(ended) = self.set.try_join_next_with_id() {
            self.forget(ended);
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        let task = self.names.remove(&id).unwrap_or_default();
        if let Err(error) = ended
            && error.is_panic()
        {
            error!(task, %error, "a task panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn tasks_end_with_their_set_and_are_forgotten_however_they_ended() {
        let mut tasks = Tasks::default();
        tasks.spawn("ends", async {});
        tasks.spawn("panics", async { panic!("on purpose") });
        tasks.spawn("stays", pending());
        tasks.spawn("cancelled", pending()).abort();
        tasks.finish(Duration::ZERO).await;
        assert!(tasks.set.is_empty() && tasks.names.is_empty(), "{tasks:?}");
    }
}
