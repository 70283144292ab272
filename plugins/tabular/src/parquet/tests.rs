use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

use super::{
    Layout, ParquetFile, Piece, TableWriter, read_dataset, read_features, read_kept, read_target, transform_of,
    write_dataset,
};
use crate::csv::CsvOptions;
use crate::dataset::{Dataset, Labels, Target};
use crate::error::DataError;
use crate::features::{Feature, FeatureSpec, Matrix};
use crate::limits::ROW_GROUP_ROWS;
use crate::notation::Notation;
use crate::source::TableFile;
use crate::table::{Column, ColumnData, Kind, TextColumn, Wanted};

fn dataset(rows: usize) -> Dataset {
    let labels = (0..rows).map(|row| if row % 3 == 0 { "yes" } else { "no" }).collect::<Vec<_>>();
    let mut features = Matrix::with_rows(rows);
    features.push("a".into(), (0..rows).map(|row| row as f64 / 7.0).collect());
    features.push("b=x, \"y\"".into(), (0..rows).map(|row| f64::from(row % 2 == 0)).collect());
    Dataset { target_name: "late".into(), target: Target::Classes(Labels::new(&labels)), features }
}

#[test]
fn what_was_written_is_read_again_across_row_groups() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    for rows in [1, 10, ROW_GROUP_ROWS + 3] {
        let written = dataset(rows);
        write_dataset(&path, &written).unwrap();
        assert!(read_dataset(&path, None).unwrap() == written);
    }
}

#[test]
fn a_target_of_numbers_stays_numbers() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let written = Dataset { target: Target::Numbers(vec![0.5, -1.0]), ..dataset(2) };
    write_dataset(&path, &written).unwrap();
    assert_eq!(read_dataset(&path, None).unwrap(), written);
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    write_dataset(&a, &dataset(100)).unwrap();
    write_dataset(&b, &dataset(100)).unwrap();
    assert_eq!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
}

/// A file with the optional columns `n` (DOUBLE: 1.5, gap) and `k` (INT32: 4, 5), and no word of a target.
fn foreign(folder: &TempDir, codec: Compression, gap: bool) -> std::path::PathBuf {
    let path = folder.path().join("foreign.parquet");
    let schema = parse_message_type("message m { optional DOUBLE n; optional INT32 k; }").unwrap();
    let properties = WriterProperties::builder().set_compression(codec).build();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let (values, levels): (&[f64], &[i16]) = if gap { (&[1.5], &[1, 0]) } else { (&[1.5, 2.5], &[1, 1]) };
    column.typed::<DoubleType>().write_batch(values, Some(levels), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[4, 5], Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn a_strangers_file_is_read_when_the_target_is_named() {
    let folder = TempDir::new().unwrap();
    let path = foreign(&folder, Compression::UNCOMPRESSED, false);
    let data = read_dataset(&path, Some("k")).unwrap();
    assert_eq!(data.target, Target::Numbers(vec![4.0, 5.0]));
    assert_eq!(data.features.columns(), [Feature::Number { name: "n".into(), values: vec![1.5, 2.5] }]);
    assert_eq!(read_dataset(&path, None).unwrap_err().code(), "target-unknown");
    let error = read_dataset(&path, Some("q")).unwrap_err();
    assert_eq!(error.code(), "absent-column");
    assert!(error.to_string().contains("\"n\", \"k\""), "{error}");
}

#[test]
fn a_gap_is_named_by_column_and_row() {
    let folder = TempDir::new().unwrap();
    let path = foreign(&folder, Compression::UNCOMPRESSED, true);
    let error = read_dataset(&path, Some("k")).unwrap_err();
    assert_eq!(error.code(), "bad-value");
    assert!(error.to_string().starts_with("row 2, column \"n\": a gap"), "{error}");
}

#[test]
fn categories_are_one_column_of_text_and_come_back_as_they_were() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let rows = crate::limits::ROW_GROUP_ROWS + 5;
    let codes: Vec<u32> =
        (0..rows as u32).map(|row| if row % 7 == 3 { Feature::NO_CATEGORY } else { row % 3 }).collect();
    let categories: Vec<String> = ["Biscoe", "Dream, or \"so\"", "Ünder"].map(str::to_owned).into();
    let mut features = Matrix::with_rows(rows);
    features.push("a".into(), (0..rows).map(|row| row as f64).collect());
    features.push_one_hot("island".into(), categories, codes);
    features.push("b".into(), vec![0.5; rows]);
    let whole = Dataset { features, ..dataset(rows) };
    write_dataset(&path, &whole).unwrap();
    assert_eq!(read_dataset(&path, None).unwrap(), whole);
    let bytes = std::fs::read(&path).unwrap();
    write_dataset(&path, &whole).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same data gives the same bytes");
}

/// A table as others write one: every kind of column, a gap in the second of its three rows.
fn any_table(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("any.parquet");
    let text = "message t {
        optional int64 micros (TIMESTAMP(MICROS,false)); optional int64 millis (TIMESTAMP(MILLIS,true));
        optional int32 day (DATE); optional binary text (STRING); optional boolean flag; optional float number;
        optional int64 decimal (DECIMAL(10,2)); optional int32 unsigned (INTEGER(32,false)); }";
    let schema = Arc::new(parse_message_type(text).unwrap());
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    macro_rules! column {
        ($type:ty, $values:expr) => {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<$type>().write_batch(&$values, Some(&[1, 0, 1]), None).unwrap();
            column.close().unwrap();
        };
    }
    column!(Int64Type, [1_500_000, -1]);
    column!(Int64Type, [1_500, -1]);
    column!(Int32Type, [1, -1]);
    column!(ByteArrayType, [ByteArray::from("b"), ByteArray::from("2001-01-01")]);
    column!(BoolType, [true, false]);
    column!(FloatType, [0.5, f32::NAN]);
    column!(Int64Type, [12_345, -1]);
    column!(Int32Type, [7, -1]);
    group.close().unwrap();
    writer.close().unwrap();
    path
}

