"""The columns of Sequencescape's bulk submissions, by what they are here: the one table of them, in and out.

Source: Sequencescape's bulk submission form. Options go by the names that request types have for them.
"""

from collections.abc import Mapping, Sequence

FIELDS: Mapping[str, Sequence[str]] = {
    "submission": ("submission name", "submission"),
    "submission_uuid": ("submission uuid",),
    "priority": ("priority",),
    "order": ("order name", "order"),
    "uuid": ("order uuid",),
    "template": ("template name", "template", "order template"),
    "study": ("study name", "study"),
    "project": ("project name", "project"),
    "asset_group_name": ("asset group name", "asset group"),
    "assets": ("asset names", "asset name", "assets", "asset"),
    "plate": ("barcode", "plate barcode", "plate"),
    "well": ("plate well", "well", "wells"),
    "comments": ("comments", "comment"),
}
"""By field, the headings that mean it; the first is the one that is written."""

OPTIONS: Mapping[str, Sequence[str]] = {
    "read_length": ("read length",),
    "fragment_size_required.from": ("fragment size from", "fragment size required from"),
    "fragment_size_required.to": ("fragment size to", "fragment size required to"),
    "library_type": ("library type",),
    "number_of_lanes": ("number of lanes", "multiplier"),
    "insert_size": ("insert size",),
    "sequencing_type": ("sequencing type",),
    "pcr_cycles": ("pcr cycles",),
    "bait_library_name": ("bait library", "bait library name"),
    "primer_panel_name": ("primer panel", "primer panel name"),
    "gigabases_expected": ("gigabases expected",),
    "pre_capture_plex_level": ("pre-capture plex level",),
    "pre_capture_group": ("pre-capture group",),
    "requested_flowcell_type": ("requested flowcell type", "flowcell type"),
    "low_diversity": ("low diversity",),
    "percent_phix_requested": ("% phix requested", "percent phix requested"),
}
"""By dotted name of the option, the headings that mean it."""

OPTION_PREFIX = "request_options."
"""What the heading of any other option begins with."""

ONLY_THERE = (
    "user login",
    "study id",
    "project id",
    "asset id",
    "asset ids",
    "asset group id",
    "sample name",
    "sample names",
    "scrna core number of pools",
    "scrna core cells per chip well",
)
"""Columns that mean something in Sequencescape alone: numbers of its database, its users."""
