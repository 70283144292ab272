//! One group of jobs, and what becomes of it.

use super::*;

type Answer = mpsc::Receiver<Told<()>>;

fn job(write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()> + Send + 'static) -> (Box<dyn Job>, Answer) {
    let (reply, told) = mpsc::channel();
    (Box::new(Call { write: Some(write), result: None, reply }), told)
}

fn is_written(answer: &Answer) -> bool {
    match answer.recv().unwrap() {
        Told::End(end) => end.is_ok(),
        Told::Lead => panic!("nobody else is there"),
    }
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
    let told: Vec<_> = answers.iter().map(is_written).collect();
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
    assert!(!answers.iter().any(is_written));
    assert_eq!(kept(&connection), [0; 0]);

    let (after, answer) = insert(3);
    write_group(&mut connection, Path::new("db"), vec![after]);
    assert!(is_written(&answer));
    assert_eq!(kept(&connection), [3]);
}

/// Waits until so many wait in the queue.
fn until_waiting(writer: &Writer, jobs: usize) {
    while held(&writer.queue).jobs.len() < jobs {
        std::thread::yield_now();
    }
}

#[test]
fn those_who_came_meanwhile_are_written_by_one_of_them_and_a_panic_is_its_own_failure() {
    let writer = Writer::new(connection(), PathBuf::from("db"));
    let ((inside, is_inside), (go, on)) = (mpsc::channel(), mpsc::channel::<()>());
    let broken = |_: &Transaction<'_>| -> rusqlite::Result<usize> { panic!("this job is broken on purpose") };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            writer.call(move |tx| {
                inside.send(()).unwrap();
                on.recv().unwrap();
                broken(tx)
            })
        });
        is_inside.recv().unwrap();
        let insert = |number: i64| writer.call(move |tx| tx.execute("INSERT INTO kept VALUES (?1)", [number]));
        let others: Vec<_> = (0..5).map(|number| scope.spawn(move || insert(number))).collect();
        let second = scope.spawn(|| writer.call(broken));
        until_waiting(&writer, 6);
        go.send(()).unwrap();
        for broken in [first, second] {
            assert!(broken.join().unwrap().is_err(), "its caller is told, and nobody else panics");
        }
        for other in others {
            assert_eq!(other.join().unwrap().unwrap(), 1);
        }
        assert_eq!(insert(5).unwrap(), 1, "nobody is left in the lead");
    });
    assert_eq!(kept(&held(&writer.connection)), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn each_of_many_gets_its_own_answer() {
    let writer = Writer::new(connection(), PathBuf::from("db"));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let writer = &writer;
            scope.spawn(move || {
                for number in (0..100).map(|number| thread * 100 + number) {
                    let answer = writer.call::<i64>(move |tx| {
                        tx.query_row("INSERT INTO kept VALUES (?1) RETURNING number", [number], |row| row.get(0))
                    });
                    assert_eq!(answer.unwrap(), number);
                }
            });
        }
    });
    assert_eq!(kept(&held(&writer.connection)), (0..800).collect::<Vec<i64>>());
}