fn read_any(file: &ParquetFile, name: &str, read_as: Option<Kind>) -> Result<ColumnData, DataError> {
    let table = file.read(&[Wanted { name: name.into(), read_as }])?;
    Ok(table.columns()[0].data.clone())
}

#[test]
fn any_flat_table_is_read_with_its_gaps() {
    let folder = TempDir::new().unwrap();
    let file = ParquetFile::open(&any_table(&folder), Notation::default()).unwrap();
    assert_eq!(file.header().len(), 8);
    let (gap, day) = (ColumnData::NO_TIME, 86_400_000_000);
    for (name, times) in
        [("micros", [1_500_000, gap, -1]), ("millis", [1_500_000, gap, -1_000]), ("day", [day, gap, -day])]
    {
        assert_eq!(read_any(&file, name, None).unwrap(), ColumnData::Time(times.into()), "{name}");
    }
    let texts = |name: &str, read_as| match read_any(&file, name, read_as).unwrap() {
        ColumnData::Text(text) => [0, 1, 2].map(|row| text.get(row).map(str::to_owned)),
        other => panic!("{name} is {other:?}"),
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(texts("text", None), [some("b"), None, some("2001-01-01")]);
    assert_eq!(texts("flag", None), [some("true"), None, some("false")]);
    assert_eq!(texts("decimal", Some(Kind::Text)), [some("123.45"), None, some("-0.01")]);
    assert_eq!(texts("day", Some(Kind::Text)), [some("1970-01-02T00:00:00"), None, some("1969-12-31T00:00:00")]);
    for (name, expected) in
        [("number", [0.5, f64::NAN]), ("decimal", [123.45, -0.01]), ("unsigned", [7.0, 4_294_967_295.0])]
    {
        let ColumnData::Number(values) = read_any(&file, name, None).unwrap() else { panic!("{name} is numbers") };
        assert!(values[1].is_nan() && values[0] == expected[0], "{name}: {values:?}");
        assert!(values[2] == expected[1] || (values[2].is_nan() && expected[1].is_nan()), "{name}: {values:?}");
    }
    let error = read_any(&file, "text", Some(Kind::Time)).unwrap_err();
    assert!(error.to_string().starts_with("row 1, column \"text\": \"b\" is not a date"), "{error}");
    assert_eq!(read_any(&file, "number", Some(Kind::Time)).unwrap_err().code(), "column-type");
    assert_eq!(read_any(&file, "none", None).unwrap_err().code(), "absent-column");
}

#[test]
fn what_marks_a_gap_is_one_in_columns_of_every_kind() {
    let folder = TempDir::new().unwrap();
    let marks = ["b", "0.5", "4294967295", "1970-01-02"].map(str::to_owned).to_vec();
    let file = ParquetFile::open(&any_table(&folder), Notation::new(&marks, &[])).unwrap();
    for (name, gaps) in [("text", [0, 1]), ("number", [0, 1]), ("unsigned", [1, 2]), ("day", [0, 1])] {
        let data = read_any(&file, name, None).unwrap();
        assert!(gaps.iter().all(|row| data.is_gap(*row)), "{name}: {data:?}");
    }
    assert!(!read_any(&file, "decimal", None).unwrap().is_gap(0));
    assert!(matches!(read_any(&file, "text", Some(Kind::Time)).unwrap(), ColumnData::Time(_)), "the rest is times");
}

#[test]
fn a_table_is_known_by_its_first_bytes() {
    let folder = TempDir::new().unwrap();
    let file = TableFile::open(&any_table(&folder), CsvOptions::default()).unwrap();
    assert!(matches!(file, TableFile::Parquet(_)));
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    assert!(matches!(TableFile::open(&path, CsvOptions::default()).unwrap(), TableFile::Csv(_)));
}

#[test]
fn nan_is_named_by_column_and_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let mut features = Matrix::with_rows(3);
    features.push("a".into(), vec![0.0, 1.0, f64::NAN]);
    write_dataset(&path, &Dataset { features, ..dataset(3) }).unwrap();
    let error = read_dataset(&path, None).unwrap_err();
    assert!(error.to_string().starts_with("row 3, column \"a\": not a finite number"), "{error}");
}

