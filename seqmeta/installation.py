"""How seqmeta was installed here to the requirement that installs the same elsewhere (PEP 610, PEP 508)."""

import json
from importlib.metadata import PackageNotFoundError, distribution

from seqmeta.version import __version__


def own_requirement() -> str:
    """The requirement for the seqmeta that runs: `seqmeta ==0.1.0`, or a commit, folder or file that it is from."""
    try:
        return parse_origin(distribution("seqmeta").read_text("direct_url.json"))
    except PackageNotFoundError:  # it runs from its source, without having been installed
        return parse_origin(None)


def parse_origin(direct_url: str | None) -> str:
    """Turn what pip noted of where a package is from (the text of `direct_url.json`) into a requirement.

    None, as for a package from an index, gives the version. An editable folder is installed as it is at that time.
    """
    if direct_url is None:
        return f"seqmeta =={__version__}"
    origin = json.loads(direct_url)
    url = origin["url"]
    if "vcs_info" in origin:
        url = f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    parts = [f"{name}={value}" for name, value in origin.get("archive_info", {}).get("hashes", {}).items()]
    if "subdirectory" in origin:
        parts.append(f"subdirectory={origin['subdirectory']}")
    return f"seqmeta @ {url}" + ("#" + "&".join(parts) if parts else "")
