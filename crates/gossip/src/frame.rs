//! How requests and responses look on a stream.
//!
//! A request is its length (four bytes, little endian) and its bytes. A response is
//! one byte that says which kind it is and, for an answer with data, a length and
//! the bytes. A length over the limit ends the stream before anything is read, and
//! memory grows only with the bytes that have really arrived.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;
use thiserror::Error;

/// What comes back for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The data asked for.
    Data(Vec<u8>),
    /// The peer does not have it.
    Unavailable,
    /// The peer has too many requests open.
    Busy,
}

const DATA: u8 = 0;
const UNAVAILABLE: u8 = 1;
const BUSY: u8 = 2;

/// What is wrong with bytes on a request stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum FrameError {
    #[error("a frame of {bytes} bytes, and {limit} are allowed")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the stream ended after {got} of {expected} bytes")]
    Short { got: usize, expected: usize },
    #[error("there is no response of kind {kind}")]
    UnknownKind { kind: u8 },
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The codec of the request protocol, with its limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frames {
    pub(crate) request_bytes: usize,
    pub(crate) response_bytes: usize,
}

impl Codec for Frames {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Answer;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_block(io, self.request_bytes).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answer>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut kind = [0];
        io.read_exact(&mut kind).await?;
        match kind {
            [DATA] => Ok(Answer::Data(read_block(io, self.response_bytes).await?)),
            [UNAVAILABLE] => Ok(Answer::Unavailable),
            [BUSY] => Ok(Answer::Busy),
            [kind] => Err(FrameError::UnknownKind { kind }.into()),
        }
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_block(io, &request, self.request_bytes).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        answer: Answer,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match answer {
            Answer::Data(data) => {
                io.write_all(&[DATA]).await?;
                write_block(io, &data, self.response_bytes).await
            }
            Answer::Unavailable => io.write_all(&[UNAVAILABLE]).await,
            Answer::Busy => io.write_all(&[BUSY]).await,
        }
    }
}

async fn read_block<T>(io: &mut T, limit: usize) -> io::Result<Vec<u8>>
where
    T: AsyncRead + Unpin + Send,
{
    let mut prefix = [0; 4];
    io.read_exact(&mut prefix).await?;
    let announced = u32::from_le_bytes(prefix);
    let expected = usize::try_from(announced).map_err(io::Error::other)?;
    if expected > limit {
        return Err(FrameError::TooLarge { bytes: expected, limit }.into());
    }
    let mut block = Vec::new();
    io.take(u64::from(announced)).read_to_end(&mut block).await?;
    if block.len() < expected {
        return Err(FrameError::Short { got: block.len(), expected }.into());
    }
    Ok(block)
}

async fn write_block<T>(io: &mut T, block: &[u8], limit: usize) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let bytes = block.len();
    if bytes > limit {
        return Err(FrameError::TooLarge { bytes, limit }.into());
    }
    let announced = u32::try_from(bytes).map_err(|_| FrameError::TooLarge { bytes, limit })?;
    io.write_all(&announced.to_le_bytes()).await?;
    io.write_all(block).await
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;
    use libp2p::StreamProtocol;
    use libp2p::request_response::Codec;

    use super::{Answer, FrameError, Frames};

    const FRAMES: Frames = Frames { request_bytes: 4, response_bytes: 8 };
    const ASK: StreamProtocol = StreamProtocol::new("/test");

    fn written(answer: Answer) -> Vec<u8> {
        let mut wire = Vec::new();
        block_on({ FRAMES }.write_response(&ASK, &mut wire, answer)).unwrap();
        wire
    }

    fn response(wire: &[u8]) -> std::io::Result<Answer> {
        block_on({ FRAMES }.read_response(&ASK, &mut Cursor::new(wire)))
    }

    fn request(wire: &[u8]) -> std::io::Result<Vec<u8>> {
        block_on({ FRAMES }.read_request(&ASK, &mut Cursor::new(wire)))
    }

    fn named(error: &std::io::Error) -> Option<FrameError> {
        error.get_ref()?.downcast_ref().copied()
    }

    #[test]
    fn every_answer_comes_back_as_it_went() {
        for answer in
            [Answer::Data(vec![1; 8]), Answer::Data(Vec::new()), Answer::Unavailable, Answer::Busy]
        {
            assert_eq!(response(&written(answer.clone())).unwrap(), answer);
        }
    }

    #[test]
    fn a_request_of_the_limit_passes_and_one_byte_more_does_not() {
        assert_eq!(request(&[4, 0, 0, 0, 9, 9, 9, 9]).unwrap(), [9; 4]);
        let refused = request(&[5, 0, 0, 0, 9, 9, 9, 9, 9]).unwrap_err();
        assert_eq!(named(&refused), Some(FrameError::TooLarge { bytes: 5, limit: 4 }));
    }

    #[test]
    fn a_huge_announced_length_is_refused_unread() {
        let refused = request(&[0xff; 4]).unwrap_err();
        let bytes = usize::try_from(u32::MAX).unwrap();
        assert_eq!(named(&refused), Some(FrameError::TooLarge { bytes, limit: 4 }));
    }

    #[test]
    fn a_stream_that_ends_early_is_named_so() {
        let refused = request(&[3, 0, 0, 0, 9]).unwrap_err();
        assert_eq!(named(&refused), Some(FrameError::Short { got: 1, expected: 3 }));
        assert!(request(&[3, 0]).is_err());
        assert!(response(&[]).is_err());
    }

    #[test]
    fn an_unknown_kind_of_response_is_refused() {
        let refused = response(&[7, 0, 0, 0, 0]).unwrap_err();
        assert_eq!(named(&refused), Some(FrameError::UnknownKind { kind: 7 }));
    }

    #[test]
    fn too_large_a_request_is_not_written() {
        let mut wire = Vec::new();
        let refused = block_on({ FRAMES }.write_request(&ASK, &mut wire, vec![0; 5]));
        assert!(refused.is_err());
        assert!(wire.is_empty());
    }
}