#[test]
fn text_among_the_features_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    write_dataset(&path, &dataset(3)).unwrap();
    let error = read_dataset(&path, Some("a")).unwrap_err();
    assert_eq!(error.code(), "column-type");
    assert!(error.to_string().contains("\"late\""), "{error}");
}

#[test]
fn what_is_no_parquet_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    for bytes in [&b""[..], b"PAR1", b"a,b\n1,2\n3,4\n5,6\n"] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read_dataset(&path, None).unwrap_err().code(), "not-parquet");
    }
    write_dataset(&path, &dataset(100)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    assert_eq!(read_dataset(&path, None).unwrap_err().code(), "not-parquet");
}

#[test]
fn a_file_that_is_compressed_otherwise_is_refused_with_the_column_and_the_codec() {
    for (name, codec) in [("zstd", "ZSTD"), ("gzip", "GZIP")] {
        let file = ParquetFile::open(&pyarrow(name), Notation::default()).unwrap();
        for error in [read_any(&file, "delay", None).unwrap_err(), read_target(&pyarrow(name), "delay").unwrap_err()] {
            let words = error.to_string();
            assert_eq!(error.code(), "unknown-codec");
            assert!(
                words.contains("\"delay\"") && words.contains(&format!("with {codec},")) && words.contains("Snappy"),
                "{words}"
            );
        }
    }
    let table = ParquetFile::open(&pyarrow("snappy"), Notation::default()).unwrap();
    assert_eq!(table.header(), ["delay", "origin"]);
}

/// A file that pyarrow wrote, by `tests/pyarrow/make.py`.
fn pyarrow(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyarrow").join(format!("{name}.parquet"))
}

#[test]
fn numbers_of_every_kind_are_what_pyarrow_says_that_they_are() {
    let expected = [
        ("half", [1.5, -0.25]),
        ("float", [1.5, -0.25]),
        ("decimal32", [1.5, -0.25]),
        ("decimal128", [1.5, -0.25]),
        ("decimal256", [1.5, -0.25]),
        ("int8", [1.0, -128.0]),
        ("uint8", [1.0, 255.0]),
        ("uint32", [1.0, 4_294_967_295.0]),
        ("uint64", [1.0, 18_446_744_073_709_551_615.0]),
    ];
    let file = ParquetFile::open(&pyarrow("numbers"), Notation::default()).unwrap();
    for (name, [first, last]) in expected {
        let ColumnData::Number(values) = read_any(&file, name, None).unwrap() else { panic!("{name} is numbers") };
        assert!(values[0] == first && values[1].is_nan() && values[2] == last, "{name}: {values:?}");
        let gap = read_dataset(&pyarrow("numbers"), Some(name)).unwrap_err().to_string();
        assert!(gap.starts_with("row 2, column ") && gap.contains(": a gap"), "{gap}");
        let data = read_dataset(&pyarrow("whole_numbers"), Some(name)).unwrap();
        assert_eq!(data.target, Target::Numbers(vec![first, last]));
        let features = expected.iter().filter(|(other, _)| *other != name);
        let features: Vec<_> =
            features.map(|(name, values)| Feature::Number { name: (*name).into(), values: values.to_vec() }).collect();
        assert_eq!(data.features.columns(), features);
    }
}

