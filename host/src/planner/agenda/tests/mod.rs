//! Which runs begin: rule by rule, then a seeded simulation against a reference of its own.

pub(in crate::planner) mod sim;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::schedule::{Catchup, Schedule, Timetable, TimetableSpec};

fn dag() -> DagId {
    DagId::new("sales").unwrap()
}

fn at(text: &str) -> Timestamp {
    format!("2026-01-{text}Z").parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    at("01T00:00:00") + SignedDuration::from_secs(seconds)
}

fn terms(schedule: &str, catchup: Catchup, max_active_runs: u32) -> DagTerms {
    let spec = TimetableSpec { catchup, ..TimetableSpec::new(Schedule::parse(schedule).unwrap()) };
    DagTerms { timetable: Some(Arc::new(Timetable::new(spec))), max_active_runs, max_consecutive_failed_runs: 0 }
}

fn by_hand(max_active_runs: u32) -> DagTerms {
    DagTerms { timetable: None, max_active_runs, max_consecutive_failed_runs: 0 }
}

fn seen(terms: DagTerms) -> Matter {
    Matter::DagSeen { dag: dag(), terms }
}

/// An agenda whose orders are done at once: what is made gets the next key.
struct Play {
    agenda: Agenda,
    made: Vec<Timestamp>,
    started: Vec<i64>,
    paused: Vec<String>,
    ended_backfills: usize,
}

impl Play {
    fn new(terms: DagTerms, last_scheduled: Option<Timestamp>, now: Timestamp) -> Self {
        let agenda = Agenda::default();
        let mut play = Self { agenda, made: vec![], started: vec![], paused: vec![], ended_backfills: 0 };
        let first_seen = at("01T00:00:00");
        let known = KnownDag { dag_id: dag(), first_seen, last_scheduled, failed_in_a_row: 0, paused: false };
        play.told(Matter::DagKnown(known), now);
        play.told(seen(terms), now);
        play
    }

    fn told(&mut self, matter: Matter, now: Timestamp) {
        let mut matters = vec![matter];
        while !matters.is_empty() {
            let orders = self.agenda.apply(std::mem::take(&mut matters), now);
            for order in orders {
                match order {
                    Order::Make { dag, planned } => {
                        self.made.push(planned.run_after);
                        matters.push(Matter::Made { dag, run: Some(RunKey(self.made.len() as i64)) });
                    }
                    Order::Start { run } => self.started.push(run.0),
                    Order::Pause { dag: _, reason } => self.paused.push(reason),
                    Order::EndBackfill { id: _ } => self.ended_backfills += 1,
                }
            }
        }
    }

    fn woken(&mut self, now: Timestamp) {
        self.told(Matter::Ended { run: RunKey(-1), state: RunState::Success }, now);
    }

    fn ended(&mut self, run: i64, state: RunState, now: Timestamp) {
        self.told(Matter::Ended { run: RunKey(run), state }, now);
    }

    fn queued(&mut self, run: i64, now: Timestamp) {
        self.told(Matter::Queued { dag: dag(), run: RunKey(run), lane: Lane::Dag }, now);
    }

    fn paused(&mut self, paused: bool, now: Timestamp) {
        self.told(Matter::Paused { dag: dag(), paused }, now);
    }

    fn wakes(&self) -> Option<Timestamp> {
        self.agenda.next_wakeup().map(|(at, _)| at)
    }
}

#[test]
fn a_tick_makes_one_run_and_the_next_is_waited_for() {
    let mut play = Play::new(terms("@daily", Catchup::Latest, 16), Some(at("01T00:00:00")), at("01T12:00:00"));
    assert_eq!((play.made.len(), play.wakes()), (0, Some(at("02T00:00:00"))));
    play.woken(at("01T23:59:59"));
    assert!(play.made.is_empty());
    play.woken(at("02T00:00:00"));
    assert_eq!(play.made, [at("02T00:00:00")]);
    assert_eq!(play.wakes(), Some(at("03T00:00:00")));
    play.woken(at("02T00:00:00"));
    assert_eq!(play.made.len(), 1, "the same instant again makes nothing");
}

