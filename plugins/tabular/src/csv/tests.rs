use std::io::Write;

use tempfile::NamedTempFile;

use super::{CsvFile, CsvOptions, Header, encoding};
use crate::error::{DataError, Place};
use crate::table::{ColumnData, Kind, Table, Wanted};

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn open(bytes: &[u8]) -> Result<CsvFile, DataError> {
    CsvFile::open(file(bytes).path(), CsvOptions::default())
}

fn read(bytes: &[u8]) -> Result<Table, DataError> {
    let file = file(bytes);
    let csv = CsvFile::open(file.path(), CsvOptions::default())?;
    let wanted = csv.header().iter().map(|name| Wanted { name: name.clone(), read_as: None }).collect::<Vec<_>>();
    csv.read(&wanted)
}

fn refusal(bytes: &[u8]) -> (&'static str, String) {
    let error = read(bytes).unwrap_err();
    (error.code(), error.to_string())
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().data {
        ColumnData::Number(values) => values,
        ColumnData::Text(_) | ColumnData::Time(_) => panic!("{name} is no numbers"),
    }
}

fn texts<'a>(table: &'a Table, name: &str) -> Vec<Option<&'a str>> {
    match &table.column(name).unwrap().data {
        ColumnData::Text(text) => (0..table.rows()).map(|row| text.get(row)).collect(),
        ColumnData::Number(_) | ColumnData::Time(_) => panic!("{name} is no text"),
    }
}

#[test]
fn columns_are_numbers_or_text_and_gaps_are_kept() {
    let table = read(b"a,b\n1,x\n 2.5 ,NA\nNA,\"y, \"\"z\"\"\"\n").unwrap();
    let a = numbers(&table, "a");
    assert_eq!((a[0], a[1], a[2].is_nan()), (1.0, 2.5, true));
    assert_eq!(texts(&table, "b"), [Some("x"), None, Some("y, \"z\"")]);
}

#[test]
fn a_column_of_dates_is_times_unless_one_is_none() {
    let table =
        read(b"a,b,c\n1970-01-01,2001-01-01 06:30,20010101\nNA,2001-02-29x,20010102\n1970-01-02T00:00:01Z,x,NA\n")
            .unwrap();
    let ColumnData::Time(times) = &table.column("a").unwrap().data else { panic!("a is times") };
    assert_eq!(times, &[0, ColumnData::NO_TIME, 86_401_000_000]);
    assert_eq!(texts(&table, "b"), [Some("2001-01-01 06:30"), Some("2001-02-29x"), Some("x")]);
    assert_eq!(numbers(&table, "c")[1], 20_010_102.0);
}

#[test]
fn a_column_is_read_as_what_was_asked_for_or_the_cell_that_is_not_is_named() {
    let file = file(b"a,b\n1,1970-01-02\nmany,1970-01-03\n");
    let csv = CsvFile::open(file.path(), CsvOptions::default()).unwrap();
    let wanted = |name: &str, kind| [Wanted { name: name.into(), read_as: Some(kind) }];
    let refused = |name, kind| {
        let error = csv.read(&wanted(name, kind)).unwrap_err();
        (error.code(), error.to_string())
    };
    let (code, words) = refused("a", Kind::Number);
    assert_eq!(code, "not-of-kind");
    assert!(words.starts_with("line 3, column \"a\": \"many\" is not a number"), "{words}");
    assert!(
        refused("a", Kind::Time).1.starts_with("line 2, column \"a\": \"1\" is not a date"),
        "{}",
        refused("a", Kind::Time).1
    );
    assert_eq!(texts(&csv.read(&wanted("b", Kind::Text)).unwrap(), "b")[0], Some("1970-01-02"));
}

#[test]
fn one_cell_that_is_no_number_makes_the_column_text() {
    let table = read(b"a,b\n1,1\ninf,2\nmany,3\n").unwrap();
    assert_eq!(texts(&table, "a"), [Some("1"), Some("inf"), Some("many")]);
}

