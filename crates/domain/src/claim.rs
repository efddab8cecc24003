//! Who may publish under a stream name that may already be held.
//!
//! The decision only: the lease itself, its clock and its guard belong to the one who asks.

use vivace_base::{AppId, Ulid};

/// Whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Pushes are signed: whoever holds a valid address of the app may take over its names, as in the LVB-code mode.
    Key(AppId),
    /// Pushing is open: the publisher's address, IPv4 in its IPv6-mapped form.
    Address([u8; 16]),
    /// A channel's address: once it is pushed to, no second publisher takes it over while it is live.
    Channel(u64),
    /// A relay of this server, which pulls the stream from elsewhere: nobody but itself may go on with it.
    Relay(Ulid),
    /// This server, which makes the stream of another one: a name with a rate behind it.
    Transcoder,
}

/// What the holder of a name is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderState {
    /// Its publisher is connected.
    Live,
    /// Its publisher was lost; the stream waits for it to come back.
    Grace,
}

/// The one who holds a name now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whose name it is.
    pub owner: Owner,
    /// Fencing epoch of its lease.
    pub epoch: u64,
    /// Milliseconds since its publisher last sent anything.
    pub silent_ms: u64,
    /// Whether its publisher is connected.
    pub state: HolderState,
}

/// What becomes of a newcomer's wish for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The name was free.
    Granted {
        /// Epoch of the new lease.
        epoch: u64,
    },
    /// The holder's publisher was lost and this is its owner again: the stream goes on, nobody is told to leave.
    Continue {
        /// Epoch of the new lease.
        epoch: u64,
    },
    /// The name changes hands: the session that holds it is ended and told why.
    TakeOver {
        /// Epoch of the new lease.
        epoch: u64,
        /// The old session is replaced because it was silent for too long, not because its owner came again.
        silent: bool,
    },
    /// Someone else's: the newcomer is refused.
    Taken {
        /// What the holder is doing.
        state: HolderState,
    },
}

