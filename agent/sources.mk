# devid-agent
