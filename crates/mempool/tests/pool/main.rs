//! The pool from outside: what it takes, in which order it gives, what it forgets.

#[cfg(test)]
mod attacks;
mod bounding;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod inserting;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod picking;
mod rooms;
#[cfg(test)]
mod world;
