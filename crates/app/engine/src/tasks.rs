use std::{future::Future, time::Duration};

use tokio::{
    task::{JoinError, JoinSet},
    time::timeout,
};
use tracing::error;

/// Every task of the engine. Dropping the set cancels them; nothing outlives its engine.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    set: JoinSet<&'static str>,
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
    /// Starts a task under a name for the log.
    pub(crate) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(async move {
            task.await;
            name
        });
    }

    /// Waits for the tasks to end by themselves, at most for `patience`, then cancels what still runs and waits
    /// for that.
    pub(crate) async fn finish(&mut self, patience: Duration) {
        let _ = timeout(patience, self.join_all()).await;
        self.set.abort_all();
        self.join_all().await;
    }

    async fn join_all(&mut self) {
        while let Some(ended) = self.set.join_next().await {
            report(&ended);
        }
    }
}

fn report(ended: &Result<&'static str, JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a task of the engine panicked");
    }
}