#[test]
fn a_column_that_is_no_number_is_no_feature_and_bytes_and_lists_are_nothing() {
    let file = ParquetFile::open(&pyarrow("others"), Notation::default()).unwrap();
    assert!(matches!(read_any(&file, "time", None).unwrap(), ColumnData::Time(_)));
    for name in ["bytes", "list.list.element"] {
        let error = read_any(&file, name, None).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("are read"), "{error}");
    }
    let error = read_any(&file, "any_bytes", None).unwrap_err();
    assert_eq!(error.code(), "wrong-encoding");
    assert!(error.to_string().starts_with("row 3, column \"any_bytes\": bytes that are not UTF-8"), "{error}");
    let error = read_target(&pyarrow("others"), "time").unwrap_err();
    assert!(error.code() == "column-type" && error.to_string().contains("\"time\""), "{error}");
    let error = read_dataset(&pyarrow("others"), Some("bytes")).unwrap_err().to_string();
    assert!(error.contains("\"time\" is of type INT64; a feature must be a number"), "{error}");
}

#[test]
fn a_text_that_is_too_long_is_named_by_column_and_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let labels = Labels::new(&["a".to_owned(), "b".repeat(2_000_000)]);
    write_dataset(&path, &Dataset { target: Target::Classes(labels), ..dataset(2) }).unwrap();
    let file = ParquetFile::open(&path, Notation::default()).unwrap();
    for error in [read_any(&file, "late", None).unwrap_err(), read_dataset(&path, None).unwrap_err()] {
        assert_eq!(error.code(), "huge-cell");
        assert!(error.to_string().starts_with("row 2, column \"late\": a cell of more than 1048576 bytes"), "{error}");
    }
}

#[test]
fn a_model_gets_its_columns_in_its_order_with_its_categories_whatever_else_is_there() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut data = dataset(3);
    data.features.push_one_hot("island".into(), texts(&["Biscoe", "Dream"]), vec![1, Feature::NO_CATEGORY, 0]);
    write_dataset(&path, &data).unwrap();
    let island = |column: &str| FeatureSpec::OneHot {
        column: column.into(),
        categories: texts(&["Dream", "Torgersen", "Biscoe"]),
    };
    let number = |name: &str| FeatureSpec::Number(name.into());
    let selected = read_features(&path, &[island("island"), number("a")]).unwrap();
    let told: Vec<_> = selected.unknown.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:?}");
    let selected = selected.features;
    assert_eq!(selected.specs(), [island("island"), number("a")]);
    let Feature::OneHot { codes, .. } = &selected.columns()[0] else { panic!("the island is a category") };
    assert_eq!(codes, &[0, Feature::NO_CATEGORY, 2]);

    let refused = |wanted: &[FeatureSpec]| read_features(&path, wanted).unwrap_err().to_string();
    let words = refused(&[number("c"), number("a"), island("islands")]);
    assert!(words.contains("lacks 2 features") && words.contains("\"c\", \"islands\""), "{words}");
    let words = refused(&[number("island")]);
    assert!(words.contains("\"island\"") && words.contains("must be a number"), "{words}");
    let words = refused(&[island("a")]);
    assert!(words.contains("\"a\"") && words.contains("must be text"), "{words}");

    let knows = |known: &[&str]| [FeatureSpec::OneHot { column: "island".into(), categories: texts(known) }];
    let unknown = read_features(&path, &knows(&["Dream"])).unwrap().unknown;
    let told: Vec<_> = unknown.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["column \"island\": 1 row with a category that the model does not know, first \"Biscoe\" in row 3"]
    );
    let words = refused(&knows(&["DREAM", "BISCOE"]));
    assert!(words.contains("no text in it is a category that the model knows, such as \"Dream\" in row 1"), "{words}");
}

