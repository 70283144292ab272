mod documents;
mod human;
mod text;
