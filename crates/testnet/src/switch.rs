//! The process of the wires: it carries every connection between the nodes of a network, so
//! that it can be cut without touching its nodes.
//!
//! Bytes go on from a wire's port to where its node listens, and back (`carry`). The
//! process takes requests of one line on a control port, one at a time:
//!
//! ```text
//! cut 0,1/2,3 10000    ok 0,1/2,3      for so many milliseconds, then it heals by itself
//! heal                 ok whole
//! state                ok whole
//! anything else        error <why>
//! ```

use crate::carry::{self, Cut, Gate};
use crate::error::NetError;
use crate::groups::Groups;
use crate::net::{Net, Node};
use crate::wires::Wires;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// The longest cut that is taken.
const MAX_CUT: Duration = Duration::from_secs(86_400);

/// The longest line of the control port.
const LINE: u64 = 1 << 10;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Carries the connections of a network until the process is stopped.
///
/// # Errors
/// [`NetError`]: there is no such network, it has no wires, or a port can't be taken.
pub async fn run(dir: &Path) -> Result<(), NetError> {
    let net = Net::load(dir)?;
    let wires = net.wires.as_ref().ok_or_else(|| NetError::NoWires { dir: dir.to_owned() })?;
    let (cut, seen) = watch::channel(None);
    let control = bind(wires.control).await?;
    let nodes = net.nodes.len();
    for wire in &wires.wires {
        let no_node = NetError::NoNode { number: wire.to, nodes };
        let target = net.nodes.get(wire.to).and_then(Node::port).ok_or(no_node)?;
        let gate = Gate { from: wire.from, to: wire.to, cut: seen.clone() };
        tokio::spawn(carry::serve(bind(wire.port).await?, target, gate));
    }
    let mut switch = Switch { cut, until: None, nodes };
    loop {
        switch.turn(&control).await;
    }
}

async fn bind(port: u16) -> Result<TcpListener, NetError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|e| NetError::io(Path::new(&format!("127.0.0.1:{port}")), e))
}

/// Who may cut and heal.
struct Switch {
    cut: watch::Sender<Cut>,
    until: Option<Instant>,
    nodes: usize,
}

impl Switch {
    /// Takes a request, or ends a cut whose time is over.
    async fn turn(&mut self, control: &TcpListener) {
        tokio::select! {
            () = sleep_until(self.until.unwrap_or_else(Instant::now)), if self.until.is_some() => {
                self.set(None);
            }
            accepted = control.accept() => match accepted {
                // Who asks too slowly or leaves gets no answer, and nobody else misses it.
                Ok((stream, _)) => drop(timeout(PATIENCE, self.answer(stream)).await),
                Err(_) => tokio::time::sleep(PATIENCE).await,
            }
        }
    }

    async fn answer(&mut self, mut stream: TcpStream) -> io::Result<()> {
        let (read, mut write) = stream.split();
        let mut line = String::new();
        BufReader::new(read.take(LINE)).read_line(&mut line).await?;
        let reply = match self.obey(line.strip_suffix('\n').unwrap_or_default()) {
            Ok(()) => format!("ok {}\n", state(&self.cut.borrow())),
            Err(why) => format!("error {why}\n"),
        };
        write.write_all(reply.as_bytes()).await
    }

    fn obey(&mut self, request: &str) -> Result<(), String> {
        match *request.split(' ').collect::<Vec<_>>().as_slice() {
            ["heal"] => self.set(None),
            ["state"] => {}
            ["cut", ..] if self.until.is_some() => {
                return Err(format!("the network is cut already: {}", state(&self.cut.borrow())));
            }
            ["cut", groups, lasts] => {
                let lasts = lasts.parse().map(Duration::from_millis).ok();
                let lasts = lasts.filter(|l| *l <= MAX_CUT).ok_or("no such time")?;
                let groups = Groups::parse(groups, self.nodes).map_err(|e| e.to_string())?;
                self.set(Some((groups, lasts)));
            }
            _ => return Err("no such request".to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, cut: Option<(Groups, Duration)>) {
        self.until = cut.as_ref().map(|(_, lasts)| Instant::now() + *lasts);
        self.cut.send_replace(cut.map(|(groups, _)| groups));
    }
}

fn state(cut: &Cut) -> String {
    cut.as_ref().map_or_else(|| "whole".to_owned(), Groups::to_string)
}

/// Sends a request to the wires of a network; answers what stands now: `whole`, or the
/// groups that it is cut into.
///
/// # Errors
/// [`NetError::NoWires`] when the network has none, [`NetError::WiresSilent`] when they
/// don't answer, [`NetError::NoneRuns`] when nothing of the network runs,
/// [`NetError::WiresRefused`] when they say no.
pub async fn ask(net: &Net, request: &str) -> Result<String, NetError> {
    let no_wires = || NetError::NoWires { dir: net.dir.clone() };
    let wires = net.wires.as_ref().ok_or_else(no_wires)?;
    let control = wires.control;
    let silent = |reason: String| {
        if wires.is_running(&net.dir) || net.nodes.iter().any(Node::is_running) {
            NetError::WiresSilent { log: Wires::log(&net.dir), reason }
        } else {
            NetError::NoneRuns { dir: net.dir.clone() }
        }
    };
    let talk = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, control)).await?;
        stream.write_all(format!("{request}\n").as_bytes()).await?;
        let mut reply = String::new();
        stream.take(LINE).read_to_string(&mut reply).await?;
        Ok::<_, io::Error>(reply)
    };
    let reply = timeout(2 * PATIENCE, talk).await.map_err(|_| silent("no answer".to_owned()))?;
    let reply = reply.map_err(|e| silent(e.to_string()))?;
    match reply.trim_end().split_once(' ') {
        Some(("ok", state)) => Ok(state.to_owned()),
        Some(("error", reason)) => Err(NetError::WiresRefused { reason: reason.to_owned() }),
        _ => Err(silent(format!("they say {reply:?}"))),
    }
}
