"""Honest stores for tests, made from the contract's text with plain git: records, submissions, seals and their tags.

It shares no code with the product: canonical bytes come from the standard library and the `rfc8785` package, roots
from a recursive Merkle hash, UUIDs from `uuid`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import uuid
from copy import copy
from pathlib import Path

import rfc8785

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
FOLDERS = {
    "study": "studies",
    "project": "projects",
    "biosample": "biosamples",
    "asset": "assets",
    "asset_group": "asset_groups",
    "request_type": "request_types",
    "order_template": "order_templates",
    "order": "orders",
    "submission": "submissions",
    "progress": "progress",
    "library": "libraries",
    "sequencing_run": "sequencing_runs",
}
ZERO = "0" * 64
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Example lab",
    "GIT_AUTHOR_EMAIL": "lab@example.org",
    "GIT_COMMITTER_NAME": "Example lab",
    "GIT_COMMITTER_EMAIL": "lab@example.org",
}
COMMITTER = "Example lab <lab@example.org>"


def uuid_of(*parts):
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def digest(body):
    return "sha256:" + hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def path_of(kind, identity):
    return f"{FOLDERS[kind]}/{identity[:2]}/{identity}.json"


def render(kind, body, version):
    record = {"meta": {"digest": digest(body), "schema": f"{kind}/1", "version": version}, kind: body}
    return (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def run_of(identity, **fields):
    """The body of a sequencing run with all that its schema wants, but for its library."""
    return {"uuid": identity, "sequencing_id": identity, "instrument_make": "ILLUMINA", "requests": [], **fields}


def merkle_root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def root_of(body, digests):
    bare = {key: value for key, value in body.items() if key != "seal"}
    orders = [{"digest": digests[order["uuid"]], "uuid": order["uuid"]} for order in body["orders"]]
    return merkle_root([rfc8785.dumps(leaf) for leaf in (bare, *orders, *body["requests"])]).hex()


class HonestStore:
    """A store under construction: bodies by kind and UUID; `commit` writes what has changed since the last."""

    def __init__(self, path: Path, *, signing_key: Path | None = None):
        self.path = path
        self.signing_key = signing_key
        self.bodies: dict[tuple[str, str], dict] = {}
        self.versions: dict[tuple[str, str], tuple[int, str]] = {}
        self.seals: list[tuple[str, str]] = []  # submission, root; in the order of their numbers
        self.time = 1_700_000_000
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "--template=", "-b", "main", ".")

    def copy_to(self, path: Path) -> "HonestStore":
        """Copy the store as it is; what is done to the one is not seen in the other."""
        shutil.copytree(self.path, path, symlinks=True)
        other = copy(self)
        other.path, other.bodies = path, dict(self.bodies)
        other.versions, other.seals = dict(self.versions), list(self.seals)
        return other

    def git(self, *args, data=None, time=None):
        when = f"{time or self.time} +0000"
        environment = ENVIRONMENT | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        done = subprocess.run(
            ["git", "-C", str(self.path), *args], input=data, capture_output=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def put(self, kind, body):
        self.bodies[kind, body["uuid"]] = body
        return body["uuid"]

    def thing(self, kind, name, **fields):
        return self.put(kind, {"uuid": uuid_of(kind, name), "name": name, **fields})

    def catalogue(self):
        """Put what an order needs: a study, a project, a request type and a template."""
        self.thing("study", "Study 1", state="active")
        self.thing("project", "Project 1", state="active", cost_code="S1")
        request_type = self.thing("request_type", "Library creation", options={}, pooling="none")
        reference = {"uuid": request_type, "name": "Library creation"}
        self.thing("order_template", "Simple", request_types=[reference])

    def biosample(self, name):
        return self.put(
            "biosample",
            {"uuid": uuid_of("biosample", name), "central_sample_id": name, "metadata": {"a": {"uuid": "x"}}},
        )

    def asset(self, name):
        sample = self.biosample("BIO-" + name)
        biosamples = [{"uuid": sample, "central_sample_id": "BIO-" + name}]
        return self.thing("asset", name, asset_type="sample_tube", biosamples=biosamples)

    def sequencing_run(self, name, requests):
        """Put a run that fulfils these requests, with its library."""
        sample, library = self.biosample("BIO-" + name), uuid_of("library", name)
        kept = {"library_layout_config": "SINGLE", "library_seq_kit": "kit", "library_seq_protocol": "protocol"}
        members = [{"uuid": sample, "central_sample_id": "BIO-" + name}]
        self.put("library", {"uuid": library, "library_name": name, "biosamples": members, **kept})
        link = {"uuid": library, "name": name}
        return self.put("sequencing_run", run_of(uuid_of("sequencing_run", name), library=link, requests=requests))

    def order(self, name, assets, group=None):
        body = {
            "uuid": uuid_of("order", name),
            "name": name,
            "state": "building",
            "request_options": {"read_length": 76},
        }
        for field, kind, other in (
            ("template", "order_template", "Simple"),
            ("project", "project", "Project 1"),
            ("study", "study", "Study 1"),
        ):
            body[field] = {"uuid": uuid_of(kind, other), "name": other}
        work = {"uuid": uuid_of("request_type", "Library creation"), "name": "Library creation"}
        body["request_types"] = [{**work, "options": {}}]
        body["assets"] = [self.asset_in_order(asset) for asset in assets]
        if group:
            identity = uuid_of("asset_group", uuid_of("study", "Study 1"), group)
            body["asset_group"] = {"uuid": identity, "name": group}
            members = [{"uuid": asset["uuid"], "name": asset["name"]} for asset in body["assets"]]
            study = {"uuid": uuid_of("study", "Study 1"), "name": "Study 1"}
            maker = {"uuid": body["uuid"], "name": name}
            self.put(
                "asset_group", {"uuid": identity, "name": group, "study": study, "assets": members, "order": maker}
            )
        return self.put("order", body)

    def asset_in_order(self, name):
        asset = self.bodies["asset", self.asset(name)]
        return {key: asset[key] for key in ("uuid", "name", "asset_type", "biosamples")}

    def submission(self, name, orders):
        """Put a submission that is being built, and lock its orders."""
        identity = uuid_of("submission", name)
        references = [{"uuid": order, "name": self.bodies["order", order]["name"]} for order in orders]
        for order in orders:
            link = {"uuid": identity, "name": name}
            self.put("order", self.bodies["order", order] | {"state": "locked", "submission": link})
        body = {
            "uuid": identity,
            "name": name,
            "state": "building",
            "priority": 0,
            "requests": [],
            "orders": references,
        }
        return self.put("submission", body)

    def submit(self, identity):
        """Seal a submission: its orders, requests, root and progress record."""
        body = dict(self.bodies["submission", identity])
        orders = [self.bodies["order", order["uuid"]] | {"state": "sealed"} for order in body["orders"]]
        for order in orders:
            self.put("order", order)
        body["state"] = "ready"
        body["requests"] = [self.request(identity, order, asset) for order in orders for asset in order["assets"]]
        self.put("submission", self.sealed(body))
        requests = {request["uuid"]: {"state": "pending", "events": []} for request in body["requests"]}
        link = {"uuid": identity, "name": body["name"]}
        progress = {"uuid": uuid_of("progress", identity), "submission": link, "state": "ready", "percent": 0}
        self.put("progress", progress | {"requests": requests})
        return identity

    def request(self, submission, order, asset):
        return {
            "uuid": uuid_of("request", submission, "0", order["uuid"], asset["uuid"], "0"),
            "request_type": {key: order["request_types"][0][key] for key in ("uuid", "name")},
            "orders": [order["uuid"]],
            "study": order["study"],
            "project": order["project"],
            "asset": {"uuid": asset["uuid"], "name": asset["name"]},
            "upstream": [],
            "options": {},
            "initial_state": "pending",
            "billable": False,
        }

    def sealed(self, body):
        digests = {order["uuid"]: digest(self.bodies["order", order["uuid"]]) for order in body["orders"]}
        return body | {"seal": {"orders": digests, "root": root_of(body, digests)}}

    def changed_files(self):
        for (kind, identity), body in sorted(self.bodies.items()):
            version, known = self.versions.get((kind, identity), (0, ""))
            if digest(body) != known:
                self.versions[kind, identity] = (version + 1, digest(body))
                yield path_of(kind, identity), render(kind, body, version + 1)

    def commit(self, message="Records"):
        """Commit what has changed and tag the submissions that it seals; return the commit."""
        self.time += 60
        commit = self.commit_files(dict(self.changed_files()), message)
        known = {submission for submission, _ in self.seals}
        for (kind, identity), body in sorted(self.bodies.items()):
            if kind == "submission" and "seal" in body and identity not in known:
                self.tag(identity, body["seal"]["root"], commit)
        return commit

    def commit_files(self, files, message="By hand"):
        """Commit files as they are (None: removed), as a person could; return the commit."""
        for path, content in files.items():
            target = self.path / path
            if content is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        self.git("add", "-A", "-f", ".")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD")

    def store_id(self):
        return self.git("rev-list", "--max-parents=0", "--first-parent", "HEAD")

    def seal_message(self, root):
        previous = self.seals[-1][1] if self.seals else ZERO
        return f"root {root}\nnumber {len(self.seals) + 1}\nprevious {previous}\nstore {self.store_id()}\n"

    def tag(self, submission, root, commit):
        message = self.seal_message(root)
        self.seals.append((submission, root))
        self.write_tag(f"seal/{submission}", self.tag_text(f"seal/{submission}", commit, message))

    def tag_text(self, name, commit, message, tagger=None):
        tagger = tagger or f"{COMMITTER} {self.time} +0000"
        text = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message}"
        return text.encode() + (self.sign(text.encode()) if self.signing_key else b"")

    def sign(self, payload, key=None):
        done = subprocess.run(
            ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(key or self.signing_key)],
            input=payload, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout

    def write_tag(self, name, text):
        """Write a tag object as it is, and the reference to it."""
        identity = self.write_object("tag", text)
        reference = self.path / ".git" / "refs" / "tags" / name
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(identity + "\n")  # update-ref would refuse a tag that git cannot read
        return identity

    def write_object(self, kind, content):
        return self.git("hash-object", "-w", "--literally", "-t", kind, "--stdin", data=content)

    def read_tag(self, submission):
        done = subprocess.run(
            ["git", "-C", str(self.path), "cat-file", "tag", f"seal/{submission}"], capture_output=True, check=True
        )
        return done.stdout


def build_store(path, *, submissions=2, signing_key=None):
    """Build a store of a few commits: so many sealed submissions of two orders each, one of them with a group."""
    store = HonestStore(path, signing_key=signing_key)
    store.catalogue()
    store.commit("Catalogue")
    return fill_store(store, submissions)


def fill_store(store, submissions):
    """Let a store with a catalogue grow: `submissions` sealed ones, and one that is being built."""
    for number in range(1, submissions + 1):
        first = store.order(f"Order {number}a", [f"Tube {number}.1", f"Tube {number}.2"], group=f"Group {number}")
        second = store.order(f"Order {number}b", [f"Tube {number}.3"])
        store.commit("Orders")
        submission = store.submission(f"Submission {number}", [first, second])
        store.commit("Submission")
        store.submit(submission)
        store.commit("Submit")
    extra = store.order("Order loose", ["Tube 9"])
    store.submission("Submission building", [extra])
    store.commit("More")
    return store


def submission_uuid(number):
    return uuid_of("submission", f"Submission {number}")


def order_uuid(name):
    return uuid_of("order", f"Order {name}")
