"""Other machines: archives, servers, the receiver; and what must be taken out of data before it leaves."""
