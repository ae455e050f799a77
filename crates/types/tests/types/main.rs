//! The vocabulary from outside: encodings, signatures, checks, addresses, genesis.

#[cfg(test)]
mod address;
#[cfg(test)]
mod check_block;
#[cfg(test)]
mod check_tx;
#[cfg(test)]
mod codec;
#[cfg(test)]
mod genesis;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod signature;
#[cfg(test)]
mod vectors;
