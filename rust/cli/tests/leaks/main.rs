//! Nothing of one request is seen by another: each leaves a marker wherever it can, ends in every
//! way there is, and all responses are searched for markers that belong to somebody else.

mod marker;
mod parallel;
mod subjects;
mod visitors;
