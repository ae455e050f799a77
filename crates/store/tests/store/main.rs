//! The store from outside: what is written comes back, what is damaged is said.

#[cfg(test)]
mod chain;
#[cfg(test)]
mod database;
#[cfg(test)]
mod log;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod state;
