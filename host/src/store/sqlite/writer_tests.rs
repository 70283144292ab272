//! One group of jobs, and what becomes of it.

use super::*;

type Answer = std::sync::mpsc::Receiver<Result<()>>;

fn job(write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()> + Send + 'static) -> (Box<dyn Job>, Answer) {
    let (reply, receiver) = mpsc::sync_channel(1);
    (Box::new(Call { write: Some(write), result: None, reply }), receiver)
}

fn insert(number: i64) -> (Box<dyn Job>, Answer) {
    job(move |tx| tx.execute("INSERT INTO kept VALUES (?1)", [number]).map(|_| ()))
}

fn connection() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE kept (number INTEGER PRIMARY KEY)").unwrap();
    connection
}

fn kept(connection: &Connection) -> Vec<i64> {
    let mut rows = connection.prepare("SELECT number FROM kept ORDER BY number").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(|number| number.unwrap()).collect()
}

#[test]
fn a_job_that_fails_does_not_touch_the_others_of_its_group() {
    let mut connection = connection();
    let (jobs, answers): (Vec<_>, Vec<_>) = [insert(1), insert(1), insert(2)].into_iter().unzip();
    write_group(&mut connection, Path::new("db"), jobs);
    let told: Vec<_> = answers.iter().map(|answer| answer.recv().unwrap().is_ok()).collect();
    assert_eq!(told, [true, false, true]);
    assert_eq!(kept(&connection), [1, 2]);
}

#[test]
fn when_the_whole_transaction_is_rolled_back_all_are_told_and_nothing_is_kept() {
    let mut connection = connection();
    let rolls_back = job(|tx| {
        tx.execute_batch("ROLLBACK")?;
        tx.execute("INSERT INTO nowhere VALUES (1)", []).map(|_| ())
    });
    let (jobs, answers): (Vec<_>, Vec<_>) = [insert(1), rolls_back, insert(2)].into_iter().unzip();
    write_group(&mut connection, Path::new("db"), jobs);
    assert!(answers.iter().all(|answer| answer.recv().unwrap().is_err()));
    assert_eq!(kept(&connection), [0; 0]);

    let (after, answer) = insert(3);
    write_group(&mut connection, Path::new("db"), vec![after]);
    answer.recv().unwrap().unwrap();
    assert_eq!(kept(&connection), [3]);
}