#[test]
fn of_missed_ticks_only_the_latest_runs_by_default_and_all_with_catchup() {
    let play = Play::new(terms("@daily", Catchup::Latest, 16), Some(at("01T00:00:00")), at("06T12:00:00"));
    assert_eq!(play.made, [at("06T00:00:00")]);
    let play = Play::new(terms("@daily", Catchup::All, 16), Some(at("03T00:00:00")), at("06T12:00:00"));
    assert_eq!(play.made, [at("04T00:00:00"), at("05T00:00:00"), at("06T00:00:00")]);
}

#[test]
fn no_more_runs_at_once_than_the_dag_allows_and_catching_up_goes_on_with_the_end_of_one() {
    let mut play = Play::new(terms("@daily", Catchup::All, 2), Some(at("01T00:00:00")), at("06T12:00:00"));
    assert_eq!(play.made, [at("02T00:00:00"), at("03T00:00:00")]);
    assert_eq!(play.wakes(), None, "only the end of a run makes room");
    play.ended(1, RunState::Failed, at("06T13:00:00"));
    assert_eq!(play.made.last(), Some(&at("04T00:00:00")));
}

#[test]
fn ticks_that_pass_while_there_is_no_room_count_as_missed() {
    let mut play = Play::new(terms("@hourly", Catchup::Latest, 1), Some(at("01T00:00:00")), at("01T01:00:00"));
    assert_eq!(play.made, [at("01T01:00:00")]);
    play.woken(at("01T05:30:00"));
    assert_eq!(play.made.len(), 1);
    play.ended(1, RunState::Success, at("01T05:40:00"));
    assert_eq!(play.made[1..], [at("01T05:00:00")]);
    assert_eq!(play.wakes(), None);
}

#[test]
fn runs_asked_for_by_people_wait_in_their_order_and_come_before_scheduled_ones() {
    let mut play = Play::new(terms("@hourly", Catchup::All, 1), Some(at("01T00:00:00")), at("01T01:00:00"));
    play.queued(10, at("01T01:10:00"));
    play.queued(11, at("01T01:20:00"));
    assert_eq!(play.started, [0; 0]);
    assert_eq!(play.agenda.waits(RunKey(10)), Some(Waiting::MaxActiveRuns { limit: 1 }));
    play.ended(1, RunState::Success, at("01T04:00:00"));
    play.ended(10, RunState::Success, at("01T05:00:00"));
    assert_eq!((&play.started[..], play.made.len()), (&[10, 11][..], 1));
    play.ended(11, RunState::Success, at("01T06:00:00"));
    assert_eq!(play.made[1..], [at("01T02:00:00")]);
}

#[test]
fn a_paused_dag_makes_nothing_and_its_queued_runs_wait_for_the_end_of_the_pause() {
    let mut play = Play::new(terms("@hourly", Catchup::Latest, 4), Some(at("01T00:00:00")), at("01T00:30:00"));
    play.paused(true, at("01T00:31:00"));
    assert_eq!(play.wakes(), None);
    play.queued(10, at("01T00:40:00"));
    play.woken(at("01T03:30:00"));
    assert_eq!((play.made.len(), play.started.len()), (0, 0));
    assert_eq!(play.agenda.waits(RunKey(10)), Some(Waiting::Paused));
    play.paused(false, at("01T03:45:00"));
    assert_eq!((&play.made[..], &play.started[..]), (&[at("01T03:00:00")][..], &[10][..]));
    assert_eq!(play.agenda.waits(RunKey(10)), None);
}

#[test]
fn a_dag_whose_file_is_gone_makes_nothing_and_comes_back_as_it_was() {
    let mut play = Play::new(terms("@hourly", Catchup::Latest, 4), Some(at("01T00:00:00")), at("01T00:30:00"));
    play.told(Matter::DagGone(dag()), at("01T00:40:00"));
    play.queued(10, at("01T00:50:00"));
    play.woken(at("01T02:30:00"));
    assert_eq!((play.made.len(), play.started.len(), play.wakes()), (0, 0, None));
    assert_eq!(play.agenda.waits(RunKey(10)), Some(Waiting::Gone));
    play.told(seen(terms("@hourly", Catchup::Latest, 4)), at("01T02:40:00"));
    assert_eq!((&play.made[..], &play.started[..]), (&[at("01T02:00:00")][..], &[10][..]));
}

