"""How an audit's findings are printed, for people and for programs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tonada_cli.printing import printable

if TYPE_CHECKING:
    from tonada.proving.auditing.audit import Audit

SAID = 20  # findings of a kind; the report has more


def as_json(audit: "Audit", page: Path) -> str:
    """What programs read."""
    found = [
        {
            "kind": each.kind,
            "leak": each.is_leak,
            "message": each.message,
            "song_ids": [audit.songs[row].song_id for row in each.rows],
        }
        for each in audit.findings
    ]
    files = [{"path": each.path, "status": each.status, "message": each.message} for each in audit.unheard]
    about = {"name": audit.name, "rows": len(audit.songs), "split": audit.deal, "leaks": len(audit.leaks)}
    compared = {"fingerprinted": audit.fingerprinted} if audit.heard else {}
    told = {"findings": found, "files": files, "left_out": audit.left_out, "report": str(page)}
    return json.dumps({**about, **compared, **told}, indent=2)


def as_lines(audit: "Audit", page: Path) -> str:
    """What people read."""
    lines = [f"{audit.name}: {len(audit.songs)} rows ({audit.deal}), {len(audit.leaks)} leaks"]
    if audit.heard:
        lines[0] += f", {audit.fingerprinted} compared by fingerprint, {len(audit.unheard)} files cannot be heard"
    if audit.left_out:
        lines.append(f"left out by its reader: {len(audit.left_out)}")
        lines += [f"  {printable(each)}" for each in audit.left_out[:SAID]]
        lines += [f"  and {len(audit.left_out) - SAID} more"] if len(audit.left_out) > SAID else []
    for kind in dict.fromkeys(each.kind for each in audit.findings):
        found = [each for each in audit.findings if each.kind == kind]
        lines.append(f"{kind}: {len(found)}" + (" (a leak)" if found[0].is_leak else ""))
        lines += [f"  {printable(each.message)}" for each in found[:SAID]]
        lines += [f"  and {len(found) - SAID} more"] if len(found) > SAID else []
    return "\n".join([*lines, f"The report is {page}"])
