# the manufacturer PKI: scripts only so far
