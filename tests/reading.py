"""A laboratory with a story to read back: an order that grew, was pooled, worked on and sequenced."""

import json
import uuid
from pathlib import Path
from typing import Any

from lab import RUN, RUN_ID
from ordering import OPTIONS, OrderLab, order, progress, submission

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
ORDER = str(uuid.uuid5(NAMESPACE, "order\no1"))
SUBMISSION = str(uuid.uuid5(NAMESPACE, "submission\ns1"))
SEQUENCING = "Paired end sequencing"
CREATION = "Library creation"


class ReadingLab(OrderLab):
    """A laboratory whose command must succeed unless it is asked to fail."""

    def text(self, *words: str) -> str:
        code, out, err = self.call(*words)
        assert (code, err) == (0, ""), (code, err)
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self.text(*words, "--format", "json"))

    def fails(self, exit_code: int, *words: str) -> str:
        code, out, err = self.call(*words)
        assert (code, out) == (exit_code, ""), (code, out, err)
        assert err.count("\n") == 1
        return err

    def requests(self, kind: str, of: str = "s1") -> list[str]:
        """The UUIDs of a submission's requests of one type, in order."""
        found = self.body("submission", of)["requests"]
        return [request["uuid"] for request in found if request["request_type"]["name"] == kind]


def events(*words: str) -> list[dict[str, str]]:
    """Events for one tube, written `tube1 creation start`."""
    types = {"creation": CREATION, "sequencing": SEQUENCING}
    split = [text.split() for text in words]
    return [{"asset": tube, "request_type": types[kind], "event": event} for tube, kind, event in split]


def tell_story(root: Path) -> ReadingLab:
    """Two tubes through library creation and sequencing; one fails, the other is sequenced in a run."""
    lab = ReadingLab(root)
    samples = [{"central_sample_id": name} for name in RUN["biosamples"]]
    tubes = [{"name": f"sampled{number}", "biosamples": [of["central_sample_id"]]} for number, of in enumerate(samples)]
    lab.stock({"biosamples": samples}, {"assets": tubes})
    begun = order(assets=["sampled0"], comments="one for a start")
    lab.good(begun)
    grown = order(assets=["sampled0", "sampled1"], request_options={**OPTIONS, "read_length": 108})
    lab.good(grown, submission())
    worked = progress(
        *events("sampled0 creation start", "sampled1 creation start", "sampled0 creation pass"),
        *events("sampled1 creation fail", "sampled0 sequencing start"),
    )
    run = {**RUN, "requests": lab.requests(SEQUENCING)[:1], "run_name": "first run"}
    lab.good(grown, submission(), worked, {"sequencing_run": run})
    return lab


__all__ = ["CREATION", "ORDER", "RUN_ID", "SEQUENCING", "SUBMISSION", "ReadingLab", "events", "tell_story"]
