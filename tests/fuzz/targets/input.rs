use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Decisions out of the fuzzer's bytes. Past their end it gives zeros, so that every input is a whole run.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let (head, rest) = self.0.split_at(self.0.len().min(N));
        array[..head.len()].copy_from_slice(head);
        self.0 = rest;
        array
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.u8() & 1 == 1
    }

    /// A number smaller than `bound`, which is at most 256.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.u8()) % bound
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// So many bytes as the next two say, if so many are left.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.u16()).min(self.0.len());
        let (head, rest) = self.0.split_at(length);
        self.0 = rest;
        head
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// One of a few that come again, or any.
    pub(crate) fn address(&mut self) -> SocketAddr {
        const FAMILIAR: [([u8; 4], u16); 6] = [
            ([192, 0, 2, 7], 4_000),
            ([192, 0, 2, 7], 4_001),
            ([203, 0, 113, 9], 50_000),
            ([10, 0, 0, 2], 51_820),
            ([127, 0, 0, 1], 9),
            ([8, 8, 4, 4], 3_478),
        ];
        match self.below(9) {
            6 => (self.array::<4>(), self.u16()).into(),
            7 => (self.array::<16>(), self.u16()).into(),
            8 => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 7).into(),
            index => FAMILIAR[index].into(),
        }
    }
}

/// A clock that goes when it is told to.
pub(crate) struct Clock {
    pub(crate) now: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { now: Instant::now() }
    }

    pub(crate) fn advance(&mut self, input: &mut Input<'_>) {
        let step = input.pick(&[0, 1, 20, 50, 200, 1_000, 5_000, 30_000, 600_000, 4_000_000_u64]);
        self.now += Duration::from_millis(step);
    }
}
