use std::collections::VecDeque;

/// A bounded queue between a pure core and its shell.
///
/// Full policy: the oldest entry makes room. A shell that drains after every input never gets there; one that
/// does not loses the stalest work first, and memory stays bounded.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    entries: VecDeque<T>,
    capacity: usize,
}

impl<T> Outbox<T> {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity }
    }

    pub(crate) fn push(&mut self, entry: T) {
        if self.entries.len() >= self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.entries.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_outbox_forgets_its_oldest_entry() {
        let mut outbox = Outbox::new(2);
        for entry in 1..=3 {
            outbox.push(entry);
        }
        assert_eq!([outbox.pop(), outbox.pop(), outbox.pop()], [Some(2), Some(3), None]);
    }
}
