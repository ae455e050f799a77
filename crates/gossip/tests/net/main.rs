//! Real nodes on loopback sockets: what the room promises, seen from outside.

mod asking;
mod early;
mod gossiping;
mod handshake;
mod harness;
mod leaving;
mod meshing;
