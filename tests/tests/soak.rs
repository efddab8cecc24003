//! A short soak: everything comes and goes, and nothing breaks or stays behind. What grows is asked by `cargo xtask soak`,
//! which runs for long enough to tell.

use vivace_tests::soak::{Many, Recording, Soak, Waves, many, recording, soak, waves};

#[test]
fn who_comes_and_goes_leaves_nothing_behind() {
    let verdict = soak(Soak { secs: 25, guests: 6 });
    println!("{verdict}");
    for what in [
        "players and publishers that broke",
        "panics",
        "errors in the log",
        "streams and players that are still there",
        "descriptors more than at the start",
        "threads more than at the start",
        "offset of sound",
        "the server ends in order",
    ] {
        assert!(verdict.holds(what), "{what}\n{verdict}");
    }
}

#[test]
fn streams_and_players_that_are_dropped_give_everything_back() {
    let verdict = waves(Waves { waves: 2, streams: 40, players: 5 });
    println!("{verdict}");
    for what in
        ["streams created", "players created", "streams and players that are still there", "descriptors", "panics"]
    {
        assert!(verdict.holds(what), "{what}\n{verdict}");
    }
}

#[test]
fn each_frame_of_many_streams_arrives() {
    let verdict = many(Many { streams: 40, secs: 4, kbps: 300 });
    println!("{verdict}");
    for what in ["bytes of a stream that nobody plays", "frames delivered / expected", "players that lost frames"] {
        assert!(verdict.holds(what), "{what}\n{verdict}");
    }
}

#[test]
fn what_is_recorded_survives_and_stays_in_step() {
    let verdict = recording(Recording { streams: 6, secs: 5, kbps: 500, kills: 2, minutes: 4 });
    println!("{verdict}");
    for what in ["times that a slow disk", "parts of media", "kill 0", "kill 1", "mp4: ", "flv: "] {
        assert!(verdict.holds(what), "{what}\n{verdict}");
    }
}
