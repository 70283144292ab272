mod documents;
mod human;
