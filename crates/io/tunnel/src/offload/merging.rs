//! In which form the kernel takes merged packets, found out by what it refuses: each kind for itself, since kernels refuse one and
//! take another, and never for ever, since what refuses may go.

use super::virtio::{GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4};

/// Implementation: merged writes of a kind that are refused one after the other and taken in another form, after which that one
/// comes first. Single refusals have other causes: a checksum that a program got wrong, say.
const REFUSALS: u8 = 8;
/// Implementation: batches after which the best form is tried once more.
const LOOK_AGAIN: u16 = 4_096;

/// What several packets are as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merged {
    TcpV4,
    TcpV6,
    Udp,
}

impl Merged {
    const COUNT: usize = 3;

    pub(super) const fn gso_type(self) -> u8 {
        match self {
            Self::TcpV4 => GSO_TCPV4,
            Self::TcpV6 => GSO_TCPV6,
            Self::Udp => GSO_UDP_L4,
        }
    }
}

/// Kinds that are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds([bool; Merged::COUNT]);

impl Kinds {
    /// Each of them: what a kernel gets that has refused none.
    pub(crate) const ALL: Self = Self([true; Merged::COUNT]);

    pub(crate) const fn has(self, merged: Merged) -> bool {
        self.0[merged as usize]
    }

    pub(crate) const fn is_empty(self) -> bool {
        matches!(self, Self([false, false, false]))
    }
}

/// How packets that could be merged are given to the kernel, the best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// Merged, as the pieces that they are.
    #[default]
    Gathered,
    /// Merged and copied together, for who refuses pieces.
    OnePiece,
    /// One by one.
    Apart,
}

/// The form that is used for each kind.
#[derive(Debug, Default)]
pub(crate) struct Forms([Habit; Merged::COUNT]);

#[derive(Debug, Clone, Copy, Default)]
struct Habit {
    form: Form,
    /// What is tried first now: the form, or once in a while the best one.
    now: Form,
    refusals: u8,
    batches: u16,
}

impl Forms {
    /// Begins a batch, of which these kinds are to be merged.
    pub(crate) fn begin(&mut self) -> Kinds {
        for habit in &mut self.0 {
            habit.now = habit.form;
            habit.batches = if habit.form == Form::default() { 0 } else { habit.batches + 1 };
            if habit.batches >= LOOK_AGAIN {
                (habit.batches, habit.now) = (0, Form::default());
            }
        }
        Kinds(self.0.map(|habit| habit.now != Form::Apart))
    }

    /// The form to try first.
    pub(crate) const fn first(&self, merged: Merged) -> Form {
        self.0[merged as usize].now
    }

    /// Packets were taken in this form, and in none before it. True: this is the form of their kind from now on.
    pub(crate) fn taken(&mut self, merged: Merged, form: Form) -> bool {
        let habit = &mut self.0[merged as usize];
        let (is_first, is_try) = (form == habit.now, habit.now != habit.form);
        if is_first || form < habit.form {
            let is_new = habit.form != form;
            *habit = Habit { form, now: form, ..Habit::default() };
            return is_new;
        }
        if is_try {
            habit.now = habit.form;
            return false;
        }
        habit.refusals += 1;
        let is_new = habit.refusals >= REFUSALS;
        if is_new {
            *habit = Habit { form, now: form, ..Habit::default() };
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Merged = Merged::TcpV4;

    /// Batches of one write each until there is another form, which takes no better one than this.
    fn settles(forms: &mut Forms, takes: Form) -> u32 {
        (1..=100).find(|_| forms.begin().has(KIND) && forms.taken(KIND, takes)).unwrap()
    }

    #[test]
    fn what_is_refused_time_after_time_is_given_in_the_form_that_is_taken() {
        for form in [Form::OnePiece, Form::Apart] {
            let mut forms = Forms::default();
            assert_eq!(settles(&mut forms, form), u32::from(REFUSALS));
            assert_eq!(forms.first(KIND), form);
            assert_eq!(forms.first(Merged::Udp), Form::Gathered, "each kind for itself");
            let kinds = forms.begin();
            assert_eq!((kinds.has(KIND), kinds.has(Merged::Udp)), (form != Form::Apart, true));
        }
    }

    #[test]
    fn single_refusals_change_nothing() {
        let mut forms = Forms::default();
        for n in 0..1_000 {
            forms.begin();
            let form = if n % usize::from(REFUSALS) == 0 { Form::Gathered } else { Form::Apart };
            assert!(!forms.taken(KIND, form));
        }
    }

    #[test]
    fn the_best_form_is_tried_again_and_comes_back_when_it_is_taken() {
        let mut forms = Forms::default();
        settles(&mut forms, Form::Apart);
        let until_try = |forms: &mut Forms| {
            let is_tried = |forms: &mut Forms| forms.begin().has(KIND) && forms.first(KIND) == Form::Gathered;
            (1..=LOOK_AGAIN + 1).find(|_| is_tried(forms)).unwrap()
        };
        assert_eq!(until_try(&mut forms), LOOK_AGAIN);
        assert!(!forms.taken(KIND, Form::Apart));
        assert_eq!(forms.first(KIND), Form::Apart, "tried once in a batch");
        assert_eq!(until_try(&mut forms), LOOK_AGAIN);
        assert!(forms.taken(KIND, Form::OnePiece), "something better than before");
        assert_eq!(forms.first(KIND), Form::OnePiece);
        assert_eq!(until_try(&mut forms), LOOK_AGAIN);
        assert!(forms.taken(KIND, Form::Gathered));
        forms.begin();
        assert_eq!(forms.first(KIND), Form::Gathered);
    }

    #[test]
    fn where_no_kind_is_merged_nothing_need_be_looked_at() {
        let mut forms = Forms::default();
        for kind in [Merged::TcpV4, Merged::TcpV6, Merged::Udp] {
            assert!(!forms.begin().is_empty());
            while !forms.taken(kind, Form::Apart) {
                forms.begin();
            }
        }
        assert!(forms.begin().is_empty());
    }
}
