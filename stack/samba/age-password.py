"""Dates an account's password back by decades. Over LDAP nobody may, not even an administrator; Samba's own database
layer can. Arguments: smb.conf, sam.ldb, the DN of the account."""

import sys

import ldb
from samba import dsdb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

configuration, database, account = sys.argv[1:]
loaded = LoadParm()
loaded.load(configuration)
domain = SamDB(url=database, session_info=system_session(), lp=loaded)
change = ldb.Message(ldb.Dn(domain, account))
# A FILETIME in 1981.
change["pwdLastSet"] = ldb.MessageElement("120000000000000000", ldb.FLAG_MOD_REPLACE, "pwdLastSet")
domain.modify(change, ["local_oid:%s:0" % dsdb.DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID])
