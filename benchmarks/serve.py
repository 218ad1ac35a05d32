"""
`tonada serve` under 200 uploads that come at once, good and bad: how long each waits, and how much memory that takes.

Part of `make bench`. Clients and server share the machine.
"""

from collections import Counter

import numpy as np
import psutil
from uploads import Upload, megabytes, mixed, post_all, served

UPLOADS, ONE_BY_ONE = 200, 20


def print_row(words: str, seconds: list[float], all_seconds: float) -> None:
    """The middle, the slowest in a hundred, and how many a second."""
    middle, slow = np.quantile(seconds, [0.5, 0.99])
    print(f"| {words} | {middle:.2f} | {slow:.2f} | {len(seconds) / all_seconds:.1f} |", flush=True)


def main() -> None:
    """Measure and print."""
    uploads = mixed(UPLOADS)
    with served("--max-requests", UPLOADS, "--max-seconds", 600) as (process, address):
        songs: list[Upload] = [upload for upload in uploads if upload.code == 200][:ONE_BY_ONE]
        alone = [post_all(address, [song])[0].seconds for song in songs]
        before = megabytes(process, "VmRSS")
        worked = psutil.Process(process.pid).cpu_times()
        answered = post_all(address, uploads)
        print("| uploads | p50, s | p99, s | a second |\n|---|---|---|---|")
        print_row(f"{len(alone)} songs, one after another", alone, sum(alone))
        seconds = [each.seconds for each in answered]
        print_row(f"{len(answered)} at once, a third of them bad", seconds, max(seconds))
        wrong = sum(
            each.code != each.upload.code or each.answer["path"] not in ("", each.upload.name) for each in answered
        )
        print(f"\n{dict(Counter(each.answer['status'] for each in answered))}, {wrong} of them wrong")
        most, after = (megabytes(process, which) for which in ("VmHWM", "VmRSS"))
        now = psutil.Process(process.pid).cpu_times()
        processor = (now.user + now.system - worked.user - worked.system) / len(answered)
        print(f"{processor:.2f} s of the server's processor an upload")
        print(f"{before:.0f} MB before, {most:.0f} at most, {after:.0f} after")


if __name__ == "__main__":
    main()
