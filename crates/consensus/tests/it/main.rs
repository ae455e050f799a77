//! The rules of the protocol, each held by sentences that can fail.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod finality;
#[cfg(test)]
mod head;
#[cfg(test)]
mod lacks;
#[cfg(test)]
mod network;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod twice;
#[cfg(test)]
mod voting;
#[cfg(test)]
mod waiting;
