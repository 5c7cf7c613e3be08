# the lab