#[test]
fn a_table_may_be_written_in_pieces_with_columns_that_are_only_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let whole = dataset(10);
    let text = (0..10).map(|row| (row != 4).then(|| format!("n{row}")));
    let kept = vec![
        Column { name: "id".into(), data: ColumnData::Text(TextColumn::of(text)) },
        Column {
            name: "at".into(),
            data: ColumnData::Time((0..10).map(|row| if row == 3 { ColumnData::NO_TIME } else { row * 7 }).collect()),
        },
        Column { name: "n".into(), data: ColumnData::Number((0..10).map(f64::from).collect()) },
    ];
    let features = whole.features.specs();
    let layout =
        Layout { target: Some(("late", &whole.target)), features: &features, kept: &kept, transform: Some("abc") };
    let mut writer = TableWriter::create(&path, &layout).unwrap();
    for rows in [0..4, 4..10] {
        let mut features = Matrix::with_rows(rows.len());
        for column in whole.features.columns() {
            let Feature::Number { name, values } = column else { panic!("all are numbers") };
            features.push(name.clone(), values[rows.clone()].to_vec());
        }
        let kept: Vec<Column> = kept.iter().map(|column| column.pick(rows.clone())).collect();
        writer.write(Piece { target: Some(&whole.target.slice(rows)), features: &features, kept: &kept }).unwrap();
    }
    writer.close().unwrap();
    assert_eq!(read_dataset(&path, None).unwrap(), whole, "what is kept is no feature");
    assert_eq!(read_kept(&path).unwrap(), kept);
    assert_eq!(transform_of(&path).unwrap().as_deref(), Some("abc"));
    write_dataset(&path, &whole).unwrap();
    assert_eq!((read_kept(&path).unwrap(), transform_of(&path).unwrap()), (vec![], None));
}

#[test]
fn whole_numbers_that_are_wanted_as_texts_keep_all_their_digits() {
    let file = ParquetFile::open(&pyarrow("numbers"), Notation::new(&["1".to_owned()], &[])).unwrap();
    let texts = |name: &str| {
        let ColumnData::Text(text) = read_any(&file, name, Some(Kind::Text)).unwrap() else { panic!("texts") };
        [0, 1, 2].map(|row| text.get(row).map(str::to_owned))
    };
    assert_eq!(texts("uint64"), [None, None, Some("18446744073709551615".into())]);
    assert_eq!(texts("int8"), [None, None, Some("-128".into())]);
    assert_eq!(texts("half"), [Some("1.5".into()), None, Some("-0.25".into())]);
}

#[test]
fn a_file_that_says_of_itself_what_is_not_so_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.parquet");
    let whole = dataset(100);
    let refused = || read_dataset(&path, None).unwrap_err();
    let features = whole.features.specs();
    let column = |name: &str| Column { name: name.into(), data: ColumnData::Number(Vec::new()) };
    let kept = [column("id"), column("id")];
    let layout = Layout { target: Some(("late", &whole.target)), features: &features, kept: &kept, transform: None };
    assert_eq!(TableWriter::create(&path, &layout).unwrap_err().code(), "duplicate-column");

    write_dataset(&path, &whole).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    // The number of rows stands twice in the footer, as a varint: once for the file and once for its only group.
    let zigzag = [0xC8, 0x01];
    let places: Vec<_> = (0..bytes.len() - 1).filter(|at| bytes[*at..*at + 2] == zigzag).collect();
    let mut found = 0;
    for at in places {
        for rows in [99_u8, 101] {
            let mut other = bytes.clone();
            other[at] = (rows << 1) | 0x80;
            std::fs::write(&path, &other).unwrap();
            let read = std::panic::catch_unwind(refused);
            found += usize::from(read.is_ok_and(|error| error.code() == "not-parquet"));
        }
    }
    assert!(found >= 4, "each of both places is found to be wrong: {found}");

    let with = |key: &str, value: &str| {
        let text = "message m { required DOUBLE y; required DOUBLE a; }";
        let schema = Arc::new(parse_message_type(text).unwrap());
        let pair = parquet::file::metadata::KeyValue { key: key.into(), value: Some(value.into()) };
        let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![pair])).build();
        let out = std::fs::File::create(&path).unwrap();
        let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for _ in 0..2 {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<DoubleType>().write_batch(&[1.0, 2.0], None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.close().unwrap();
        read_dataset(&path, Some("y")).unwrap_err().to_string()
    };
    assert!(with("dagwood.kept", "17").contains("`dagwood.kept` is wrong"), "{}", with("dagwood.kept", "17"));
    assert!(with("dagwood.kept", r#"["a","a"]"#).contains("`dagwood.kept` is wrong"));
    assert!(with("dagwood.one_hot", r#"{"a":["x","x"]}"#).contains("a category of \"a\" stands in it twice"));
}