/// Decides for `newcomer`. `epoch_last` is the highest epoch ever granted for the name (0 if none), so that epochs
/// grow across holders; `silent_ms_max` is how long a live holder may be silent before a stranger may replace it.
pub fn decide(holder: Option<&Holder>, newcomer: &Owner, epoch_last: u64, silent_ms_max: u64) -> Claim {
    let epoch = epoch_last.max(holder.map_or(0, |held| held.epoch)).saturating_add(1);
    let Some(held) = holder else {
        return Claim::Granted { epoch };
    };
    let same = held.owner == *newcomer;
    // What is made of one stream is no continuation of what is made of another one, however long none has come of that.
    let is_made = same && *newcomer == Owner::Transcoder;
    let replaces = same && !matches!(newcomer, Owner::Channel(_));
    let silent = held.silent_ms > silent_ms_max;
    match held.state {
        HolderState::Live if !is_made && (replaces || silent) => Claim::TakeOver { epoch, silent },
        HolderState::Grace if same => Claim::Continue { epoch },
        state => Claim::Taken { state },
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{AppId, Ulid};

    use super::{Claim, Holder, HolderState, Owner, decide};

    const LIMIT_MS: u64 = 8_000;
    const ONE: Owner = Owner::Key(AppId(1));
    const TWO: Owner = Owner::Key(AppId(2));

    fn held(state: HolderState, silent_ms: u64) -> Holder {
        Holder { owner: ONE, epoch: 5, silent_ms, state }
    }

    fn ask(state: HolderState, silent_ms: u64, newcomer: Owner) -> Claim {
        decide(Some(&held(state, silent_ms)), &newcomer, 5, LIMIT_MS)
    }

    #[test]
    fn a_free_name_is_granted_with_the_next_epoch() {
        assert_eq!(decide(None, &ONE, 0, LIMIT_MS), Claim::Granted { epoch: 1 });
        assert_eq!(decide(None, &ONE, 41, LIMIT_MS), Claim::Granted { epoch: 42 });
    }

    #[test]
    fn the_owner_takes_over_its_own_live_name() {
        assert_eq!(ask(HolderState::Live, 0, ONE), Claim::TakeOver { epoch: 6, silent: false });
        assert_eq!(ask(HolderState::Live, LIMIT_MS + 1, ONE), Claim::TakeOver { epoch: 6, silent: true });
    }

    #[test]
    fn a_stranger_is_refused_until_the_holder_was_silent_for_longer_than_the_limit() {
        let taken = Claim::Taken { state: HolderState::Live };
        assert_eq!(ask(HolderState::Live, 0, TWO), taken);
        assert_eq!(ask(HolderState::Live, LIMIT_MS, TWO), taken);
        assert_eq!(ask(HolderState::Live, LIMIT_MS + 1, TWO), Claim::TakeOver { epoch: 6, silent: true });
    }

    #[test]
    fn grace_is_for_the_owner_alone_however_long_the_silence() {
        assert_eq!(ask(HolderState::Grace, 60_000, ONE), Claim::Continue { epoch: 6 });
        assert_eq!(ask(HolderState::Grace, 60_000, TWO), Claim::Taken { state: HolderState::Grace });
    }

    #[test]
    fn an_address_owns_only_what_it_pushed_itself() {
        let (here, there) = (Owner::Address([1; 16]), Owner::Address([2; 16]));
        let holder = Holder { owner: here, epoch: 1, silent_ms: 0, state: HolderState::Live };
        assert!(matches!(decide(Some(&holder), &here, 1, LIMIT_MS), Claim::TakeOver { .. }));
        assert!(matches!(decide(Some(&holder), &there, 1, LIMIT_MS), Claim::Taken { .. }));
        assert!(matches!(decide(Some(&holder), &ONE, 1, LIMIT_MS), Claim::Taken { .. }));
    }

    #[test]
    fn a_relay_and_a_publisher_are_strangers_to_each_other() {
        let (one, two) = (Owner::Relay(Ulid(1)), Owner::Relay(Ulid(2)));
        let pulled = Holder { owner: one, epoch: 1, silent_ms: 0, state: HolderState::Live };
        assert!(matches!(decide(Some(&pulled), &one, 1, LIMIT_MS), Claim::TakeOver { .. }));
        for stranger in [two, ONE] {
            assert!(matches!(decide(Some(&pulled), &stranger, 1, LIMIT_MS), Claim::Taken { .. }));
        }
        assert_eq!(ask(HolderState::Live, 0, one), Claim::Taken { state: HolderState::Live });
    }

    #[test]
    fn a_channel_is_not_taken_over_while_it_is_live_and_continued_when_it_was_lost() {
        let channel = Owner::Channel(7);
        let held = |state, silent_ms| Holder { owner: channel, epoch: 1, silent_ms, state };
        let ask = |state, silent_ms| decide(Some(&held(state, silent_ms)), &channel, 1, LIMIT_MS);
        assert_eq!(ask(HolderState::Live, 0), Claim::Taken { state: HolderState::Live });
        assert_eq!(ask(HolderState::Live, LIMIT_MS + 1), Claim::TakeOver { epoch: 2, silent: true });
        assert_eq!(ask(HolderState::Grace, 0), Claim::Continue { epoch: 2 });
    }

    #[test]
    fn what_is_made_of_another_stream_takes_nothing_over_however_silent_it_is() {
        let made = Holder { owner: Owner::Transcoder, epoch: 1, silent_ms: LIMIT_MS + 1, state: HolderState::Live };
        let taken = Claim::Taken { state: HolderState::Live };
        assert_eq!(decide(Some(&made), &Owner::Transcoder, 1, LIMIT_MS), taken);
        // A push to the name is a stranger, as to every other holder.
        assert_eq!(decide(Some(&made), &ONE, 1, LIMIT_MS), Claim::TakeOver { epoch: 2, silent: true });
    }

    #[test]
    fn the_epoch_never_goes_back_to_a_lower_one() {
        let holder = held(HolderState::Live, 0);
        assert_eq!(decide(Some(&holder), &ONE, 9, LIMIT_MS), Claim::TakeOver { epoch: 10, silent: false });
        assert_eq!(decide(Some(&holder), &ONE, 2, LIMIT_MS), Claim::TakeOver { epoch: 6, silent: false });
    }
}
