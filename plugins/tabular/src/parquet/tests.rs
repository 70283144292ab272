use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{DoubleType, Int32Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

use super::{read_dataset, write_dataset};
use crate::dataset::{Dataset, Labels, Matrix, Target};
use crate::limits::ROW_GROUP_ROWS;

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
    assert_eq!(data.features.columns(), [[1.5, 2.5]]);
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
