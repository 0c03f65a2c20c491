use tokio::sync::mpsc;

/// Both ends of a shell that takes its work in order.
#[derive(Debug)]
pub(crate) struct Port<Asked, Told> {
    pub(crate) tx: mpsc::Sender<Asked>,
    pub(crate) rx: mpsc::Receiver<Told>,
}
