"""A selection of sequencing runs to an RO-Crate 1.1: their records as files, and what they are as linked data.

Source: the RO-Crate specification 1.1. A run is a CreateAction; its instrument, its library and its biosamples are
contextual entities. The date of publication is that of the commit, so the same commit gives the same crate.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from seqmeta.exports.folders import Draft
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.sequencing import Sequenced, find_sequenced
from seqmeta.git_objects import parse_commit
from seqmeta.kinds import load_kinds
from seqmeta.records import Body
from seqmeta.rendering import render_json
from seqmeta.values import time_text

Entity = dict[str, Any]

_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_SAMPLE = "http://purl.obolibrary.org/obo/OBI_0000747"
"""Material sample, in the Ontology for Biomedical Investigations."""
_LICENSE = {
    "@id": "#licence",
    "@type": "CreativeWork",
    "name": "no licence given",
    "description": "Ask whom the records belong to before using them further.",
}


def export_rocrate(job: Job, draft: Draft) -> str:
    """Write the crate; return what is in it."""
    entities: dict[str, Entity] = {}
    count = 0
    for of in find_sequenced(job.selection, job.withdrawn):
        count += 1
        for entity in (*_files(job, draft, of, entities), *_describe(of)):
            entities.setdefault(entity["@id"], entity)
    if not count:
        raise RefusedError("there is no sequencing run with a biosample to export: nothing is written")
    graph = [*_heads(job, entities), *(entities[key] for key in sorted(entities))]
    draft.write("ro-crate-metadata.json", f"{render_json({'@context': _CONTEXT, '@graph': graph})}\n")
    return f"{count} run{'' if count == 1 else 's'} with {len(_parts(entities))} records"


def _heads(job: Job, entities: Mapping[str, Entity]) -> Iterator[Entity]:
    revision = job.selection.revision
    commit = parse_commit(revision.commit, next(data for _, data in revision.repository.read([revision.commit])))
    yield {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _PROFILE},
        "about": {"@id": "./"},
    }
    actions = [{"@id": key} for key in sorted(entities) if entities[key]["@type"] == "CreateAction"]
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": "Sequencing metadata",
        "description": "Records of sequencing runs, of the libraries that they sequenced, and of their biosamples.",
        "datePublished": time_text(commit.committer.time),
        "identifier": revision.commit,
        "license": {"@id": _LICENSE["@id"]},
        "hasPart": _several([{"@id": key} for key in _parts(entities)]),
        "mentions": _several(actions),
    }
    yield _LICENSE


def _parts(entities: Mapping[str, Entity]) -> list[str]:
    return [key for key in sorted(entities) if entities[key]["@type"] == "File"]


def _files(job: Job, draft: Draft, of: Sequenced, written: Mapping[str, Entity]) -> Iterator[Entity]:
    """Write the records of a run, each once, and yield them as files of the crate."""
    for kind, uuid, body in _bodies(of):
        path = _path(kind, uuid)
        if path not in written:
            data = f"{render_json({kind: job.withdrawn.strip(body)})}\n"
            draft.write(path, data)
            name = f"{load_kinds()[kind].name.replace('_', ' ')} {body.get(load_kinds()[kind].named_by, uuid)}"
            about = {"encodingFormat": "application/json", "contentSize": str(len(data.encode()))}
            yield {"@id": path, "@type": "File", "name": name, **about}


def _bodies(of: Sequenced) -> Iterator[tuple[str, str, Body]]:
    yield "sequencing_run", of.run.uuid, of.run.body
    yield "library", of.library.uuid, {**of.library.body, "biosamples": list(of.biosamples)}
    for uuid in sorted(of.records):
        yield "biosample", uuid, of.records[uuid]


def _path(kind: str, uuid: str) -> str:
    return f"records/{load_kinds()[kind].plural}/{uuid}.json"


def _describe(of: Sequenced) -> Iterator[Entity]:
    run = of.run.body
    name, brand = run.get("instrument_model", run["instrument_make"]), run["instrument_make"]
    instrument = {"@id": f"#instrument-{of.run.uuid}", "@type": "Product", "name": name, "brand": brand}
    yield instrument
    yield from (_sample(of.records[sample["uuid"]]) for sample in of.biosamples)
    times = {key: run[name] for key, name in (("startTime", "start_time"), ("endTime", "end_time")) if name in run}
    yield {
        "@id": f"#run-{of.run.uuid}",
        "@type": "CreateAction",
        "name": f"sequencing run {of.name}",
        "identifier": of.run.uuid,
        **times,
        "instrument": {"@id": instrument["@id"]},
        "object": _several([{"@id": _sample_id(sample)} for sample in of.biosamples]),
        "result": [{"@id": _path("sequencing_run", of.run.uuid)}, {"@id": _path("library", of.library.uuid)}],
    }


def _sample(record: Body) -> Entity:
    known = [record[key] for key in ("central_sample_id", "accession") if key in record]
    entity = {"@id": _sample_id(record), "@type": "Thing", "additionalType": _SAMPLE, "identifier": _several(known)}
    return {**entity, "name": record["central_sample_id"]}


def _several(values: list[Any]) -> Any:
    """Write one value without a list around it, as the specification recommends."""
    return values[0] if len(values) == 1 else values


def _sample_id(record: Mapping[str, Any]) -> str:
    return f"#biosample-{record['uuid']}"
