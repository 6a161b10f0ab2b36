"""The scribe's own program: started by path, it imports nothing of ours, so that it takes 10 MB and 20 ms.

It is given one end of a pair of sockets. A message is text to be written at the end of a file, and the file itself
where it is another than before; the answer is the number of what went wrong, 0 if the text is durable.
"""

import os
import socket
import sys
from contextlib import suppress
from signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, signal
from struct import calcsize, unpack

_MOST_BYTES = 1 << 20
_ONE_FILE_BYTES = socket.CMSG_SPACE(calcsize("i"))


def main(descriptor: int) -> None:
    """Write until the other end is closed, or its process has ended."""
    file = -1
    place = memoryview(bytearray(_MOST_BYTES))  # to make room anew for each text would cost as much as writing
    with socket.socket(fileno=descriptor) as asked:
        while True:
            length, files, _, _ = asked.recvmsg_into([place], _ONE_FILE_BYTES)
            if not length:
                return
            for _, _, given in files:
                if file >= 0:
                    os.close(file)
                [file] = unpack("i", given)
            asked.send(b"%d" % kept(file, place[:length]))


def kept(file: int, text: memoryview) -> int:
    """Write text and make it durable; give the error number, or 0."""
    try:
        ahead = text
        while ahead:
            ahead = ahead[os.write(file, ahead) :]
        os.fdatasync(file)
    except OSError as error:
        return error.errno or -1
    return 0


if __name__ == "__main__":
    for asked_to_end in (SIGINT, SIGTERM, SIGHUP):  # meant for the service, which still has answers to give
        signal(asked_to_end, SIG_IGN)
    with suppress(ConnectionError):  # ended before it has heard the last answer
        main(int(sys.argv[1]))
