"""A session: what differs from the site's files, told to a store and taken from it again.

The store (web/store) keeps a *row*, a text that only this package understands, for each inode that differs.
`rows` says what is in one, `journal` makes those of what has changed, `overlay` lays them over the site's
files.
"""
