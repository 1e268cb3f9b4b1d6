"""The accounts of all submissions to a table: what each project is charged, and what is charged internally.

What is booked, and when, is in `seqmeta.accounts` (CONTRACT 2.4 and 7).
"""

from seqmeta.accounts import Accounts, book_events, plain_account, sort_payers
from seqmeta.revision import Revision
from seqmeta.tables import Table

_COLUMNS = ("project", "uuid", "charged", "refunded", "unpriced", "amount")


def report_charges(revision: Revision) -> Table:
    """Report on every project that was ever charged, by name, and at last on the laboratory itself."""
    accounts: Accounts = {}
    names = {record.uuid: record.body["name"] for record in revision.of_kind("project")}
    for submission, progress in revision.submissions():
        if submission.body["requests"]:
            book_events(accounts, submission.body["requests"], progress)
    payers = sort_payers(accounts, names)
    return Table(_COLUMNS, [plain_account(payer, names, accounts[payer]) for payer in payers])