#[test]
fn a_column_of_numbers_is_text_where_asked() {
    let file = file(b"zip,n\n01,1\n02,2\n");
    let csv = CsvFile::open(file.path(), CsvOptions::default()).unwrap();
    let table = csv.read(&[Wanted { name: "zip".into(), read_as: Some(Kind::Text) }]).unwrap();
    assert_eq!(texts(&table, "zip"), [Some("01"), Some("02")]);
    assert_eq!(table.columns().len(), 1);
}

#[test]
fn a_byte_order_mark_other_delimiters_and_windows_line_ends_are_read() {
    let file = file("\u{feff}a;b\r\n1;é\r\n2;x\r\n".as_bytes());
    let options = CsvOptions { delimiter: b';', ..CsvOptions::default() };
    let csv = CsvFile::open(file.path(), options).unwrap();
    assert_eq!(csv.header(), ["a", "b"]);
    let wanted = [Wanted { name: "b".into(), read_as: None }];
    assert_eq!(texts(&csv.read(&wanted).unwrap(), "b"), [Some("é"), Some("x")]);
}

#[test]
fn a_quoted_cell_may_hold_line_ends() {
    let table = read(b"a,b\n1,\"x\ny\"\n2,z\n").unwrap();
    assert_eq!(texts(&table, "b"), [Some("x\ny"), Some("z")]);
}

#[test]
fn a_ragged_row_is_named_by_its_line_whatever_the_line_ends() {
    for bytes in [&b"a,b\n1,2\n3\n"[..], b"a,b\r\n1,2\r\n3\r\n", b"\xEF\xBB\xBFa,b\n1,2\n3,4,5\n"] {
        let (code, message) = refusal(bytes);
        assert_eq!(code, "ragged-row");
        assert!(message.starts_with("line 3 has "), "{message}");
    }
}

#[test]
fn lines_are_counted_through_blank_lines_and_quoted_line_ends() {
    for (bytes, line) in [
        (&b"a,b\n1,2\n\n3\n"[..], "line 4 "),
        (b"a,b\r\n1,2\r\n\r\n3\r\n", "line 4 "),
        (b"a,b\n\"x\ny\",2\n3\n", "line 4 "),
    ] {
        let (_, message) = refusal(bytes);
        assert!(message.starts_with(line), "{message}");
    }
}

#[test]
fn a_byte_that_is_not_utf8_is_named_by_line_and_offset() {
    let (code, message) = refusal(b"a,b\n1,2\n3,caf\xE9\n");
    assert_eq!(code, "wrong-encoding");
    assert!(message.contains("line 3 holds the byte 0xE9 at offset 13"), "{message}");
    assert!(matches!(open(b"a,b\n1,\xC3"), Err(DataError::NotUtf8 { line: 2, offset_bytes: 6, byte: 0xC3 })));
}

#[test]
fn a_bad_byte_far_into_the_file_is_found_and_characters_across_pieces_are_whole() {
    let mut bytes = b"a,b\n".to_vec();
    for _ in 0..20_000 {
        bytes.extend("1,\u{00e9}\u{20ac}x\n".as_bytes());
    }
    assert_eq!(read(&bytes).unwrap().rows(), 20_000);
    bytes.extend(b"1,\xFF\n");
    assert!(matches!(open(&bytes), Err(DataError::NotUtf8 { line: 20_002, byte: 0xFF, .. })));
}

#[test]
fn utf32_is_recognised_by_its_mark_and_refused() {
    let (code, message) = refusal(b"\xFF\xFE\0\0a\0\0\0");
    assert_eq!(code, "wrong-encoding");
    assert!(message.contains("UTF-32LE") && message.contains("iconv"), "{message}");
}

#[test]
fn a_file_without_a_header_is_refused() {
    assert_eq!(refusal(b"1,2,3\n4,5,6\n").0, "no-header");
    assert_eq!(refusal(b"Adelie,39.1,39.1\nGentoo,1,2\n").0, "no-header");
}

#[test]
fn columns_without_a_name_are_named_by_their_places_and_a_name_stands_once() {
    assert_eq!(open(b",a,column_4,\n0,1,2,\n").unwrap().header(), ["column_1", "a", "column_4", "column_4_"]);
    assert!(matches!(open(b"a,b,a\n1,2,3\n"), Err(DataError::DuplicateColumn { first: 1, second: 3, .. })));
}