#[test]
fn a_dag_is_paused_after_so_many_failures_in_a_row() {
    let strict = DagTerms { max_consecutive_failed_runs: 2, ..by_hand(4) };
    let mut play = Play::new(strict, None, after(0));
    for (run, state) in [(1, RunState::Failed), (2, RunState::Success), (3, RunState::Failed), (4, RunState::Failed)] {
        play.queued(run, after(run));
        play.ended(run, state, after(run));
        assert_eq!(play.paused.len(), usize::from(run == 4), "after run {run}");
    }
    play.queued(5, after(5));
    assert!(!play.started.contains(&5), "it is paused");
    play.paused(false, after(6));
    assert!(play.started.contains(&5), "a person ended the pause");
    play.ended(5, RunState::Failed, after(7));
    assert_eq!(play.paused.len(), 1, "the count began anew");
}

#[test]
fn continuous_runs_follow_one_another_at_least_a_second_apart() {
    let mut play = Play::new(terms("@continuous", Catchup::Latest, 1), None, after(0));
    assert_eq!(play.made, [after(0)]);
    play.ended(1, RunState::Success, after(0));
    assert_eq!((play.made.len(), play.wakes()), (1, Some(after(1))));
    play.woken(after(1));
    assert_eq!(play.made.len(), 2);
    play.ended(2, RunState::Failed, after(90));
    assert_eq!(play.made[2..], [after(90)], "it ended long after its first second");
}

#[test]
fn once_runs_once() {
    let mut play = Play::new(terms("@once", Catchup::Latest, 16), None, after(60));
    assert_eq!((play.made.len(), play.wakes()), (1, None));
    play.ended(1, RunState::Success, after(61));
    play.told(seen(terms("@once", Catchup::Latest, 16)), after(62));
    assert_eq!(play.made.len(), 1);
}

fn backfilled(play: &mut Play, runs: std::ops::Range<i64>, max_active_runs: u32) {
    let id = BackfillId(7);
    play.told(Matter::BackfillAdded { id, dag: dag(), max_active_runs }, after(0));
    for run in runs {
        play.told(Matter::Queued { dag: dag(), run: RunKey(run), lane: Lane::Backfill(id) }, after(0));
    }
}

#[test]
fn a_backfill_keeps_its_order_and_limit_and_takes_no_room_of_its_dag() {
    let mut play = Play::new(by_hand(1), None, after(0));
    backfilled(&mut play, 20..25, 2);
    assert_eq!(play.started, [20, 21]);
    play.queued(10, after(1));
    assert_eq!(play.started, [20, 21, 10]);
    assert_eq!(play.agenda.waits(RunKey(24)), Some(Waiting::BackfillMaxActiveRuns { limit: 2 }));
    play.ended(21, RunState::Failed, after(2));
    play.ended(20, RunState::Success, after(2));
    assert_eq!(play.started[3..], [22, 23]);
    assert_eq!(play.ended_backfills, 0);
    for run in 22..25 {
        play.ended(run, RunState::Success, after(3));
    }
    assert_eq!((play.ended_backfills, play.started.len()), (1, 6));
}

#[test]
fn a_backfill_of_a_paused_dag_waits() {
    let mut play = Play::new(by_hand(1), None, after(0));
    play.paused(true, after(0));
    backfilled(&mut play, 20..22, 2);
    assert_eq!(play.agenda.waits(RunKey(20)), Some(Waiting::Paused));
    play.paused(false, after(1));
    assert_eq!(play.started, [20, 21]);
}

#[test]
fn runs_from_before_a_crash_take_their_room_again() {
    let mut play = Play::new(terms("@hourly", Catchup::Latest, 1), Some(at("01T00:00:00")), at("01T00:30:00"));
    play.told(Matter::Active { dag: dag(), run: RunKey(5), lane: Lane::Dag }, at("01T00:30:00"));
    play.woken(at("01T01:00:00"));
    assert!(play.made.is_empty());
    play.ended(5, RunState::Success, at("01T01:10:00"));
    assert_eq!(play.made, [at("01T01:00:00")]);
}

#[test]
fn a_clock_that_is_set_back_makes_no_run_again() {
    let mut play = Play::new(terms("@hourly", Catchup::All, 16), Some(at("01T00:00:00")), at("01T03:00:00"));
    assert_eq!(play.made.len(), 3);
    play.woken(at("01T01:30:00"));
    assert_eq!((play.made.len(), play.wakes()), (3, Some(at("01T04:00:00"))));
}
