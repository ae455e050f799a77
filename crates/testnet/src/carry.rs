//! Carrying connections along a wire, with a gate in it.
//!
//! 1. While nothing is cut, what comes in at one end goes out at the other.
//! 2. A cut shuts the gates between its groups: nothing is read, no byte passes, and nobody
//!    is told, neither of an end nor of a failure. A new connection is accepted and stalls.
//! 3. Healing lets everything go on where it stood. A dialler that has given up meanwhile
//!    is forgotten.
//!
//! No byte passes once a cut is set: bytes are written under the lock that setting it takes.

use crate::groups::Groups;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Connections that a wire carries at once.
const MOST: usize = 8;

/// The most bytes that a wire holds in each direction, beside the sockets' own.
const CHUNK: usize = 16 << 10;

/// How often a stalled dialler is looked at, and the pause after a failed accept.
const LOOK: Duration = Duration::from_secs(1);

/// The groups that a network is cut into, if it is.
pub(crate) type Cut = Option<Groups>;

/// The gate of one wire.
#[derive(Clone)]
pub(crate) struct Gate {
    /// Who dials.
    pub from: usize,
    /// Who is reached.
    pub to: usize,
    /// The cut that stands.
    pub cut: watch::Receiver<Cut>,
}

fn shuts(cut: &Cut, from: usize, to: usize) -> bool {
    cut.as_ref().is_some_and(|groups| groups.separate(from, to))
}

impl Gate {
    /// Waits until bytes may pass.
    async fn opened(&mut self) -> io::Result<()> {
        let (from, to) = (self.from, self.to);
        let open = self.cut.wait_for(|cut| !shuts(cut, from, to)).await;
        open.map(drop).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Writes what goes out now, unless the gate is shut; the cut can't change meanwhile.
    fn pass(&self, to: &OwnedWriteHalf, bytes: &[u8]) -> io::Result<usize> {
        let cut = self.cut.borrow();
        if shuts(&cut, self.from, self.to) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        to.try_write(bytes)
    }
}

/// Accepts on a wire and carries each connection to a port of loopback.
pub(crate) async fn serve(listener: TcpListener, target: u16, gate: Gate) {
    let room = Arc::new(Semaphore::new(MOST));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let Ok((near, _)) = listener.accept().await else {
            sleep(LOOK).await;
            continue;
        };
        let gate = gate.clone();
        tokio::spawn(async move {
            // A connection that fails ends, which both its ends see.
            drop(carry(near, target, gate).await);
            drop(place);
        });
    }
}

async fn carry(near: TcpStream, target: u16, mut gate: Gate) -> io::Result<()> {
    loop {
        let open = timeout(LOOK, gate.opened()).await;
        if has_left(&near).await? {
            return Ok(());
        }
        if let Ok(open) = open {
            open?;
            break;
        }
    }
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::try_join!(pump(near_in, far_out, gate.clone()), pump(far_in, near_out, gate))?;
    Ok(())
}

/// Whether a dialler has closed its connection, whatever it said before.
async fn has_left(near: &TcpStream) -> io::Result<bool> {
    Ok(near.ready(Interest::READABLE | Interest::WRITABLE).await?.is_read_closed())
}

/// Carries one direction and its end, which does not pass a shut gate either.
async fn pump(from: OwnedReadHalf, mut to: OwnedWriteHalf, mut gate: Gate) -> io::Result<()> {
    let ended = copy(from, &to, &mut gate).await;
    gate.opened().await?;
    ended?;
    to.shutdown().await
}

async fn copy(mut from: OwnedReadHalf, to: &OwnedWriteHalf, gate: &mut Gate) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        gate.opened().await?;
        let read = from.read(&mut buffer).await?;
        let mut rest = buffer.get(..read).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        while !rest.is_empty() {
            gate.opened().await?;
            to.writable().await?;
            match gate.pass(to, rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wire from node 0 to node 1 of 2, whose far end is at hand.
    async fn wire() -> (watch::Sender<Cut>, u16, TcpListener) {
        let far = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let near = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (port, target) = (near.local_addr().unwrap().port(), far.local_addr().unwrap().port());
        let (cut, seen) = watch::channel(None);
        tokio::spawn(serve(near, target, Gate { from: 0, to: 1, cut: seen }));
        (cut, port, far)
    }

    async fn dial(port: u16) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap()
    }

    async fn hear(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
        let mut heard = vec![0; bytes];
        stream.read_exact(&mut heard).await.unwrap();
        heard
    }

    fn apart() -> Cut {
        Some(Groups::parse("0/1", 2).unwrap())
    }

    /// A byte that passed would be here in far less than this.
    async fn stays_silent(stream: &mut TcpStream) {
        let heard = timeout(Duration::from_millis(300), stream.read(&mut [0; 8])).await;
        assert!(heard.is_err(), "{heard:?} passed a cut");
    }

    #[tokio::test]
    async fn a_cut_stalls_both_directions_and_healing_loses_no_byte() {
        let (cut, port, far) = wire().await;
        let mut near = dial(port).await;
        let (mut there, _) = far.accept().await.unwrap();
        near.write_all(b"before").await.unwrap();
        assert_eq!(hear(&mut there, 6).await, b"before");
        cut.send_replace(apart());
        near.write_all(b"there").await.unwrap();
        there.write_all(b"back").await.unwrap();
        stays_silent(&mut there).await;
        stays_silent(&mut near).await;
        cut.send_replace(None);
        assert_eq!(hear(&mut there, 5).await, b"there");
        assert_eq!(hear(&mut near, 4).await, b"back");
        drop(near);
        assert_eq!(there.read(&mut [0; 8]).await.unwrap(), 0, "an end is carried as well");
    }

    #[tokio::test]
    async fn an_end_does_not_pass_a_cut() {
        let (cut, port, far) = wire().await;
        let mut near = dial(port).await;
        let (mut there, _) = far.accept().await.unwrap();
        near.write_all(b"x").await.unwrap();
        assert_eq!(hear(&mut there, 1).await, b"x");
        cut.send_replace(apart());
        drop(near);
        stays_silent(&mut there).await;
        cut.send_replace(None);
        assert_eq!(there.read(&mut [0; 8]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_new_connection_stalls_and_one_given_up_is_forgotten() {
        let (cut, port, far) = wire().await;
        cut.send_replace(apart());
        let mut gone = dial(port).await;
        gone.write_all(b"gone").await.unwrap();
        drop(gone);
        let mut near = dial(port).await;
        near.write_all(b"hello").await.unwrap();
        assert!(timeout(Duration::from_millis(300), far.accept()).await.is_err());
        cut.send_replace(None);
        let (mut there, _) = far.accept().await.unwrap();
        assert_eq!(hear(&mut there, 5).await, b"hello");
    }
}