#[test]
fn nothing_a_mark_or_blank_lines_are_an_empty_file() {
    for bytes in [&b""[..], b"\xEF\xBB\xBF", b"\n\n"] {
        assert_eq!(refusal(bytes).0, "empty-file");
    }
    assert_eq!(refusal(b"a,b\n").0, "no-rows");
}

#[test]
fn nan_and_infinity_in_a_column_of_numbers_are_named_by_column_and_line() {
    for cell in ["nan", "inf", "-Infinity", "1e999"] {
        let (code, message) = refusal(format!("a,b\n1,2\n3,{cell}\n").as_bytes());
        assert_eq!(code, "not-finite");
        assert!(message.starts_with("line 3, column \"b\""), "{message}");
    }
}

#[test]
fn an_absent_column_lists_those_that_exist_and_guesses() {
    let file = file(b"species,island\nA,B\n");
    let csv = CsvFile::open(file.path(), CsvOptions::default()).unwrap();
    let error = csv.read(&[Wanted { name: "spices".into(), read_as: None }]).unwrap_err();
    assert_eq!(error.code(), "absent-column");
    assert!(error.to_string().contains("did you mean \"species\"? (the columns are \"species\", \"island\")"));
}

#[test]
fn a_quote_that_is_never_closed_is_refused_before_it_swallows_the_file() {
    // The second is longer than what is read of a row.
    for length in [2_000_000, 40_000_000] {
        for (start, place) in [
            ("a,b\n1,\"", "line 2, column \"b\""),
            ("a,\"b", "line 1, column 2"),
            ("a,b\n1,2\n\"", "line 3, column \"a\""),
        ] {
            let mut bytes = start.as_bytes().to_vec();
            bytes.resize(length, b'x');
            let (code, message) = refusal(&bytes);
            assert_eq!(code, "huge-cell");
            assert!(message.starts_with(place) && message.contains("more than 1048576 bytes"), "{message}");
        }
    }
}

#[test]
fn a_row_that_is_too_long_is_refused_even_if_no_cell_is() {
    let mut bytes = b"a,b\n1,2\n".to_vec();
    (0..20_000_000 / 8).for_each(|_| bytes.extend(b"1234567,"));
    let (code, message) = refusal(&bytes);
    assert_eq!(code, "huge-row");
    assert!(message.starts_with("line 3 has more than 16777216 bytes"), "{message}");
}

#[test]
fn a_long_file_of_short_rows_is_no_long_row() {
    let mut bytes = b"a,b\n".to_vec();
    (0..3_000_000).for_each(|_| bytes.extend(b"12,345\n"));
    assert_eq!(read(&bytes).unwrap().rows(), 3_000_000);
}

#[test]
fn a_missing_file_is_unreadable() {
    let error = CsvFile::open(std::path::Path::new("no/such/file.csv"), CsvOptions::default()).unwrap_err();
    assert_eq!(error.code(), "unreadable-input");
}

fn read_as(bytes: &[u8], options: CsvOptions) -> Result<Table, DataError> {
    let file = file(bytes);
    let csv = CsvFile::open(file.path(), options)?;
    let wanted: Vec<_> = csv.header().iter().map(|name| Wanted { name: name.clone(), read_as: None }).collect();
    csv.read(&wanted)
}

