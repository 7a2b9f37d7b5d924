#!/usr/bin/env python3
"""Writes .opl2/ui.ring as a day of a chain would leave it (engine/io/ring.h,
providers/page/record.h): ui_day.py FILE [END], END a Unix time, else now."""
import hashlib
import math
import struct
import sys
import time

COUNT, SIZE, STEP = 2880, 312, 30
ACCOUNTS = ['976ea74026e726554db657fa54763abd0c3a0aa9',
            '14dc79964da2c08b23698b3d3cc7ca32193d9955']


def record(i, at):
    """The i-th of a day; for an hour the batcher was away."""
    away = 1500 <= i < 1620
    lag = (i - 1500) * STEP if away else 40 + 30 * math.sin(i)
    l2 = 4000000 + i * STEP // 2
    numbers = [at, 21000000 + i * STEP // 12, l2, l2 - int(lag) // 2,
               l2 - int(lag) // 2 - 400]
    numbers += [int(6 + 5 * math.sin(i / 3)), 1 + i % 3, int(lag), int(lag) + 800]
    numbers += [max(0, int(98 - lag / 60)), 21000000 + i * 2,
                at - 20 if not away else at - int(lag) - 20,
                i // 120, at - i % 120 * STEP]
    numbers += [7 - away, 7, 1 + (i >= 1500) + (i >= 1620), int(away)]
    numbers += [int(1.9e9 - i * 3e5), int(8e8 - i * 2e4)] + [-1] * 4
    assert len(numbers) == 24
    body = struct.pack('<24q', *numbers)
    body += b''.join(bytes.fromhex(a) for a in ACCOUNTS)
    return body.ljust(SIZE, b'\0')


def main():
    end = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    with open(sys.argv[1], 'wb') as f:
        f.write(b'OPL2RING' + struct.pack('<4I', 1, SIZE, COUNT, 0))
        for i in range(COUNT):
            slot = struct.pack('<Q', i + 1)
            slot += record(i, end - (COUNT - 1 - i) * STEP)
            f.write(slot + hashlib.sha256(slot).digest()[:8])


main()
