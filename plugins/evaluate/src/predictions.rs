//! What a model says of each row, as a table: the target if it is known, `prediction` (`predicted`, if the target is called so), and
//! of classes a column `probability=<class>` for each.

use std::path::Path;

use dagwood_tabular::model::{Model, most_likely};
use dagwood_tabular::parquet::{write_dataset, write_features};
use dagwood_tabular::{DataError, Dataset, Matrix, Target};

use crate::judgement::Said;

/// The column of what the model takes a row for.
pub const PREDICTION: &str = "prediction";
/// The same where the target is called so.
pub const OTHER_PREDICTION: &str = "predicted";

/// Writes the table, Parquet.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, model: &Model, said: &Said, target: Option<&Target>) -> Result<(), DataError> {
    let name = if model.target == PREDICTION { OTHER_PREDICTION } else { PREDICTION };
    let table = match said {
        Said::Estimates(estimates) => {
            let mut table = Matrix::with_rows(estimates.len());
            table.push(name.into(), estimates.clone());
            table
        }
        Said::Probabilities(probabilities) => {
            let classes = model.classes.len();
            let mut table = Matrix::with_rows(probabilities.len() / classes.max(1));
            table.push_one_hot(name.into(), model.classes.clone(), most_likely(probabilities, classes));
            for (place, class) in model.classes.iter().enumerate() {
                let own = probabilities.iter().copied().skip(place).step_by(classes).collect();
                table.push(format!("probability={class}"), own);
            }
            table
        }
    };
    match target {
        Some(target) => {
            let target_name = model.target.clone();
            write_dataset(path, &Dataset { target_name, target: target.clone(), features: table })
        }
        None => write_features(path, &table),
    }
}