#[test]
fn a_file_in_another_encoding_is_read_if_it_is_named_or_marked() {
    let latin = CsvOptions { encoding: encoding("latin1").unwrap(), ..CsvOptions::default() };
    let table = read_as(b"a,stra\xDFe\n1,M\xFCnchen\n", latin).unwrap();
    assert_eq!(texts(&table, "straße"), [Some("München")]);

    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = [vec![0xFF, 0xFE], utf16("a,b\n1,é\n")].concat();
    assert_eq!(texts(&read_as(&marked, CsvOptions::default()).unwrap(), "b"), [Some("é")]);
    let named = CsvOptions { encoding: encoding("utf-16le").unwrap(), ..CsvOptions::default() };
    assert_eq!(texts(&read_as(&utf16("a,b\n1,é\n"), named.clone()).unwrap(), "b"), [Some("é")]);
    // Half a character at the end, and one that stands alone.
    let broken = [utf16("a,b\n1,x\n2,"), vec![0x00, 0xD8, 0x0A, 0x00]].concat();
    let error = read_as(&broken, named.clone()).unwrap_err();
    assert!(error.code() == "wrong-encoding" && error.to_string().contains("line 3"), "{error}");
    // The lines of other mistakes are those of the text.
    let ragged = read_as(&utf16("a,b\n1,é\n2\n"), named).unwrap_err();
    assert!(ragged.code() == "ragged-row" && ragged.to_string().contains("line 3"), "{ragged}");
    assert!(encoding("klingon").is_none() && encoding("replacement").is_none());
}

#[test]
fn a_file_without_a_header_has_names_that_are_given_or_places() {
    let with = |header| CsvOptions { header, ..CsvOptions::default() };
    let table = read_as(b"1,x\n2,y\n", with(Header::Places)).unwrap();
    assert_eq!((numbers(&table, "column_1"), texts(&table, "column_2")), (&[1.0, 2.0][..], vec![Some("x"), Some("y")]));
    let names = |names: &[&str]| with(Header::Names(names.iter().map(|name| (*name).to_owned()).collect()));
    assert_eq!(numbers(&read_as(b"1,x\n2,y\n", names(&["a", "b"])).unwrap(), "a"), [1.0, 2.0]);
    let code = |given: &[&str]| read_as(b"1,x\n2,y\n", names(given)).unwrap_err().code();
    assert_eq!(
        (code(&["a"]), code(&["a", "a"]), code(&["a", ""])),
        ("other-columns", "duplicate-column", "unnamed-column")
    );
    let error = read_as(b"1,x\n2\n", with(Header::Places)).unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn another_quote_or_none_can_be_asked_for() {
    let with = |quote| CsvOptions { quote, ..CsvOptions::default() };
    assert_eq!(texts(&read_as(b"a,b\n1,'x, \"y'\n", with(Some(b'\''))).unwrap(), "b"), [Some("x, \"y")]);
    assert_eq!(texts(&read_as(b"a,b\n1,5\" pipe\n2,\"\n", with(None)).unwrap(), "b"), [Some("5\" pipe"), Some("\"")]);
}

#[test]
fn a_column_of_numbers_with_a_text_among_them_is_told() {
    let table = read(b"a,b,c\n1,x,1\n2,y,2\n\n?,3,3\n4,z,NA\n").unwrap();
    let [mixed] = table.mixed() else { panic!("only a is mixed: {:?}", table.mixed()) };
    assert_eq!((mixed.column.as_str(), mixed.cell.as_str(), mixed.place), ("a", "?", Place::Line(5)));
}

#[test]
fn numbers_and_times_mark_gaps_however_they_are_written_and_nothing_always_does() {
    let missing_values = ["-999", "9999-12-31", "?"].map(str::to_owned).to_vec();
    let options = CsvOptions { missing_values, ..CsvOptions::default() };
    let csv = b"n,t,at\n-999.0,-999.0,9999-12-31T00:00:00\n,x,1970-01-01\n 2 ,,\n?,?,?\n";
    let table = read_as(csv, options).unwrap();
    let gaps = |name: &str| {
        let data = &table.column(name).unwrap().data;
        (0..4).map(|row| data.is_gap(row)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&table, "n")[2], 2.0);
    assert_eq!(gaps("n"), [true, true, false, true]);
    assert_eq!(gaps("at"), [true, false, true, true]);
    assert_eq!(texts(&table, "t"), [None, Some("x"), None, None]);
}

#[test]
fn a_time_that_marks_a_gap_is_one() {
    let options = CsvOptions { missing_values: vec!["9999-12-31".into()], ..CsvOptions::default() };
    let table = read_as(b"a\n1970-01-01\n9999-12-31\n", options).unwrap();
    assert_eq!(table.column("a").unwrap().data, ColumnData::Time(vec![0, ColumnData::NO_TIME]));
}
